"""Word by word: what is no plain word does not stay. Mostly PERSON, and by neighbours also names that are plain words.

A word's own decision never depends on where it stands, so that "Ronda" in an instruction, on a button and in what was
typed gets one placeholder. Only names that are plain words too ("Mark", "Rose", "Baker") need a neighbour: another
name, a title ("Dr."), or a greeting ("Dear").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aboveboard.redact.spans import Span
from aboveboard.redact.words import WORDS, word_set

# Letters with marks, and apostrophes between letters ("O'Brien"); hyphens separate.
_WORD = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f]+[^\W\d_]*)*(?:['’][^\W\d_]+)*", re.UNICODE)
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_ENDING = re.compile(r"['’](?:s|t|re|ve|ll|d|m|S|T|RE|VE|LL|D|M)$")
_TITLE = re.compile(
    r"\b(?:mr|mrs|ms|miss|dr|prof|sir|madam|dame|lord|lady|herr|frau|monsieur|madame|señora?|sra?|captain|sgt|judge"
    r"|rev)\.? $",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"\b(?:hi|hey|hello|dear|thanks,?|cheers,?|regards,?|wishes,?|sincerely,?|love,?|bye|hallo|liebe[rs]?|lieber"
    r"|bonjour|cher|chère|hola"
    r"|from:?|to:?|cc:?|by:?|name:?|author:?|contact:?|signed:?|with|met|ask|tell|called|call) $",
    re.IGNORECASE,
)  # fmt: skip
_STRONG_GREETING = re.compile(
    r"\b(?:dear|hi|hey|hello|hallo|liebe[rs]?|bonjour|hola|cheers,?|regards,?|wishes,?|name:|from:|author:) $",
    re.IGNORECASE,
)
_JOINT = re.compile(r"(?: |-| [^\W\d_]\.? |\. )")
_SHORT = 2  # words of up to two letters stay: initials and "ut" say little alone
_ACRONYM_MAX = 4


def stays(word: str) -> bool:
    """word: as written, one token. True when it may stay readable wherever it stands."""
    if len(word) <= _SHORT:
        return word.isascii() or word.islower()
    lower = word.lower()
    if WORDS.plain(lower):
        return True
    ending = _ENDING.search(word)
    if ending:
        head = lower[: ending.start()]
        return WORDS.plain(head) or WORDS.plain(head + lower[ending.start() + 1 :]) or head in _CONTRACTED
    if word.isascii():
        if word.isupper() and len(word) <= _ACRONYM_MAX:
            return True
        if not word.islower() and not word.isupper() and word[1:] != lower[1:]:
            parts = _CAMEL.findall(word)
            if len(parts) > 1 and "".join(parts) == word:
                lowers = [part.lower() for part in parts]
                names = all(part in WORDS.given or part in WORDS.family for part in lowers)
                return not names and all(len(part) >= _SHORT and WORDS.plain(part) for part in lowers)
    return False


_CONTRACTED = word_set(
    "don doesn didn isn wasn weren aren hasn haven hadn won wouldn couldn shouldn mustn needn ain can"
)


def find_people(text: str, decide: dict[str, bool]) -> Iterator[Span]:
    """decide: a cache of `stays` that the caller bounds. Findings are disjoint and in order."""
    tokens: list[tuple[int, int, str, bool]] = []
    for match in _WORD.finditer(text):
        word = match.group()
        kept = decide.get(word)
        if kept is None:
            kept = decide[word] = stays(word)
        end = match.end()
        if not kept:
            ending = _ENDING.search(word)
            if ending:  # "Jane's": the name alone, so that it equals "Jane"
                end = match.start() + ending.start()
                word = word[: ending.start()]
        tokens.append((match.start(), end, word, kept))
    masked = [not kept for *_, kept in tokens]
    _ambiguous(text, tokens, masked)
    _initials(text, tokens, masked)
    for (start, end, _, _), hidden in zip(tokens, masked, strict=True):
        if hidden:
            yield Span(start, end, "PERSON")


def _ambiguous(text: str, tokens: list[tuple[int, int, str, bool]], masked: list[bool]) -> None:
    """Sets masked[i] for names that are plain words, where neighbours say so."""
    for i, (start, _, word, _) in enumerate(tokens):
        if masked[i] or len(word) <= _SHORT or not word[0].isupper():
            continue
        lower = word.lower()
        given, family = lower in WORDS.given, lower in WORDS.family
        if not given and not family:
            continue
        after_title = _TITLE.search(text, max(0, start - 12), start) is not None
        greeted = given and _STRONG_GREETING.search(text, max(0, start - 12), start) is not None
        masked[i] = after_title or greeted or _beside(text, tokens, masked, i, given=given)


def _initials(text: str, tokens: list[tuple[int, int, str, bool]], masked: list[bool]) -> None:
    """Sets masked[i] for "K." before a name, and for a name that is a plain word after it."""
    for i, (_, end, word, _) in enumerate(tokens[:-1]):
        after, _, name, _ = tokens[i + 1]
        if len(word) != 1 or not word.isupper() or text[end:after] not in (". ", ".") or not name[0].isupper():
            continue
        if masked[i + 1] or (len(name) > _SHORT and name.lower() in WORDS.family and text[end:after] == ". "):
            masked[i] = masked[i + 1] = True


def _beside(text: str, tokens: list[tuple[int, int, str, bool]], masked: list[bool], i: int, *, given: bool) -> bool:
    start, end, _, _ = tokens[i]
    if i and _JOINT.fullmatch(text, tokens[i - 1][1], start) and masked[i - 1] and tokens[i - 1][2][0].isupper():
        return True  # "Karen Baker"
    after = i + 1
    if after < len(tokens) and len(tokens[after][2]) == 1 and after + 1 < len(tokens):
        after += 1  # "Mark J. Baker"
    if after >= len(tokens) or not _JOINT.fullmatch(text, end, tokens[after][0]) or not tokens[after][2][0].isupper():
        return False
    if masked[after]:
        return given  # "Mark Kowalski"
    if given and tokens[after][2].lower() in WORDS.family:
        masked[after] = True  # "Mark Baker": both are plain words, together they are a name
        return True
    return False
