"""What an agent sees, as numbers: the instruction and the redacted elements, never more than a recording holds.

Words are hashed, so no vocabulary is stored. What matters most is told outright: how an element's name matches the
instruction, where it stands among others of its role, and what was done with it before.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aboveboard.core.events import Element

WORDS_MAX = 48
ELEMENTS_MAX = 96
NAME_WORDS_MAX = 12
WORD_IDS = 4096
ROLE_IDS = 64
RANKS = 10
STATES = ("focused", "checked", "selected", "expanded", "editable", "focusable", "collapsed", "expandable", "checkable")
FEATURES = len(STATES) + 4 + 6 + 3  # states, place, match, history
KINDS_BEFORE = 12

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]
_WORD = re.compile(r"<[A-Z_]+(?:_\d+)?>|\w+|[^\w\s]")
_PLACEHOLDER = re.compile(r"<([A-Z_]+?)_(\d+)>")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the instruction and where it stands: code points [start, end)."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Past:
    """What was done so far in this episode: kinds in order, and the elements acted on (role, name, box)."""

    kinds: tuple[str, ...] = ()
    acted: tuple[tuple[str, str, tuple[int, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """words: (w,) ids; roles, ranks: (n,) ids; names: (n, NAME_WORDS_MAX) ids, 0 = none; features: (n, FEATURES);
    match: (n, w) 1 where a word of the name stands in the instruction; last: id of the last kind; steps: how many."""

    words: I64
    roles: I64
    ranks: I64
    names: I64
    features: F32
    match: F32
    last: int
    steps: int


def words_of(text: str) -> list[Word]:
    """Words, placeholders and signs, at most WORDS_MAX."""
    return [Word(found[0], found.start(), found.end()) for found in _WORD.finditer(text)][:WORDS_MAX]


def _hash(text: str, size: int) -> int:
    """1 .. size-1; the same on every machine."""
    return zlib.crc32(text.encode()) % (size - 1) + 1


def identity(element: Element) -> tuple[str, str, tuple[int, ...]]:
    """What makes an element the same one from one tree to the next."""
    return element.role, element.name, element.path


def see(instruction: str, elements: Sequence[Element], past: Past, rename: dict[str, str] | None = None) -> Sight:
    """rename: words to take for others, for training on placeholders and words never seen."""
    names = rename or {}
    words = [names.get(word.text.lower(), word.text.lower()) for word in words_of(instruction)]
    shown = list(elements)[:ELEMENTS_MAX]
    name_words = [
        [names.get(word.text.lower(), word.text.lower()) for word in words_of(element.name)][:NAME_WORDS_MAX]
        for element in shown
    ]
    n, w = len(shown), max(len(words), 1)
    ids = np.zeros((n, NAME_WORDS_MAX), dtype=np.int64)
    match = np.zeros((n, w), dtype=np.float32)
    features = np.zeros((n, FEATURES), dtype=np.float32)
    seen_roles: dict[str, int] = {}
    ranks = np.zeros(n, dtype=np.int64)
    place = _places(shown)
    for i, element in enumerate(shown):
        its = name_words[i]
        ids[i, : len(its)] = [_hash(word, WORD_IDS) for word in its]
        for j, word in enumerate(words):
            match[i, j] = float((word in its and word.isalnum()) or (word.startswith("<") and word in its))
        ranks[i] = min(seen_roles.get(element.role, 0), RANKS - 1)
        seen_roles[element.role] = seen_roles.get(element.role, 0) + 1
        features[i] = [
            *(float(state in element.states) for state in STATES), *place[i], *_matches(words, its),
            *_history(element, past),
        ]  # fmt: skip
    kinds = past.kinds
    return Sight(
        np.array([_hash(word, WORD_IDS) for word in words] or [0], dtype=np.int64),
        np.array([_hash(element.role, ROLE_IDS) for element in shown], dtype=np.int64), ranks, ids, features, match,
        _hash(kinds[-1], KINDS_BEFORE) if kinds else 0, min(len(kinds), 9),
    )  # fmt: skip


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


def _matches(words: list[str], its: list[str]) -> tuple[float, ...]:
    """How the name stands in the instruction: whole phrase, share of its words, only one, where, how long, empty."""
    if not its:
        return (0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    at = next((i for i in range(len(words) - len(its) + 1) if words[i : i + len(its)] == its), -1)
    share = sum(word in words for word in its) / len(its)
    long = float(len(its) >= 6)
    return (float(at >= 0), share, float(share > 0), at / WORDS_MAX if at >= 0 else 0.0, long, 0.0)


def _history(element: Element, past: Past) -> tuple[float, float, float]:
    """Acted on before, acted on last, how often."""
    me = identity(element)
    times = sum(each == me for each in past.acted)
    last = bool(past.acted) and past.acted[-1] == me
    return float(times > 0), float(last), min(times, 3) / 3.0


def shuffled_names(instruction: str, elements: Sequence[Element], rng: np.random.Generator) -> dict[str, str]:
    """A renaming for training: placeholders get other numbers, and some words shared by instruction and elements become
    words nobody has seen, so that the agent learns to match and not to remember."""
    told = {word.text.lower() for word in words_of(instruction)}
    shown = {word.text.lower() for element in elements for word in words_of(element.name)}
    rename: dict[str, str] = {}
    for word in told | shown:
        if _PLACEHOLDER.fullmatch(word.upper()):
            rename[word] = f"<person_{int(rng.integers(1, 10_000))}>"
        elif word.isalnum() and not word.isdigit() and rng.random() < (0.3 if word in told & shown else 0.1):
            rename[word] = f"w{int(rng.integers(1, 1_000_000))}"
    return rename
