"""PERSON: word by word. What is no plain word does not stay; names that are plain words go where neighbours say so.

A word in no list is masked wherever it stands, so that "Ronda" in an instruction, on a button and in what was typed
gets one placeholder. There is one exception: unknown words in small letters stay in a sentence of another language,
whose inflected forms no list holds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from aboveboard.redact.cues import (
    ADDRESSING,
    AFTER_NAME,
    CUE,
    DEGREE,
    GREETING,
    HAS_TITLE,
    HEADER,
    JOINT,
    NEVER_FAMILY,
    NOT_BEFORE_NAME,
    PARTICLES,
    REVERSED,
    SAYING,
    TITLE,
)
from aboveboard.redact.eastasian import find_east_asian_people
from aboveboard.redact.forms import ENDING, Sort, compound, sort_of
from aboveboard.redact.spans import Span
from aboveboard.redact.words import WORDS, codes

# Letters with marks, and apostrophes between letters ("O'Brien"); hyphens separate. Chinese, Japanese and Korean
# letters have a module of their own.
_WORD = re.compile(
    r"(?:(?![\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff])[^\W\d_])+"
    r"(?:[\u0300-\u036f\u064b-\u0652\u0900-\u0903\u093a-\u094f]+(?:(?![\u2e80-\u9fff\uac00-\ud7af])[^\W\d_])*)*"
    r"(?:['’][^\W\d_]+)*"
)
_CUE_CHARS = 24
_CHAIN_MAX = 4  # "van de la": particles in a row
_COMPOUND_LANGUAGES = "dvnaow"


def stays(word: str) -> bool:
    """word: as written, one token. True when it may stay readable wherever it stands."""
    return sort_of(word) <= Sort.BOTH


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    word: str
    lower: str
    sort: Sort
    codes: str
    title: bool  # "Karen", "Émile": a capital, then small letters
    masked: bool = False


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for match in _WORD.finditer(text):
        word, end = match.group(), match.end()
        sort = sort_of(word)
        ending = ENDING.search(word)
        if ending and sort is not Sort.PLAIN:  # "Jane's": the name alone, so that it equals "Jane"
            end = match.start() + ending.start()
            word = word[: ending.start()]
        lower = word.lower()
        title = word[0].isupper() and not word.isupper()
        tokens.append(_Token(match.start(), end, word, lower, sort, codes(lower), title))
    return tokens


def language_of(found: list[str]) -> tuple[str, int]:
    """found: the codes of the words of a text. The code of the language that most of them are in, and how many more of
    them than English has; ("e", 0) in doubt."""
    votes = Counter(code for each in found for code in each if code.islower())
    if not votes:
        return "e", 0
    code, most = max(votes.items(), key=lambda item: (item[1], item[0]))
    return (code, most - votes["e"]) if most > votes["e"] else ("e", 0)


def find_people(text: str) -> Iterator[Span]:
    """Findings are disjoint, in no particular order."""
    yield from find_east_asian_people(text)
    tokens = _tokens(text)
    if any(token.sort is not Sort.PLAIN for token in tokens) or HAS_TITLE.search(text):
        language, lead = language_of([token.codes for token in tokens if "G" not in token.codes])
        for token in tokens:
            _judge(token, language, lead)
        _neighbours(text, tokens)
        _joined(text, tokens)
    for token in tokens:
        if token.masked:
            yield Span(token.start, token.end, "PERSON")
            yield from _with_honours(text, token)


def _joined(text: str, tokens: list[_Token]) -> None:
    """ "Simonsen-Strand": of a double name both halves; of a handle all that is no word."""
    for first, second in pairwise(tokens):
        joined = text[first.end : second.start] == "-" and first.title and second.title
        if joined and (first.masked or second.masked) and min(len(first.word), len(second.word)) > 2:
            first.masked = second.masked = True
        elif text[first.end : second.start] in (".", "_") and first.masked != second.masked:
            other = second if first.masked else first
            other.masked = not WORDS.plain(other.lower)  # "jsmyth.qwx": of a handle or address


def _with_honours(text: str, token: _Token) -> Iterator[Span]:
    """The title before a name and the degree after it are a part of it: "Dr.", "Jr.", "PhD"."""
    if not token.word[0].isupper():
        return
    low = max(0, token.start - _CUE_CHARS)
    title = TITLE.search(text, low, token.start)
    if title and text[title.start()].isupper():
        yield Span(title.start(), title.start() + len(title.group().rstrip(" .")), "PERSON")
    degree = DEGREE.match(text, token.end)
    if degree:
        yield Span(degree.start(1), degree.end(1), "PERSON")


def _judge(token: _Token, language: str, lead: int) -> None:
    """Masks a token for what it is by itself, in a sentence of this language."""
    if token.sort is Sort.NAME:
        if language in token.codes and lead >= (2 if "G" in token.codes else 1):
            token.sort = Sort.BOTH  # "Sie", "Wert", "Para": everyday words there
        else:
            token.masked = True
    elif token.sort is Sort.UNKNOWN:
        languages = (language,) if language != "e" else _COMPOUND_LANGUAGES
        token.masked = not (
            (token.word.islower() and lead >= 2) or any(compound(token.word, each) for each in languages)
        )


def _neighbours(text: str, tokens: list[_Token]) -> None:
    """Masks plain words that are names where they stand. Two passes: a name found at the right helps the one before."""
    for _ in range(2):
        for i, token in enumerate(tokens):
            if not token.masked and (token.sort is Sort.BOTH or token.word[0].isupper() or token.lower in PARTICLES):
                token.masked = _is_name(text, tokens, i)


def _near(text: str, tokens: list[_Token], i: int, j: int) -> bool:
    return i >= 0 and j < len(tokens) and JOINT.fullmatch(text, tokens[i].end, tokens[j].start) is not None


def _is_name(text: str, tokens: list[_Token], i: int) -> bool:
    token = tokens[i]
    before = tokens[i - 1] if i and _near(text, tokens, i - 1, i) else None
    after = tokens[i + 1] if _near(text, tokens, i, i + 1) else None
    if token.lower in PARTICLES and not token.word[0].isupper():
        return _bridges(text, tokens, i)
    if token.lower in PARTICLES and before is not None and before.masked and after is not None and after.masked:
        return True  # "Marie St-Onge"
    if token.word[0].isupper():
        if len(token.word) == 1:
            return _initial(text, tokens, i)
        cue = text[max(0, token.start - _CUE_CHARS) : token.start]
        if TITLE.search(cue) or (
            before is not None and before.masked and before.lower in PARTICLES and _particle(before)
        ):
            return token.lower not in NEVER_FAMILY
        if before is not None and before.masked and before.word[0].isupper():
            if token.sort is Sort.BOTH:
                return "F" in token.codes or token.lower in WORDS.family or "G" in token.codes
            if len(before.word) == 1 and token.title:
                return token.lower not in NEVER_FAMILY  # "Alice R. Sales"
            if "G" in before.codes and token.title and ("H" in token.codes or token.lower not in WORDS.interface):
                return token.lower not in NEVER_FAMILY and _ends_name(text, tokens, i)
        if _in_capitals(text, tokens, i, before):
            return True
        if token.sort is not Sort.BOTH:
            return token.title and (_rare(token, before, after) or _listed_reversed(text, tokens, i, cue))
        return _capitalised(text, tokens, i, cue, before, after)
    return _small(text, tokens, i, before, after)


def _in_capitals(text: str, tokens: list[_Token], i: int, before: _Token | None) -> bool:
    """A family name in capitals that is a plain word: "Ágata PINTO", "NAME: SUSANN DRUB", "JUNK, Karl"."""
    token = tokens[i]
    if not token.word.isupper() or len(token.word) < 3 or token.lower in WORDS.interface or token.lower in NEVER_FAMILY:
        return False
    if before is not None and before.masked and "G" in before.codes and before.word[0].isupper():
        return _ends_name(text, tokens, i)
    if i + 1 < len(tokens) and REVERSED.fullmatch(text, token.end, tokens[i + 1].start):
        return tokens[i + 1].masked and "G" in tokens[i + 1].codes and tokens[i + 1].title
    return False


def _rare(token: _Token, before: _Token | None, after: _Token | None) -> bool:
    """A plain word before a name: "Blessing Oyekan", or any in the middle of a sentence ("with Gunner Olesen")."""
    if after is None or not after.masked or not after.title or after.lower in PARTICLES:
        return False
    if token.lower in NEVER_FAMILY | NOT_BEFORE_NAME | ADDRESSING or token.lower in WORDS.interface:
        return False
    return "H" in token.codes or (before is not None and before.word.islower() and "F" in after.codes)


def _particle(token: _Token) -> bool:
    return token.word.islower() or token.lower in ("van", "von", "de", "del", "di", "el", "al", "le", "la", "san")


def _given(token: _Token) -> bool:
    return "G" in token.codes or token.lower in WORDS.given


def _family(token: _Token) -> bool:
    return "F" in token.codes or token.lower in WORDS.family


def _capitalised(
    text: str, tokens: list[_Token], i: int, cue: str, before: _Token | None, after: _Token | None
) -> bool:
    """A capitalised word that is plain and a name."""
    token = tokens[i]
    given = _given(token)
    if after is not None and len(after.word) == 1 and after.word.isupper() and _near(text, tokens, i + 1, i + 2):
        after = tokens[i + 2]  # "Mark J. Baker"
    elif after is not None and after.lower in PARTICLES and _near(text, tokens, i + 1, i + 2) and tokens[i + 2].title:
        after = tokens[i + 2] if tokens[i + 2].masked else after  # "Victor de Boer"
    if after is not None and after.word[0].isupper():
        if after.masked and token.lower in ADDRESSING:
            return False
        if after.masked:
            return given or (before is None and _family(token))
        if given and _family(after) and after.lower not in NEVER_FAMILY:
            plainly = token.lower in WORDS.interface and after.lower in WORDS.interface
            if not plainly and _ends_name(text, tokens, tokens.index(after)):
                after.masked = True
                return True
    if (GREETING.search(cue) and given) or HEADER.search(cue):
        return True
    if i + 1 < len(tokens) and REVERSED.fullmatch(text, token.end, tokens[i + 1].start):
        other = tokens[i + 1]
        if _family(token) and other.word[0].isupper() and (other.masked or (_given(other) and other.sort is Sort.BOTH)):
            return other.masked or (i == 0 and len(tokens) <= 4)
    if i and REVERSED.fullmatch(text, tokens[i - 1].end, token.start) and tokens[i - 1].masked and given:
        return _family(tokens[i - 1])
    if text[token.end : token.end + 2] == " <" and "@" in text[token.end : token.end + 80]:
        return True
    if given and (cue.endswith("@") or (cue == "<" and text[token.end : token.end + 2] == "> ")):
        return True  # "@Mark", "<Mark> hello"
    return _in_sentence(text, tokens, i, cue, before, after)


def _in_sentence(
    text: str, tokens: list[_Token], i: int, cue: str, before: _Token | None, after: _Token | None
) -> bool:
    """A capitalised word that is plain and a name, where a sentence has no other reason to write it so."""
    token = tokens[i]
    if (after is not None and after.word[0].isupper()) or token.lower in NOT_BEFORE_NAME:
        return False
    said = AFTER_NAME.match(text, token.end)
    if said and (_given(token) or SAYING.match(text, token.end)):
        return before is None or before.word.islower()
    if before is None or not before.word.islower() or before.lower in NOT_BEFORE_NAME:
        return False
    if _given(token) and CUE.search(cue):
        return True  # "I asked Grace about it"
    if not token.title or token.lower in WORDS.interface or "e" not in before.codes:
        return False
    # "Mark All as Read": a heading, where every word of weight has a capital
    return not any(other.title and other.sort is Sort.PLAIN for other in tokens[max(1, i - 4) : i + 5])


def _listed_reversed(text: str, tokens: list[_Token], i: int, cue: str) -> bool:
    """ "Herd, Holly" in a header or on its own, where only one of the two is a listed name."""
    token = tokens[i]
    if token.lower in NEVER_FAMILY or token.lower in WORDS.interface or GREETING.search(token.word + " "):
        return False
    if i + 1 < len(tokens) and REVERSED.fullmatch(text, token.end, tokens[i + 1].start):
        other = tokens[i + 1]
        headed = HEADER.search(cue) is not None or cue.endswith("; ") or (i == 0 and len(tokens) == 2)
        return headed and _given(other) and other.title
    if i and REVERSED.fullmatch(text, tokens[i - 1].end, token.start):
        other = tokens[i - 1]
        start = text[max(0, other.start - _CUE_CHARS) : other.start]
        headed = HEADER.search(start) is not None or start.endswith("; ") or (i == 1 and len(tokens) == 2)
        return headed and _family(other) and other.masked and other.title
    return False


def _ends_name(text: str, tokens: list[_Token], i: int) -> bool:
    """No capitalised plain word follows: "Mark All Read" is a command, no name."""
    if not _near(text, tokens, i, i + 1):
        return True
    after = tokens[i + 1]
    return after.masked or not after.word[0].isupper() or text[tokens[i].end] in "-."


def _small(text: str, tokens: list[_Token], i: int, before: _Token | None, after: _Token | None) -> bool:
    """A word in small letters that is plain and a name: beside a name in small letters, or greeted."""
    token = tokens[i]
    if token.lower in NEVER_FAMILY:
        return False
    if before is not None and before.masked and not before.word[0].isupper():
        if before.lower in PARTICLES:
            return token.sort is not Sort.PLAIN
        if "G" in before.codes:
            return _family(token)
    if after is not None and after.masked and not after.word[0].isupper() and "F" in after.codes:
        return _given(token)
    cue = text[max(0, token.start - _CUE_CHARS) : token.start]
    if _given(token) and GREETING.search(cue) and text[token.end : token.end + 1] in ("", ",", "!", ".", "…"):
        return True
    return _given(token) and cue.endswith("@") and not cue[-2:-1].isalnum()


def _initial(text: str, tokens: list[_Token], i: int) -> bool:
    """ "K." before a name, and between two."""
    if i + 1 >= len(tokens):
        return (
            i > 0
            and tokens[i - 1].masked
            and text[tokens[i].end : tokens[i].end + 1] == "."
            and _near(text, tokens, i - 1, i)
        )
    dotted = text[tokens[i].end : tokens[i + 1].start] in (". ", ".")
    after = tokens[i + 1]
    if dotted and len(after.word) == 1 and after.word.isupper():
        return _initial(text, tokens, i + 1)
    if not after.word[0].isupper() or not _near(text, tokens, i, i + 1):
        return False
    if dotted and i and tokens[i - 1].masked and _given(tokens[i - 1]) and _near(text, tokens, i - 1, i):
        return after.title and after.lower not in NEVER_FAMILY  # "Alice R. Sales"
    if dotted and not after.masked and len(after.word) > 2 and _family(after) and text[tokens[i].end] == ".":
        after.masked = text[tokens[i].end : after.start] == ". "
    return after.masked and (dotted or (i > 0 and tokens[i - 1].masked))


def _bridges(text: str, tokens: list[_Token], i: int) -> bool:
    """ "van", "de la": between two names, or after a title."""
    first = last = i
    while (
        first > i - _CHAIN_MAX
        and first
        and tokens[first - 1].lower in PARTICLES
        and _near(text, tokens, first - 1, first)
    ):
        first -= 1
    while (
        last < i + _CHAIN_MAX
        and last + 1 < len(tokens)
        and tokens[last + 1].lower in PARTICLES
        and _near(text, tokens, last, last + 1)
    ):
        last += 1
    if not _near(text, tokens, last, last + 1) or not (tokens[last + 1].masked or tokens[last + 1].title):
        return False
    if _near(text, tokens, first - 1, first) and tokens[first - 1].masked:
        return tokens[last + 1].masked or _given(tokens[first - 1])
    return TITLE.search(text, max(0, tokens[first].start - _CUE_CHARS), tokens[first].start) is not None
