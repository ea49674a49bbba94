"""What stood in a typed text for a while: no piece of it may be read in what stands there at the end.

Every state is looked through for what has a checksum or a known form; before something is deleted, also for all
else the redactor finds. Held in memory only, for one run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from aboveboard.redact.redactor import Redactor
from aboveboard.redact.spans import SENSITIVE, Span
from aboveboard.redact.words import WORDS

FRAGMENT_CHARS = 4
_TOKEN_CHARS = 3  # with the full stop after it a fragment
_KEPT_MAX = 256
_VALUES_MAX = 4
_AROUND = 256
_OCCURRENCES_MAX = 4
_NAME_REST_CHARS = 3  # "gardenz" -> "garden" mends a slip; "Thistlethwaite" -> "Thistle" leaves half a name
_LETTERS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PARTS = re.compile("['’-]")
_TORN_DIGITS_MAX = 1
_TOKEN = re.compile(r"\S+")
_PIECE = re.compile(r"[^\W_]+")
_AT_END, _AT_START = re.compile(r"[^\W\d_]+\Z"), re.compile(r"\A[^\W\d_]+")
_ENDS, _BEGINS = re.compile(r"(?:\A|\s)\Z"), re.compile(r"\A[.,;:!?]?(?:\s|\Z)")
_NEAR = 24
_OPENING = "'\"(“‘¿¡"
_PUNCTUATION = ".,!?;:'\"()…“”‘’"


class Remains:
    """Of one run."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        # Another one for what may never be kept: half an address must not get a placeholder and a number.
        self._scratch: Redactor | None = None
        self._secrets: list[str] = []  # no fragment of these may stay, even where they stand still
        self._others: list[str] = []  # no fragment of these may stay once they stand there no more
        self._names: list[str] = []
        self._values: dict[str, None] = {}
        self._stood: str | None = None  # what the field held first
        self.too_many = False

    def scan(self, around: str) -> None:
        """A state of the text, near the caret: after each key."""
        for start, end, label in self._redactor.sensitive(around):
            _remember(self._secrets if label in SENSITIVE else self._others, around[start:end])
        self._bound()

    def scan_whole(self, around: str) -> None:
        """The same before a deletion, for everything the redactor knows."""
        for start, end, label in self._own().text(around).spans:
            _remember(self._names if label in ("PERSON", "ORGANISATION") else self._others, around[start:end])
        self._bound()

    def value(self, value: str) -> None:
        """What the field is said to hold: more than was typed, when something was completed or stood there before."""
        self._stood = value if self._stood is None else self._stood
        if value:
            self._values.pop(value, None)
            self._values[value] = None
            if len(self._values) > _VALUES_MAX:
                del self._values[next(iter(self._values))]

    def stay_in(self, shown: Sequence[str], text: str) -> bool:
        """shown: the readable parts of the final `text`."""
        gone = [other for other in self._others if other not in text]
        pieces = {piece for whole in (*self._secrets, *gone) for piece in _fragments(whole)}
        if any(piece in pieces for part in shown for piece in _fragments(part)):
            return True
        words = {word for part in shown for word in _LETTERS.findall(part) if len(word) >= FRAGMENT_CHARS}
        names = {word for name in self._names for word in _LETTERS.findall(name)}
        return any(
            len(name) - len(word) >= _NAME_REST_CHARS and (name.startswith(word) or name.endswith(word))
            for word in words
            for name in names
        )

    def shows(self, text: str) -> bool:
        """Whether the field was seen to hold this, more often than at first: what stands around it was seen too."""
        before = (self._stood or "").count(text)
        return any(value.count(text) > before for value in self._values)

    def completed(self, text: str) -> bool:
        """True when the field held, around the typed text, something sensitive of which that is a part."""
        for value in self._values:
            at = value.find(text)
            for _ in range(_OCCURRENCES_MAX):
                if at < 0:
                    break
                before, after = value[max(0, at - _AROUND) : at], value[at + len(text) :][:_AROUND]
                if self._reaches(before, text, after) and not self._put_to_a_word(before, text, after):
                    return True
                at = value.find(text, at + 1)
        return False

    def _reaches(self, before: str, text: str, after: str) -> bool:
        """Whether something that is not to be seen lies partly in the text, partly beside it."""
        first, last = len(before), len(before) + len(text)
        spans = self._own().text(before + text + after).spans
        return any(a < last and first < b and (a < first or b > last) for a, b, _ in spans)

    def _put_to_a_word(self, before: str, text: str, after: str) -> bool:
        """Whether only that makes it so: typed right beside or into a plain word that had stood there before. "garden"
        with "party" behind it is no name, though no list has "gardenparty"; what a program completed did not stand."""
        left, right = _letters(_AT_END, before), _letters(_AT_START, after)
        if not left + right or before[-_NEAR:] + after[:_NEAR] not in (self._stood or ""):
            return False
        outer, rest = before[: len(before) - len(left)], after[len(right) :]
        if not _ENDS.search(outer) or not _BEGINS.search(rest):
            return False  # it is no word of its own, but a piece of an address or the like
        if left and right and text.isalpha() and _of_words(left + right):
            return not self._reaches(f"{outer}{left}{right} ", text, f" {rest}")
        if not all(_of_words(part) for part in (left, right) if part):
            return False
        return not self._reaches(f"{before} ", text, f" {after}")

    def _own(self) -> Redactor:
        if self._scratch is None:
            self._scratch = type(self._redactor)()
        return self._scratch

    def _bound(self) -> None:
        if len(self._secrets) + len(self._others) + len(self._names) > _KEPT_MAX:
            self.too_many = True
            self._secrets, self._others, self._names = [], [], []


def part_of_a_code(text: str, spans: Sequence[Span]) -> bool:
    """True when what stays readable of `text` may be a piece of a number, token or address whose rest is typed
    elsewhere: two digits, three or more characters in a row that are no words, or what hangs on to a span."""
    shown = readable(text, spans)
    if sum(char.isdecimal() for part in shown for char in part) > _TORN_DIGITS_MAX:
        return True
    for match in _TOKEN.finditer(text):
        hidden = [span for span in spans if span.start < match.end() and match.start() < span.end]
        rest = "".join(readable(match.group(), [_moved(span, match) for span in hidden]))
        rest = rest.lstrip(_OPENING).rstrip(_PUNCTUATION)  # "end." is a word, ".org" a piece of something
        if rest and (hidden or (len(rest) >= _TOKEN_CHARS and not _of_words(rest))):
            return True
    return False


def hangs_on(text: str, spans: Sequence[Span]) -> bool:
    """True when a piece of no words is left of a token of which the rest is hidden: ".qwx" behind two names is the end
    of an address that was typed with a slip."""
    for match in _TOKEN.finditer(text):
        hidden = [span for span in spans if span.start < match.end() and match.start() < span.end]
        if not hidden:
            continue
        rest = readable(match.group(), [_moved(span, match) for span in hidden])
        if any(len(piece) >= _TOKEN_CHARS and not _of_words(piece) for part in rest for piece in _PIECE.findall(part)):
            return True
    return False


def _of_words(text: str) -> bool:
    """True for letters alone that a list has. What stays elsewhere because nobody is called so ("wqwx") may well be a
    piece of an address."""
    if not _LETTERS.fullmatch(text):
        return False
    return all(WORDS.plain(part) or len(part) < _TOKEN_CHARS for part in _PARTS.split(text.lower()))


def readable(text: str, spans: Sequence[Span]) -> list[str]:
    """What of the text lies outside the spans, which are in order."""
    shown, at = [], 0
    for start, end, _ in spans:
        shown.append(text[at:start])
        at = end
    return [*shown, text[at:]]


def _letters(where: re.Pattern[str], text: str) -> str:
    found = where.search(text)
    return found.group() if found is not None else ""


def _moved(span: Span, match: re.Match[str]) -> Span:
    return Span(max(span.start - match.start(), 0), min(span.end, match.end()) - match.start(), span.label)


def _remember(kept: list[str], found: str) -> None:
    if kept and found.startswith(kept[-1]):
        kept[-1] = found  # one that grows as it is typed
    elif found not in kept:
        kept.append(found)


def _fragments(text: str) -> Iterator[str]:
    return (text[i : i + FRAGMENT_CHARS] for i in range(len(text) - FRAGMENT_CHARS + 1))
