"""What an agent sees, as numbers: the instruction and the redacted elements, never more than a recording holds
(scene.py), and what was done and has changed before (past.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aboveboard.core.events import Element
from aboveboard.learn.matching import is_typed_into, is_word
from aboveboard.learn.past import Past, corresponds, identity, is_one_of
from aboveboard.learn.quantities import told_date, told_number
from aboveboard.learn.relations import NEXT, OWNER, ROW, Flags, like
from aboveboard.learn.scene import F32, FIXED, I64, NAME_WORDS_MAX, Scene
from aboveboard.learn.words import PLACEHOLDER, hashed, ordinal, plain, plain_words, word_id

ROLE_IDS = 64
RANKS = 32
KINDS_BEFORE = 256
# What is told of an element, in this order.
HISTORY = (
    "acted on", "acted on last", "how often", "its name was typed", "new", "like the last", "next of the last's role",
    "belongs to something acted on", "first of those like it neither acted on nor chosen", "as the last in another row",
    "one more like the last, too few yet", "one more like the last, enough already",
    "may show what is quoted and nowhere",
)  # fmt: skip
# Of a word of the instruction.
OF_WORDS = (
    "typed", "acted on", "there", "quoted", "in the first quotation", "in the second", "begins one", "ends one",
    "capital", "number", "placeholder", "first number", "second number", "month", "day", "year",
    "more than done", "no more than done", "negative", "next name", "in a row with what was acted on", "met before",
)  # fmt: skip
NAME_FEATURES = 6
# Of the screen as a whole.
OF_WHOLE = (
    "month shown is before the told", "month shown is the told", "month shown is after the told",
    *(f"the only number: {is_so}" for is_so in ("odd", "less", "equal", "more", "as told", "not as told")),
    "again: fewer", "again: as told", "again: more", "alike: fewer", "alike: enough", "negative", "typed into", "new",
    "name waiting", "largest name waiting", "again", "typed", "name chosen", "out of order", "quotation",
    "quotation named by nothing", "placeholder", "placeholders", "placeholder nowhere", "capital nowhere",
)  # fmt: skip
FEATURES, WORD_FEATURES, GLOBALS = FIXED + len(HISTORY), len(OF_WORDS), len(OF_WHOLE)


@dataclass(frozen=True, slots=True)
class Sight:
    """w words, n elements, K = NAME_WORDS_MAX.

    words: (w,) ids; parts: (w,) which part of the instruction each is in, as quotation marks divide it; word_features:
    (w, WORD_FEATURES); roles, ranks, siblings: (n,) ids; names: (n, K) ids, 0 = none;
    counts: (n, K) the how-manyeth word of the name each is, punctuation not counted; name_features: (n, K,
    NAME_FEATURES); features: (n, FEATURES); match: (MATCHES, n, w) of 0 and 1; relation: (n, n) ids of how elements
    lie to each other; ties: (TIES, n, n) the same as facts; whole: (GLOBALS,) of the screen as a whole; last: id of the
    last kind. How many steps were done is not told: it says nothing that what was done does not say better.
    """

    words: I64
    parts: I64
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


def see(instruction: str, elements: Sequence[Element], past: Past) -> Sight:
    """One look."""
    return seen(Scene(instruction, elements), past)


def seen(scene: Scene, past: Past) -> Sight:
    """The scene, with what was done before."""
    kinds, nowhere = past.kinds, _quoted_and_nowhere(scene, past)
    return Sight(
        np.array([word_id(word) for word in scene.told.words], dtype=np.int64), scene.parts,
        _word_features(scene, past),
        np.array([hashed(element.role, ROLE_IDS) for element in scene.shown], dtype=np.int64),
        _bounded(scene.ranks.role), _bounded(scene.ranks.sibling), scene.names, scene.counts,
        _name_features(scene, past), np.concatenate([scene.fixed, _history(scene, past, nowhere=nowhere)], axis=1),
        scene.match, scene.relation, scene.ties, _whole(scene, past, nowhere=nowhere),
        hashed(kinds[-1], KINDS_BEFORE) if kinds else 0,
    )  # fmt: skip


def _bounded(ranks: Sequence[int]) -> I64:
    return np.minimum(np.array(ranks, dtype=np.int64), RANKS - 1)


def _history(scene: Scene, past: Past, *, nowhere: bool) -> F32:
    """(n, len(HISTORY)). nowhere: see _quoted_and_nowhere."""
    shown, n = scene.shown, len(scene.shown)
    mine = [identity(element) for element in shown]
    acted = np.array([past.has_acted_on(me) for me in mine], dtype=bool)
    last = np.array([bool(past.acted) and me == past.acted[-1] for me in mine], dtype=bool)
    times = [min(sum(each == me for each in past.acted), 4) / 4 for me in mine]
    typed = [element.name != "" and element.name in past.typed for element in shown]
    new = [bool(past.seen) and me not in past.seen for me in mine]
    roles = {(role, name) for role, name, _ in past.acted[-1:]}
    alike = [(element.role, element.name) in roles for element in shown]
    follows = (last.astype(np.int64) @ scene.ties[NEXT]) > 0
    belongs = ((scene.ties[OWNER] | scene.ties[ROW]) @ acted.astype(np.int64)) > 0
    first, met = np.zeros(n, dtype=bool), set[str]()
    chosen = [me for me, element in zip(mine, shown, strict=True) if "selected" in element.states]  # a tab, say
    for i, element in enumerate(shown):
        if not acted[i] and like(element) not in met and not is_one_of(mine[i], chosen):
            met.add(like(element))
            first[i] = True
    closed = np.array(["expandable" in e.states and "expanded" not in e.states for e in shown], dtype=bool)
    same = [bool(past.acted) and corresponds(past.acted[-1], me) for me in mine]
    limit, count = told_number(scene.instruction), past.alike()
    more = np.array(alike, dtype=bool) & ~acted & (limit is not None)
    rows = np.array(
        [
            acted, last, times, typed, new, alike, follows, belongs, first, same,
            more & (count < abs(limit or 0)), more & (count >= abs(limit or 0)), first & closed & nowhere,
        ],
        dtype=np.float32,
    )  # fmt: skip
    return rows.T.reshape(-1, len(HISTORY))


def _word_features(scene: Scene, past: Past) -> F32:
    """(w, WORD_FEATURES): OF_WORDS; "more than done": the number is more than how often the last was acted on."""
    words, written, quotes = scene.told.words, scene.written, [0, *scene.quotes, 0]
    typed, acted, beside, met = map(plain_words, (past.typed, past.names_acted_on(), past.beside, past.met))
    there = scene.there
    again, date = past.again(), told_date(scene.instruction)
    following = _next_names(scene, past)
    rows, seen_numbers, slashes = [], 0, 0
    for j, (word, raw) in enumerate(zip(words, written, strict=True)):
        before, quote, after = quotes[j : j + 3]
        also = scene.told.also.get(j, word)
        number = float(word) if word.lstrip("-").isdigit() else None
        seen_numbers += number is not None
        slashes += raw == "/"
        counted = abs(number) if number is not None else 0
        rows.append((
            word in typed, word in acted or also in acted, word in there or also in there,
            quote > 0, quote == 1, quote == 2, quote > 0 and before != quote, quote > 0 and after != quote,
            raw[:1].isupper(),
            number is not None, PLACEHOLDER.fullmatch(raw) is not None, number is not None and seen_numbers == 1,
            number is not None and seen_numbers == 2,
            *(date is not None and number is not None and slashes == k for k in range(3)),
            number is not None and again < counted, number is not None and again >= counted,
            number is not None and number < 0, j in following, word in beside or also in beside,
            word in met or also in met,
        ))  # fmt: skip
    return np.array(rows, dtype=np.float32)


def _next_names(scene: Scene, past: Past) -> set[int]:
    """Words of the first whole name of which nothing was acted on or typed yet."""
    done = {plain(name) for name in (*past.names_acted_on(), *past.typed)}
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
    typed = plain_words(past.typed)
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


def _whole(scene: Scene, past: Past, *, nowhere: bool) -> F32:
    """(GLOBALS,): OF_WHOLE; what is "waiting" is there and nothing was done with it yet."""
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
    chosen = any(
        scene.spans.largest[i] and ("focused" in each.states or "selected" in each.states)
        for i, each in enumerate(scene.shown)
    )
    return np.array(
        [
            *scene.dates, *compared, again < much, again == much, again > much >= 0,
            alike < much, alike >= much >= 0, limit is not None and limit < 0, ready, new, bool(waiting),
            any(scene.spans.largest[i] for i in waiting), min(again, 10) / 10, min(len(past.typed), 4) / 4,
            chosen, scene.amounts[:, 9].any(), *_told(scene, past, nowhere),
        ],
        dtype=np.float32,
    )  # fmt: skip


def _told(scene: Scene, past: Past, quoted_and_nowhere: bool) -> tuple[bool, bool, bool, bool, bool, bool]:
    """Whether the instruction has a quotation, one that is nothing's name and was not typed, a placeholder, several,
    one that is neither there nor was acted on or typed, a word with a capital within a sentence of which that holds."""
    told = scene.told
    known = scene.there | plain_words(past.typed) | plain_words(past.names_acted_on())
    placeholders = [j for j, raw in enumerate(scene.written) if PLACEHOLDER.fullmatch(raw)]
    within = [
        j for j, raw in enumerate(scene.written)
        if j and raw[:1].isupper() and (is_word(scene.written[j - 1]) or scene.written[j - 1] == ",")
    ]  # fmt: skip

    def nowhere(places: list[int]) -> bool:
        return any(told.words[j] not in known and told.also.get(j) not in known for j in places)

    return (
        any(scene.quotes), quoted_and_nowhere, bool(placeholders),
        len({told.words[j] for j in placeholders}) > 1,
        nowhere(placeholders), nowhere(within),
    )  # fmt: skip


def _quoted_and_nowhere(scene: Scene, past: Past) -> bool:
    """Whether a word of a quotation is in nothing's name and was not typed."""
    typed = plain_words(past.typed)
    named = {j for spans in scene.spans.of for first, last in spans for j in range(first, last + 1)}
    return any(
        quote > 0 and is_word(word) and j not in named and word not in typed
        for j, (quote, word) in enumerate(zip(scene.quotes, scene.told.words, strict=True))
    )
