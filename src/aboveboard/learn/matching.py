"""How words of the instruction belong to elements: by name, by number, and through what lies beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt

from aboveboard.core.events import Element
from aboveboard.learn.relations import ABOVE, BELOW, COLUMN, LEFT, NEAREST, OWNER, ROW, Flags, like
from aboveboard.learn.words import ordinal, plain, words_of

F32 = npt.NDArray[np.float32]
# match[c, i, j]: word j and element i ...
SAME_WORD, NUMBERED, ROLE, BEGINS, WHOLE = 0, 1, 2, 3, 4
THROUGH = (OWNER, NEAREST, ROW, COLUMN)  # whole names of what element i is tied to so: channels 5 to 8
LABEL = 9  # a word, or the beginning of one, in what stands before or above it; of a picture, also right below it
AMONG_LIKE, AMONG_SIBLINGS, LAST = 10, 11, 12
AS_WRITTEN = 13  # the whole name, capitals, marks and all
ENDS = 14
MATCHES = 15
WHOLE_WORDS_MAX = 10
STEM = 5
_TEXTS = frozenset({"static", "static text", "text leaf", "label"})
_SPOKEN_SHARE = 0.8  # of a text's words that stand in the instruction
_SIGNS = frozenset("+-*/=<>%")
_LAST = frozenset({"last", "bottom", "final"})
# What people and the web's own standard (ARIA) call what the accessibility bus names otherwise.
_ALSO_CALLED = {
    "entry": {"textbox", "textboxes", "field", "input"}, "password text": {"field", "input"}, "image": {"icon"},
    "combo box": {"dropdown", "list"}, "list box": {"list"}, "push button": {"buttons"}, "check box": {"checkbox"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """The instruction as it is matched. words: (w,) plain; also: word -> the same as the screen writes it."""

    words: list[str]
    also: dict[int, str]
    spoken: list[bool]  # (n,) elements that only say the instruction


def is_word(word: str) -> bool:
    """Also signs that things are called by, such as the keys of a calculator."""
    return word[:1].isalnum() or word in _SIGNS or (word.startswith(("<", "-")) and len(word) > 1)


def told(words: list[str], shown: Sequence[Element]) -> Told:
    """Finds where the screen says the instruction itself: nothing there is to be acted on, but where redaction masked
    a word in one of the two only, it tells which belong together."""
    spoken, also = [False] * len(shown), dict[int, str]()
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, element in enumerate(shown):
        if element.role in _TEXTS and element.name:
            groups.setdefault(element.path[:-1], []).append(i)
    known = set(words)
    for members in groups.values():
        said = [plain(word.text) for i in members for word in words_of(shown[i].name)]
        if len(said) < 3 or sum(word in known for word in said) < _SPOKEN_SHARE * len(said):
            continue
        matcher = SequenceMatcher(None, words, said, autojunk=False)
        alike = sum(block.size for block in matcher.get_matching_blocks())
        if alike < max(_SPOKEN_SHARE * len(said), len(words) / 2):
            continue
        for i in members:
            spoken[i] = True
        for what, a, b, c, d in matcher.get_opcodes():
            if what == "replace" and b - a == d - c:
                also.update((a + k, said[c + k]) for k in range(b - a))
    return Told(words, also, spoken)


@dataclass(frozen=True, slots=True)
class Spans:
    """Where the whole name of an element stands in the instruction. of: (n,) [first, last] places of words, () for
    nowhere; written: (n,) those of them with the very same capitals and marks; largest: (n,) no other element's name
    there is longer."""

    of: list[list[tuple[int, int]]]
    written: list[list[tuple[int, int]]]
    largest: list[bool]


def whole_names(
    told: Told, labels: Sequence[Sequence[str]], said: Sequence[str], names: Sequence[Sequence[str]],
    quotes: Sequence[int],
) -> Spans:  # fmt: skip
    """labels: (n,) the plain words of each name, names: as they are written there; said, quotes: (w,) the instruction's
    likewise, and which quotation each word of it stands in."""
    at = [j for j, word in enumerate(told.words) if is_word(word)]
    index: dict[str, list[int]] = {}
    for place, j in enumerate(at):
        for word in {told.words[j], told.also.get(j, told.words[j])}:
            index.setdefault(word, []).append(place)
    found: list[list[tuple[int, int]]] = []
    for its, spoken in zip(labels, told.spoken, strict=True):
        name = [word for word in its if is_word(word)]
        spans: list[tuple[int, int]] = []
        if name and len(name) <= WHOLE_WORDS_MAX and not spoken:
            spans = [
                (at[start], at[start + len(name) - 1])
                for start in index.get(name[0], ())
                if all(start + k in index.get(word, ()) for k, word in enumerate(name))
            ]
        found.append(spans)
    found = [
        [span for span in spans if not _misquotes(said, span, its, told.also, quotes)]
        for spans, its in zip(found, names, strict=True)
    ]
    every = {span for spans in found for span in spans}
    largest = [
        any(not any(a <= c and d <= b and (a, b) != (c, d) for a, b in every) for c, d in spans) for spans in found
    ]
    written = [
        [(first, last) for first, last in spans if list(said[first : first + len(its)]) == list(its)]
        for spans, its in zip(found, names, strict=True)
    ]
    return Spans(found, written, largest)


def _misquotes(
    said: Sequence[str], span: tuple[int, int], name: Sequence[str], also: Mapping[int, str], quotes: Sequence[int]
) -> bool:
    """Whether the span begins a quotation and is another name: what is quoted is meant with its capitals and marks."""
    first = span[0]
    if not quotes[first] or (first and quotes[first - 1] == quotes[first]):
        return False
    until = next((j for j in range(first, len(said)) if quotes[j] != quotes[first]), len(said))
    written = [word for j, word in enumerate(said[first:until], first) if j not in also]
    return until != first + len(name) or any(word not in name for word in written)


def match(
    told: Told, labels: Sequence[Sequence[str]], shown: Sequence[Element], lie: Flags, spans: Spans, ranks: Ranks
) -> F32:
    """(MATCHES, n, w) of 0 and 1."""
    n, w = len(shown), len(told.words)
    found = np.zeros((MATCHES, n, w), dtype=np.float32)
    whole = [(j, word) for j, word in enumerate(told.words) if is_word(word)]
    ordinals = [(j, ordinal(word)) for j, word in whole if ordinal(word)]
    lasts = [j for j, word in whole if word in _LAST]
    stems = np.zeros((n, w), dtype=bool)
    roles: dict[str, list[int]] = {}
    for i, (element, its) in enumerate(zip(shown, labels, strict=True)):
        if told.spoken[i]:
            continue
        name, there = element.name.lower().strip(), set(its)
        begun = {word[:STEM] for word in there if len(word) >= STEM}
        for j, word in whole:
            if word in there or told.also.get(j) in there:
                found[SAME_WORD, i, j] = 1
                stems[i, j] = True
            elif word[:STEM] in begun:
                stems[i, j] = True
            if len(name) > len(word) > 1:
                found[BEGINS, i, j], found[ENDS, i, j] = name.startswith(word), name.endswith(word)
        for j, number in ordinals:
            found[NUMBERED, i, j] = number == ranks.role[i] + 1
            found[AMONG_LIKE, i, j] = number == ranks.like[i] + 1
            found[AMONG_SIBLINGS, i, j] = number == ranks.sibling[i] + 1
        if ranks.last[i]:
            found[LAST, i, lasts] = 1
        if element.role not in roles:
            parts, joined = element.role.split(), element.role.replace(" ", "")
            also = _ALSO_CALLED.get(element.role, set())
            roles[element.role] = [
                j
                for j, word in whole
                if len(word) > 3 and (word in parts or joined.startswith(word[:5]) or word in also)
            ]
        found[ROLE, i, roles[element.role]] = 1
        for channel, stands in ((WHOLE, spans.of[i]), (AS_WRITTEN, spans.written[i])):
            for first, last in stands:
                found[channel, i, first : last + 1] = 1
    if n:
        for channel, tie in enumerate(THROUGH, start=WHOLE + 1):
            found[channel] = (lie[tie].astype(np.float32) @ found[WHOLE]) > 0
        pictures = np.array([element.role == "image" for element in shown], dtype=bool)
        labels_of = lie[LEFT] | lie[ABOVE] | (lie[BELOW] & pictures[:, None])
        found[LABEL] = (labels_of.astype(np.float32) @ stems.astype(np.float32)) > 0
    return found


def is_typed_into(element: Element) -> bool:
    """Whether it is a field that has the focus."""
    return "focused" in element.states and "editable" in element.states


def looked_up(shown: Sequence[Element], labels: Sequence[Sequence[str]], lie: Flags) -> npt.NDArray[np.bool_]:
    """(n,) What stands beside something called as the focused field is: what a form asks for, and a table tells."""
    found = np.zeros(len(shown), dtype=bool)
    names = [tuple(filter(is_word, its)) for its in labels]
    for field in (i for i, each in enumerate(shown) if is_typed_into(each)):
        before = lie[LEFT][field] if lie[LEFT][field].any() else lie[ABOVE][field]
        asked = {names[i] for i in before.nonzero()[0]} - {()}
        alike = [not before[i] and name in asked for i, name in enumerate(names)]
        found |= lie[ROW][:, alike].any(axis=1) & ~before
    return found


@dataclass(frozen=True, slots=True)
class Ranks:
    """(n,) the how-manyeth of its role, of those like it, of those like it under the same parent; whether it is the
    last of its role. From 0; what only says the instruction is not counted."""

    role: list[int]
    like: list[int]
    sibling: list[int]
    last: list[bool]


def ranked(shown: Sequence[Element], spoken: Sequence[bool]) -> Ranks:
    counts: dict[object, int] = {}

    def next_of(key: object) -> int:
        counts[key] = counts.get(key, -1) + 1
        return counts[key]

    ranks = Ranks([], [], [], [])
    for element, only_said in zip(shown, spoken, strict=True):
        mine = like(element)
        ranks.role.append(next_of((element.role, only_said)))
        ranks.like.append(next_of((mine, "", only_said)))
        ranks.sibling.append(next_of((mine, element.path[:-1], only_said)))
    for element, rank, only_said in zip(shown, ranks.role, spoken, strict=True):
        ranks.last.append(rank == counts[element.role, only_said])
    return ranks
