"""What an agent sees, as numbers: the instruction and the redacted elements, never more than a recording holds.

Words are hashed, so no vocabulary is stored. What matters most is told outright: how an element's name matches the
instruction, itself or through what lies beside it (matching.py), how elements lie to each other (relations.py), what
numbers and dates say (quantities.py), and what was done and has changed before (past.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aboveboard.core.events import Element
from aboveboard.learn.matching import (
    LABEL,
    QUOTES,
    ROLE,
    THROUGH,
    WHOLE,
    Ranks,
    Spans,
    Told,
    is_typed_into,
    is_word,
    looked_up,
    match,
    ranked,
    told,
    whole_names,
)
from aboveboard.learn.past import Past, corresponds, identity
from aboveboard.learn.quantities import AMOUNTS, DATES, amounts, dates, told_date, told_day, told_number
from aboveboard.learn.relations import NEAREST, NEXT, OWNER, ROW, Flags, like, relations, ties
from aboveboard.learn.words import (
    PLACEHOLDER,
    hashed,
    kinds_of_placeholders,
    ordinal,
    plain,
    word_id,
    words_of,
)

WORDS_MAX = 56
ELEMENTS_MAX = 112
NAME_WORDS_MAX = 16
ROLE_IDS = 64
RANKS = 32
STATES = (
    "focused", "checked", "selected", "expanded", "editable", "focusable", "collapsed", "expandable", "checkable",
    "multi-line",
)  # fmt: skip
_HISTORY = 10
_NAMED = 18
_KIND = 5
FEATURES = len(STATES) + 4 + _KIND + _NAMED + _HISTORY + 3 * AMOUNTS
LOOKED_UP = len(STATES) + 4 + _KIND + _NAMED - 1  # of an element's features: what the focused field asks for
WORD_FEATURES = 18
NAME_FEATURES = 6
GLOBALS = 18 + DATES
KINDS_BEFORE = 24
STEPS_KNOWN = 16

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sight:
    """w words, n elements, K = NAME_WORDS_MAX.

    words: (w,) ids; word_features: (w, WORD_FEATURES); roles, ranks, siblings: (n,) ids; names: (n, K) ids, 0 = none;
    counts: (n, K) the how-manyeth word of the name each is, punctuation not counted; name_features: (n, K,
    NAME_FEATURES); features: (n, FEATURES); match: (MATCHES, n, w) of 0 and 1; relation: (n, n) ids of how elements
    lie to each other; ties: (TIES, n, n) the same as facts; whole: (GLOBALS,) of the screen as a whole; last: id of the
    last kind; steps: how many.
    """

    words: I64
    word_features: F32
    roles: I64
    ranks: I64
    siblings: I64
    names: I64
    counts: I64
    name_features: F32
    features: F32
    match: F32
    relation: I64
    ties: Flags
    whole: F32
    last: int
    steps: int


def told_words(instruction: str) -> list[str]:
    """As many as the policy reads."""
    return [word.text for word in words_of(instruction)][:WORDS_MAX] or [""]


def name_words(element: Element) -> list[str]:
    """As many as the policy reads."""
    return [word.text for word in words_of(element.name)][:NAME_WORDS_MAX]


class Scene:
    """What of a sight does not depend on the past: made once, seen as often as needed. Only the first WORDS_MAX words
    and ELEMENTS_MAX elements are looked at."""

    def __init__(self, instruction: str, elements: Sequence[Element]) -> None:
        self.instruction = instruction
        self.written = told_words(instruction)
        self.shown = shown = list(elements)[:ELEMENTS_MAX]
        words = [plain(word) for word in self.written]
        names = [name_words(element) for element in shown]
        self.labels = labels = [[plain(word) for word in its] for its in names]
        self.told: Told = told(words, shown)
        self.spans: Spans = whole_names(self.told, labels, self.written, names)
        self.ranks: Ranks = ranked(shown, self.told.spoken)
        self.relation, self.ties = relations(shown), ties(shown, self.told.spoken)
        self.match = match(self.told, labels, shown, self.ties, self.spans, self.ranks)
        n = len(shown)
        self.names = np.zeros((n, NAME_WORDS_MAX), dtype=np.int64)
        self.counts = np.zeros((n, NAME_WORDS_MAX), dtype=np.int64)
        for i, its in enumerate(labels):
            self.names[i, : len(its)] = [word_id(word) for word in its]
            self.counts[i, : len(its)] = np.cumsum([is_word(word) for word in its])
        said = [each.name for each, spoken in zip(shown, self.told.spoken, strict=True) if not spoken]
        self.dates = dates(instruction, said)
        self.labelled = self.match[LABEL].any(axis=1)
        self.amounts = amounts(shown, instruction, told_day(instruction, self.dates), self.labelled.tolist())
        self.fixed = np.concatenate(
            [_states(shown), _places(shown), _kinds(shown, self.told, self.ranks), _named(self), self._through()],
            axis=1,
        )

    def _through(self) -> F32:
        """(n, 3 * AMOUNTS): numbers, of it and of what it belongs to; another of its own kind is nothing of it."""
        its, kinds = self.amounts, np.array([like(element) for element in self.shown], dtype=np.str_)
        other = kinds[:, None] != kinds[None, :]
        through = ((self.ties[tie] & other).astype(np.float32) @ its > 0 for tie in (OWNER, NEAREST))
        return np.concatenate([its, *(each.astype(np.float32) for each in through)], axis=1)

    def seen(self, past: Past) -> Sight:
        """With what was done before."""
        kinds = past.kinds
        return Sight(
            np.array([word_id(word) for word in self.told.words], dtype=np.int64), _word_features(self, past),
            np.array([hashed(element.role, ROLE_IDS) for element in self.shown], dtype=np.int64),
            _bounded(self.ranks.role), _bounded(self.ranks.sibling), self.names, self.counts,
            _name_features(self, past), np.concatenate([self.fixed, _history(self, past)], axis=1), self.match,
            self.relation, self.ties, _whole(self, past), hashed(kinds[-1], KINDS_BEFORE) if kinds else 0,
            min(len(kinds), STEPS_KNOWN - 1),
        )  # fmt: skip


def see(instruction: str, elements: Sequence[Element], past: Past) -> Sight:
    """One look."""
    return Scene(instruction, elements).seen(past)


def _bounded(ranks: Sequence[int]) -> I64:
    return np.minimum(np.array(ranks, dtype=np.int64), RANKS - 1)


def _states(shown: Sequence[Element]) -> F32:
    rows = [[state in element.states for state in STATES] for element in shown]
    return np.array(rows, dtype=np.float32).reshape(-1, len(STATES))


def _places(shown: Sequence[Element]) -> F32:
    """(n, 4): centre and size relative to what is visible as a whole: no absolute position on the screen."""
    boxes = np.array([element.box for element in shown], dtype=np.float32).reshape(-1, 4)
    if not len(boxes):
        return boxes
    left, top = boxes[:, 0].min(), boxes[:, 1].min()
    width = max((boxes[:, 0] + boxes[:, 2]).max() - left, 1)
    height = max((boxes[:, 1] + boxes[:, 3]).max() - top, 1)
    middle_x, middle_y = boxes[:, 0] + boxes[:, 2] / 2 - left, boxes[:, 1] + boxes[:, 3] / 2 - top
    return np.stack([middle_x / width, middle_y / height, boxes[:, 2] / width, boxes[:, 3] / height], axis=1)


def _kinds(shown: Sequence[Element], told: Told, ranks: Ranks) -> F32:
    """(n, _KIND): only says the instruction, the last and the only one of its role, the only one like it, holds
    others."""
    likes: dict[str, int] = {}
    for element in shown:
        likes[like(element)] = likes.get(like(element), 0) + 1
    paths = {element.path[:-1] for element in shown}
    rows = [
        [
            told.spoken[i], ranks.last[i], ranks.last[i] and ranks.role[i] == 0, likes[like(element)] == 1,
            element.path in paths,
        ]
        for i, element in enumerate(shown)
    ]  # fmt: skip
    return np.array(rows, dtype=np.float32).reshape(-1, _KIND)


def _named(scene: Scene) -> F32:
    """(n, _NAMED): how the name stands in the instruction (whole, share of its words, any, where, long, none, no longer
    one there, in quotes, with the same capitals), and whether a whole name reaches it through each tie, its label is
    named, its role is, also in quotes, what a placeholder stands for is, or it is what the focused field asks for."""
    words, known = scene.written, set(scene.told.words) | set(scene.told.also.values())
    within = np.cumsum([word in QUOTES - {"'"} for word in words]) % 2 == 1
    rows = []
    for i, its in enumerate(scene.labels):
        spans = scene.spans.of[i]
        share = sum(word in known for word in its) / len(its) if its and not scene.told.spoken[i] else 0.0
        quoted = any(
            a > 0 and b + 1 < len(words) and words[a - 1] in QUOTES and words[b + 1] in QUOTES for a, b in spans
        )
        whole = bool(spans)
        rows.append((
            whole, share, share > 0, spans[0][0] / WORDS_MAX if whole else 0.0, len(its) >= 6, not its,
            scene.spans.largest[i], quoted,
            bool(scene.spans.written[i]), bool(kinds_of_placeholders(its) & known),
        ))  # fmt: skip
    own = np.array(rows, dtype=np.float32).reshape(-1, 10)
    reached = [scene.match[WHOLE + 1 + k].any(axis=1) for k in range(len(THROUGH))]
    role = scene.match[ROLE].astype(bool)
    flags = (scene.labelled, role.any(axis=1), (role & within).any(axis=1))
    told = np.stack([*reached, *flags, looked_up(scene.shown, scene.labels, scene.ties)], axis=1)
    return np.concatenate([own, told.astype(np.float32)], axis=1)


def _history(scene: Scene, past: Past) -> F32:
    """(n, _HISTORY): acted on, acted on last, how often, its name was typed; is new; like the last one; the next of its
    role after the last one; belongs to something acted on; the first of those like it that was not acted on; is in
    another row what the last one was in its own."""
    shown, n = scene.shown, len(scene.shown)
    mine = [identity(element) for element in shown]
    acted = np.array([me in past.acted for me in mine], dtype=bool)
    last = np.array([bool(past.acted) and me == past.acted[-1] for me in mine], dtype=bool)
    times = [min(sum(each == me for each in past.acted), 4) / 4 for me in mine]
    typed = [element.name != "" and element.name in past.typed for element in shown]
    new = [bool(past.seen) and me not in past.seen for me in mine]
    roles = {(role, name) for role, name, _ in past.acted[-1:]}
    alike = [(element.role, element.name) in roles for element in shown]
    follows = (last.astype(np.int64) @ scene.ties[NEXT]) > 0
    belongs = ((scene.ties[OWNER] | scene.ties[ROW]) @ acted.astype(np.int64)) > 0
    first, met = np.zeros(n, dtype=bool), set[str]()
    for i, element in enumerate(shown):
        if not acted[i] and like(element) not in met:
            met.add(like(element))
            first[i] = True
    same = [bool(past.acted) and corresponds(past.acted[-1], me) for me in mine]
    rows = np.array([acted, last, times, typed, new, alike, follows, belongs, first, same], dtype=np.float32)
    return rows.T.reshape(-1, _HISTORY)


def _word_features(scene: Scene, past: Past) -> F32:
    """(w, WORD_FEATURES): typed, acted on by name, on the screen, within quotes, first and second in quotes,
    capital, digits, placeholder, first and second number, parts of a date, against how often the last was acted on,
    negative, next whole name to act on."""
    words, written = scene.told.words, scene.written
    typed = {plain(word.text) for text in past.typed for word in words_of(text)}
    acted = {plain(word.text) for _, name, _ in past.acted for word in words_of(name)}
    there = {word for its, said in zip(scene.labels, scene.told.spoken, strict=True) if not said for word in its}
    again, date = past.again(), told_date(scene.instruction)
    following = _next_names(scene, past)
    rows, quotes, seen_numbers, slashes = [], 0, 0, 0
    for j, (word, raw) in enumerate(zip(words, written, strict=True)):
        quotes += raw in QUOTES
        also = scene.told.also.get(j, word)
        number = float(word) if word.lstrip("-").isdigit() else None
        seen_numbers += number is not None
        slashes += raw == "/"
        counted = abs(number) if number is not None else 0
        rows.append((
            word in typed, word in acted or also in acted, word in there or also in there,
            quotes % 2 == 1 and raw not in QUOTES, quotes == 1, quotes == 3, raw[:1].isupper(),
            number is not None, PLACEHOLDER.fullmatch(raw) is not None, number is not None and seen_numbers == 1,
            number is not None and seen_numbers == 2,
            *(date is not None and number is not None and slashes == k for k in range(3)),
            number is not None and again < counted, number is not None and again >= counted,
            number is not None and number < 0, j in following,
        ))  # fmt: skip
    return np.array(rows, dtype=np.float32)


def _next_names(scene: Scene, past: Past) -> set[int]:
    """Words of the first whole name of which nothing was acted on or typed yet."""
    done = {plain(name) for _, name, _ in past.acted} | {plain(text) for text in past.typed}
    spans = [
        span
        for i, element in enumerate(scene.shown)
        if scene.spans.largest[i] and plain(element.name) not in done
        for span in scene.spans.of[i]
    ]
    first, last = min(spans, default=(0, -1))
    return set(range(first, last + 1))


def _name_features(scene: Scene, past: Past) -> F32:
    """(n, K, NAME_FEATURES): in the instruction, the told number of word, the last word, typed, digits, placeholder."""
    found = np.zeros((len(scene.shown), NAME_WORDS_MAX, NAME_FEATURES), dtype=np.float32)
    told_here = set(scene.told.words)
    numbers = {ordinal(word) for word in scene.told.words} - {0}
    typed = {plain(word.text) for text in past.typed for word in words_of(text)}
    for i, its in enumerate(scene.labels):
        total = scene.counts[i].max(initial=0)
        for k, word in enumerate(its):
            count = scene.counts[i, k]
            real = is_word(word)
            found[i, k] = (
                word in told_here, real and count in numbers, real and count == total, word in typed,
                word.isdigit(), PLACEHOLDER.fullmatch(word.upper()) is not None,
            )  # fmt: skip
    return found


def _whole(scene: Scene, past: Past) -> F32:
    """(GLOBALS,): dates; numbers that stand alone, against the told one; repeats, and how many alike were acted on,
    against the told number; what is there: a field with the focus, something new, whole names that nothing was done
    with yet."""
    alone = [
        i for i, element in enumerate(scene.shown)
        if not scene.told.spoken[i] and element.name.strip().lstrip("-").isdigit()
    ]  # fmt: skip
    compared = scene.amounts[alone][:, 3:9].max(axis=0) if len(alone) == 1 else np.zeros(6, dtype=np.float32)
    limit, again = told_number(scene.instruction), past.again()
    much, alike = abs(limit) if limit is not None else -1.0, past.alike()
    acted = set(past.acted)
    ready = any(map(is_typed_into, scene.shown))
    new = bool(past.seen) and any(identity(each) not in past.seen for each in scene.shown)
    waiting = [i for i, each in enumerate(scene.shown) if scene.spans.of[i] and identity(each) not in acted]
    return np.array(
        [
            *scene.dates, *compared, again < much, again == much, again > much >= 0,
            alike < much, alike >= much >= 0, limit is not None and limit < 0, ready, new, bool(waiting),
            any(scene.spans.largest[i] for i in waiting), min(again, 10) / 10, min(len(past.typed), 4) / 4,
        ],
        dtype=np.float32,
    )  # fmt: skip
