"""Words and numbers as the policy reads them, and how two of them may belong together."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

WORD_IDS = 8192
_WORD = re.compile(r"<[A-Z_]+(?:_\d+)?>|(?<![\w-])-\d+(?![\w-])|\w+|[^\w\s]")
PLACEHOLDER = re.compile(r"<([A-Z_]+?)_(\d+)>")
_CLOSES = {'"': '"', "'": "'", "“": "”", "«": "»"}
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_NUMERALS = {
    word: n
    for n, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], start=1
    )
} | {"top": 1}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
DAYS = 31
NUMBERS_MAX = 3  # "11h 28m" is two; more is no quantity


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text and where it stands: code points [start, end)."""

    text: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """Words, punctuation marks and placeholders."""
    return [Word(match[0], match.start(), match.end()) for match in _WORD.finditer(text)]


@lru_cache(maxsize=1 << 16)
def plain(word: str) -> str:
    """What two spellings of one word share: case folded, numbers without leading zeros."""
    low = word.lower()
    return low.lstrip("0") or "0" if low.isdigit() else low


def plain_words(texts: Iterable[str]) -> set[str]:
    """Of all of them together."""
    return {plain(word.text) for text in texts for word in words_of(text)}


@lru_cache(maxsize=1 << 16)
def word_id(word: str) -> int:
    """Of a plain word. Numbers that are no day of a month share one: a price is nothing to remember, and how numbers
    compare is told otherwise."""
    return hashed("#" if word.isdecimal() and (len(word) > 2 or int(word) > DAYS) else word)


@lru_cache(maxsize=1 << 16)
def hashed(text: str, size: int = WORD_IDS) -> int:
    """1 ... size - 1; 0 stands for nothing."""
    return 1 + zlib.crc32(text.encode()) % (size - 1)


def quoted(text: str) -> list[int]:
    """For each word of a text, which quotation it stands in: 1, 2, ...; 0 for none, and for the marks themselves. An
    apostrophe opens and closes one only where no word goes on across it; what is never closed is no quotation."""
    words = words_of(text)
    found = [0] * len(words)
    opened, closing, count = -1, "", 0
    for i, word in enumerate(words):
        if opened < 0:
            closing = _CLOSES.get(word.text, "")
            before = text[word.start - 1 : word.start]
            if closing and not (word.text == "'" and (before.isalnum() or before == ">")):
                opened = i
        elif word.text == closing and not (closing == "'" and text[word.end : word.end + 1].isalnum()):
            count += 1
            found[opened + 1 : i] = [count] * (i - opened - 1)
            opened = -1
    return found


def kinds_of_placeholders(words: Iterable[str]) -> set[str]:
    """What the placeholders among plain words stand for: "<email_5>" is an "email"."""
    return {match[1].lower() for word in words if (match := PLACEHOLDER.fullmatch(word.upper()))}


@lru_cache(maxsize=1 << 14)
def ordinal(word: str) -> int:
    """ "3rd" and "third" -> 3; 0 for what is none."""
    match = _ORDINAL.fullmatch(word)
    return int(match[1]) if match else _NUMERALS.get(word.lower(), 0)


@lru_cache(maxsize=1 << 14)
def numbers(text: str) -> tuple[float, ...]:
    """The numbers of a short text; () when there are none, or too many to be one quantity. A placeholder's is none."""
    found = tuple(float(each) for each in _NUMBER.findall(PLACEHOLDER.sub("", text)))
    return found if len(found) <= NUMBERS_MAX else ()


def squeezed(text: str) -> str:
    """Letters and digits only, case folded: "08/27/2011" and "08272011" are one thing to type."""
    return "".join(char for char in text.lower() if char.isalnum() or char in "<>_")


def spans_of(words: list[str], text: str) -> list[tuple[int, int]]:
    """First and last of the words which together are `text` but for case and punctuation, wherever they are; the marks
    that `text` ends with are taken along where they follow."""
    wanted = squeezed(text)
    if not wanted:
        return []
    pieces = [squeezed(word) for word in words]
    closing = _closing(text)
    return [
        (start, end + len(closing) if words[end + 1 : end + 1 + len(closing)] == closing else end)
        for start, piece in enumerate(pieces)
        if piece and wanted.startswith(piece) and (end := _reaches(pieces, start, wanted)) >= 0
    ]


def _closing(text: str) -> list[str]:
    words = [word.text for word in words_of(text)]
    last = max((i for i, word in enumerate(words) if squeezed(word)), default=len(words) - 1)
    return words[last + 1 :]


def _reaches(pieces: list[str], start: int, wanted: str) -> int:
    so_far = ""
    for end in range(start, len(pieces)):
        so_far += pieces[end]
        if so_far == wanted:
            return end
        if not wanted.startswith(so_far):
            break
    return -1
