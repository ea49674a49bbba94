"""ORGANISATION by legal form, HEALTH by a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from aboveboard.redact.late import Late
from aboveboard.redact.spans import Span
from aboveboard.redact.words import WORDS

_FIRM = Late(
    r"(?:\b[^\W\d_a-z][\w'’&.-]{0,30},? (?:(?:&|and|und|et|of|de|von|the) )?){1,5}?"
    r"(?:Inc|Incorporated|Ltd|Limited|LLC|LLP|PLC|plc|Corp|Corporation|Co|GmbH|AG|KG|UG|SE|SA|SAS|SARL|S\.A\.|S\.L\."
    r"|SpA|S\.p\.A|BV|B\.V\.|NV|AB|A/S|Oy|Pty"
    r"|Holdings?|Partners|Associates|& Sons|and Sons|& Co|University|College|Hospital|Clinic|Bank|Foundation"
    r"|Institute|Group)\b\.?(?: (?:Inc|LLC|Ltd|PLC|GmbH|Group)\b\.?)?"
    r"|\b(?:University|Bank|Hospital|Institute|Ministry|Church"
    r"|Bishopric) of (?:the )?[^\W\d_a-z]\w{1,24}(?: [^\W\d_a-z]\w{1,24}){0,2}"
)
_FIRM_HINT = re.compile(
    r"Inc|Group|Lt?d|Limited|LL[CP]|P?LC|plc|Corp|Co\b|GmbH|[AKU]G|SE|SA|S\.|SpA|[BN]\.?V|A[B/]|Oy|Pty|Holding|Partners"
    r"|Associates|Sons|University|College"
    r"|Hospital|Clinic|Bank|Foundation|Institute|Ministry|Church|Bishopric"
)

_FIRST_WORD = re.compile(r"[^\W\d_]+")


@cache
def _health() -> re.Pattern[str]:
    terms = sorted(WORDS.health, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(re.escape(term) for term in terms)})\b", re.IGNORECASE)


def find_organisations(text: str) -> Iterator[Span]:
    if _FIRM_HINT.search(text):
        for match in _FIRM.finditer(text):
            words = _FIRST_WORD.findall(match.group().lower())
            if words[-1] in ("group", "limited") and all(map(WORDS.plain, words)):
                continue  # "Remove Group", "Time Limited"
            yield Span(match.start(), match.end(), "ORGANISATION")


@cache
def _health_words() -> frozenset[str]:
    return frozenset(_FIRST_WORD.findall(term)[0] for term in WORDS.health)


def find_health(text: str) -> Iterator[Span]:
    if _health_words().isdisjoint(_FIRST_WORD.findall(text.lower())):
        return
    for match in _health().finditer(text):
        yield Span(match.start(), match.end(), "HEALTH")
