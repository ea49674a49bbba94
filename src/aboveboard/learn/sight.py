"""What an agent sees, as numbers: the instruction and the redacted elements, never more than a recording holds.

Words are hashed, so no vocabulary is stored. What matters most is told outright: how an element's name matches the
instruction, where it stands among others of its role, how it lies to the others, and what was done with it before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aboveboard.core.events import Element
from aboveboard.learn.relations import relations
from aboveboard.learn.words import hashed, numbers, ordinal, plain, words_of

WORDS_MAX = 56
ELEMENTS_MAX = 112
NAME_WORDS_MAX = 16
ROLE_IDS = 64
RANKS = 32
STATES = ("focused", "checked", "selected", "expanded", "editable", "focusable", "collapsed", "expandable", "checkable")
FEATURES = len(STATES) + 4 + 6 + 4 + 7  # states, place, match, history, numbers
WORD_FEATURES = 3  # typed before, name of something acted on before, on the screen
MATCHES = 4  # same word, ordinal and rank, role, beginning or end
KINDS_BEFORE = 24
STEPS_KNOWN = 16

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]
Identity = tuple[str, str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Past:
    """What was done so far in this episode: kinds in order, the elements acted on, what was typed."""

    kinds: tuple[str, ...] = ()
    acted: tuple[Identity, ...] = ()
    typed: tuple[str, ...] = ()

    def after(self, kind: str, element: Element | None, text: str = "") -> Past:
        """One step later."""
        return Past(
            (*self.kinds, kind),
            self.acted if element is None else (*self.acted, identity(element)),
            (*self.typed, text) if text else self.typed,
        )


@dataclass(frozen=True, slots=True)
class Sight:
    """w words, n elements, K = NAME_WORDS_MAX.

    words: (w,) ids; word_features: (w, WORD_FEATURES); roles, ranks: (n,) ids; names: (n, K) ids, 0 = none; counts:
    (n, K) the how-manyeth word of the name each is, punctuation not counted; features: (n, FEATURES); match: (MATCHES,
    n, w) of 0 and 1; relation: (n, n) ids of how elements lie to each other; last: id of the last kind; steps: how
    many.
    """

    words: I64
    word_features: F32
    roles: I64
    ranks: I64
    names: I64
    counts: I64
    features: F32
    match: F32
    relation: I64
    last: int
    steps: int


def identity(element: Element) -> Identity:
    """What makes an element the same one from one tree to the next."""
    return element.role, element.name, element.path


def told_words(instruction: str) -> list[str]:
    """As many as the policy reads."""
    return [word.text for word in words_of(instruction)][:WORDS_MAX] or [""]


def name_words(element: Element) -> list[str]:
    """As many as the policy reads."""
    return [word.text for word in words_of(element.name)][:NAME_WORDS_MAX]


def see(instruction: str, elements: Sequence[Element], past: Past) -> Sight:
    """Only the first WORDS_MAX words and ELEMENTS_MAX elements are looked at."""
    words = [plain(word) for word in told_words(instruction)]
    shown = list(elements)[:ELEMENTS_MAX]
    labels = [[plain(word) for word in name_words(element)] for element in shown]
    n = len(shown)
    ids = np.zeros((n, NAME_WORDS_MAX), dtype=np.int64)
    counts = np.zeros((n, NAME_WORDS_MAX), dtype=np.int64)
    features = np.zeros((n, FEATURES), dtype=np.float32)
    ranks = np.zeros(n, dtype=np.int64)
    of_role: dict[str, int] = {}
    places, amounts, told = _places(shown), _amounts(shown, instruction), set(words)
    for i, (element, its) in enumerate(zip(shown, labels, strict=True)):
        ids[i, : len(its)] = [hashed(word) for word in its]
        counts[i, : len(its)] = np.cumsum([_is_word(word) for word in its])
        ranks[i] = min(of_role.get(element.role, 0), RANKS - 1)
        of_role[element.role] = of_role.get(element.role, 0) + 1
        features[i] = [
            *(float(state in element.states) for state in STATES), *places[i], *_matches(words, told, its),
            *_history(element, past), *amounts[i],
        ]  # fmt: skip
    kinds = past.kinds
    return Sight(
        np.array([hashed(word) for word in words], dtype=np.int64), _word_features(words, labels, past),
        np.array([hashed(element.role, ROLE_IDS) for element in shown], dtype=np.int64), ranks, ids, counts, features,
        _match(words, labels, shown, ranks), relations(shown),
        hashed(kinds[-1], KINDS_BEFORE) if kinds else 0, min(len(kinds), STEPS_KNOWN - 1),
    )  # fmt: skip


def _is_word(word: str) -> bool:
    return word[:1].isalnum() or (word.startswith("<") and len(word) > 1)


def _match(words: list[str], labels: list[list[str]], shown: Sequence[Element], ranks: I64) -> F32:
    """Where a word of the instruction belongs to an element."""
    match = np.zeros((MATCHES, len(shown), len(words)), dtype=np.float32)
    whole = [(j, word) for j, word in enumerate(words) if _is_word(word)]
    ordinals = [(j, ordinal(word)) for j, word in whole if ordinal(word)]
    roles: dict[str, list[int]] = {}
    for i, (element, its) in enumerate(zip(shown, labels, strict=True)):
        name, there = element.name.lower().strip(), set(its)
        for j, word in whole:
            if word in there:
                match[0, i, j] = 1
            if len(name) > len(word) > 1 and (name.startswith(word) or name.endswith(word)):
                match[3, i, j] = 1
        for j, number in ordinals:
            match[1, i, j] = number == ranks[i] + 1
        if element.role not in roles:
            parts, joined = element.role.split(), element.role.replace(" ", "")
            roles[element.role] = [
                j for j, word in whole if len(word) > 3 and (word in parts or joined.startswith(word[:5]))
            ]
        match[2, i, roles[element.role]] = 1
    return match


def _word_features(words: list[str], labels: list[list[str]], past: Past) -> F32:
    typed = {plain(word.text) for text in past.typed for word in words_of(text)}
    acted = {plain(word.text) for _, name, _ in past.acted for word in words_of(name)}
    there = {word for its in labels for word in its}
    return np.array([[word in typed, word in acted, word in there] for word in words], dtype=np.float32)


def _places(shown: Sequence[Element]) -> list[tuple[float, float, float, float]]:
    """Centre and size relative to what is visible as a whole: no absolute position on the screen."""
    if not shown:
        return []
    left = min(element.box[0] for element in shown)
    top = min(element.box[1] for element in shown)
    width = max(max(element.box[0] + element.box[2] for element in shown) - left, 1)
    height = max(max(element.box[1] + element.box[3] for element in shown) - top, 1)
    return [
        ((b[0] + b[2] / 2 - left) / width, (b[1] + b[3] / 2 - top) / height, b[2] / width, b[3] / height)
        for b in (element.box for element in shown)
    ]


def _matches(words: list[str], told: set[str], its: list[str]) -> tuple[float, ...]:
    """How the name stands in the instruction: whole phrase, share of its words, only one, where, how long, empty."""
    if not its:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    share = sum(word in told for word in its) / len(its)
    at = -1
    if share == 1:
        at = next((i for i in range(len(words) - len(its) + 1) if words[i : i + len(its)] == its), -1)
    return (float(at >= 0), share, float(share > 0), max(at, 0) / WORDS_MAX, float(len(its) >= 6), 0.0)


def _history(element: Element, past: Past) -> tuple[float, float, float, float]:
    """Acted on before, acted on last, how often, and whether its name was typed."""
    me = identity(element)
    times = sum(each == me for each in past.acted)
    last = bool(past.acted) and past.acted[-1] == me
    return float(times > 0), float(last), min(times, 4) / 4.0, float(element.name != "" and element.name in past.typed)


def _amounts(shown: Sequence[Element], instruction: str) -> list[tuple[float, ...]]:
    """Numbers in names: is one, the least and the greatest of its role, odd, less than, equal to and more than the
    number of the instruction."""
    found = [numbers(element.name) for element in shown]
    told = [value for word in words_of(instruction) if (value := numbers(word.text))]
    limit = told[0][0] if len(told) == 1 else None
    by_role: dict[str, list[tuple[float, ...]]] = {}
    for element, value in zip(shown, found, strict=True):
        if value:
            by_role.setdefault(element.role, []).append(value)
    rows: list[tuple[float, ...]] = []
    for element, value in zip(shown, found, strict=True):
        if not value:
            rows.append((0.0,) * 7)
            continue
        among = by_role[element.role]
        first = value[0]
        compared = (first < limit, first == limit, first > limit) if limit is not None else (False,) * 3
        several = len(among) > 1
        rows.append(
            (1.0, float(several and value == min(among)), float(several and value == max(among)),
             float(first % 2 == 1), *map(float, compared))
        )  # fmt: skip
    return rows
