"""One word on its own: plain, a name, both, or unknown. Never asks where the word stands."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from aboveboard.redact.words import WORDS, codes, word_set


class Sort(IntEnum):
    """What a word is by itself."""

    PLAIN = 0  # stays wherever it stands
    BOTH = 1  # plain and a name ("Mark", "Young"): goes where its neighbours say so
    UNKNOWN = 2  # in no list: goes, but for small letters in a sentence of another language
    NAME = 3  # goes wherever it stands


_SHORT = 2
_ACRONYM_MAX = 4
_NONSENSE_MAX = 7
_VOWEL = re.compile(r"[aeiouy]")
ENDING = re.compile(r"['’](?:s|t|re|ve|ll|d|m|S|T|RE|VE|LL|D|M)$")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_RUN_OF_CAPITALS = re.compile(r"(?<=[a-z])[A-Z]{2,}|^[A-Z]{2,}[a-z]")
_INNER_CAPITAL = re.compile(r"(?:Mc|Mac|De|La|Le|Di|Da|Du|Van|Von|Fitz|Ma|Jo|Ann|O|D|L)[A-Z][a-z]+")
_ELIDED = re.compile(r"^(?:[dlnmtscj]|qu|dell|all|nell|sull|dall|un|quest|jusqu|lorsqu)['’](?=\w{2})", re.IGNORECASE)
# Made from an English word by what no name begins or ends with.
_DERIVED = re.compile(r"(?:un|re|de|non|sub|multi|pre|auto|inter|over|super|micro)-?([a-z]{5,})")
_ABLE = re.compile(r"(?:un|re)?([a-z]{4,})(?:able|ables|ably|ability|izer|izers|ization)")
_CONTRACTED = word_set(
    "don doesn didn isn wasn weren aren hasn haven hadn won wouldn couldn shouldn mustn needn ain can"
)
_ARABIC = re.compile(r"[\u0600-\u06ff]+")
_ARABIC_HEAD = re.compile(r"^(?:و|ف)?(?:ال|لل|بال|كال|ب|ل|ك)?(?=...)")
_ARABIC_TAIL = re.compile(r"(?<=...)(?:ات|ها|هم|ون|ين|ية|ة|ه|ك|ي)$")
_COMPOUNDING = frozenset("dnvaowm")  # German, Dutch, Swedish, Danish, Norwegian, Finnish, Hungarian
_COMPOUND_MIN, _COMPOUND_MAX = 8, 40
_MARKS = re.compile(r"[\u0640\u064b-\u0652]")  # Arabic vowel marks and stretching
# What German makes nouns with, in no name.
_GERMAN_NOUN = re.compile(
    r"\w{3,}(?:ung|ungen|heit|heiten|keit|keiten|schaft|schaften|tion|tionen|tät|täten|ismus|ment)$"
)


@lru_cache(maxsize=16_384)
def sort_of(word: str) -> Sort:
    """word: as written, one token."""
    lower = word.lower()
    found = codes(lower)
    named = "G" in found or "F" in found
    plain = lower in WORDS.interface or "e" in found or (found.islower() and bool(found))
    if named:
        if len(word) <= _SHORT or (word.isupper() and len(word) < _ACRONYM_MAX and word.isascii()):
            return Sort.BOTH  # "Li", "ALI": also an abbreviation
        if lower in WORDS.names_first and not word.islower():
            return Sort.NAME
        if plain or lower in WORDS.given or lower in WORDS.family:
            return Sort.BOTH
        return Sort.NAME
    if plain or any(code.islower() for code in found):
        return Sort.BOTH if lower in WORDS.given or lower in WORDS.family else Sort.PLAIN
    if len(word) <= _SHORT:
        return Sort.PLAIN if word.isascii() or word.islower() else Sort.UNKNOWN
    return _composed(word, lower)


def _composed(word: str, lower: str) -> Sort:
    """A word that no list has as it stands: by its parts."""
    ending = ENDING.search(word)
    if ending:
        head = lower[: ending.start()]
        if head in _CONTRACTED or WORDS.plain(head + lower[ending.start() + 1 :]):
            return Sort.PLAIN
        return sort_of(word[: ending.start()])
    derived = _DERIVED.fullmatch(lower)
    if derived and "e" in codes(derived.group(1)):
        return Sort.PLAIN  # "unrecoverable", "repopulate"
    able = _ABLE.fullmatch(lower)
    if able and any("e" in codes(stem) for stem in (able.group(1), able.group(1) + "e")):
        return Sort.PLAIN  # "installable"
    elided = _ELIDED.match(word)
    if elided:
        return sort_of(word[elided.end() :])
    if word.isascii():
        if word.isupper() and len(word) <= _ACRONYM_MAX:
            return Sort.PLAIN
        if not word.islower() and not word.isupper() and word[1:] != lower[1:]:
            return _mixed(word)
        if len(word) <= _ACRONYM_MAX and not _VOWEL.search(lower):
            return Sort.PLAIN  # "Xqz", "bdb": nobody is called so
    elif _ARABIC.fullmatch(word):
        word = _MARKS.sub("", word)
        stem = _ARABIC_HEAD.sub("", word)
        if any("x" in codes(part) for part in (word, stem, _ARABIC_TAIL.sub("", stem), _ARABIC_TAIL.sub("", word))):
            return Sort.PLAIN
    return Sort.UNKNOWN


def _mixed(word: str) -> Sort:
    """Capitals inside: "JavaScript" is made of words, "DeShawn" and "JoAnn" are names, "xKq" is neither."""
    parts = [part.lower() for part in _CAMEL.findall(word)]
    kinds = [codes(part) for part in parts]
    if len(parts) > 1 and all(len(part) >= _SHORT and WORDS.plain(part) for part in parts):
        names = all(part in WORDS.given or part in WORDS.family for part in parts)
        return Sort.NAME if names else Sort.PLAIN
    if _RUN_OF_CAPITALS.search(word) and not any("G" in kind or "F" in kind for kind in kinds):
        return Sort.PLAIN  # "OpenGL", "GdkRGBA": nobody is called so
    if _INNER_CAPITAL.fullmatch(word) or any(
        len(part) > _SHORT and "G" in kind for part, kind in zip(parts, kinds, strict=True)
    ):
        return Sort.UNKNOWN
    return Sort.PLAIN if len(word) <= _NONSENSE_MAX and max(map(len, parts)) < 4 else Sort.UNKNOWN


@lru_cache(maxsize=8192)
def compound(word: str, language: str) -> bool:
    """True for a long word put together from words of a language that does so: "Netzwerkkarte", "adressboksgrupper"."""
    lower = word.lower()
    if language not in _COMPOUNDING or not _COMPOUND_MIN <= len(lower) <= _COMPOUND_MAX or "F" in codes(lower):
        return False
    if language == "d" and word[0].isupper() and _GERMAN_NOUN.fullmatch(word):
        return True
    return _parts(lower, language, 3)


def _parts(lower: str, language: str, most: int) -> bool:
    if language in codes(lower):
        return True
    if most == 1:
        return False
    for at in range(len(lower) - 3, 2, -1):
        head = lower[:at]
        known = language in codes(head) or any(
            head.endswith(joint) and at - len(joint) > 2 and language in codes(head[: -len(joint)])
            for joint in ("s", "n", "en", "e")
        )
        if known and _parts(lower[at:], language, most - 1):
            return True
    return False
