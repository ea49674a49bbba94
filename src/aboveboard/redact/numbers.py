"""Telephone numbers and other long or telling numbers: PHONE, ID, NUMBER, DATE_OF_BIRTH.

Digit groups are masked permissively; `phonenumbers` decides only the doubtful ones (groups by spaces without a
+, a bracket or a leading zero), where a row of a table looks like a number to call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from aboveboard.redact.spans import Span

_GROUPS = re.compile(
    r"(?<![\w.,+:])(?<!\w-)(?:\+ ?|\(\+?\d{1,4}\) ?|\()?\d(?:[ \u00a0\u202f()./\u2010-\u2015-]{0,3}\d){5,18}(?![\w]"
    r"|[.,]\d)"
)
_EXTENSION = re.compile(r" ?(?:ext\.?|x|extension|#) ?\d{1,6}\b", re.IGNORECASE)
_WHEN = re.compile(  # dates and times of day, which are no numbers to call
    r"(?<![\w./+-])(?:(?:1[89]|20|21)\d\d([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d"
    r"|3[01])([-./])(?:0?[1-9]|[12]\d|3[01])\2(?:(?:1[89]|20|21)\d\d|\d\d))"
    r"(?:[ T]\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?(?![\w/-]|\.\d)"
    r"|(?<![\w:.])\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?![\w:])"
)
_RANGE = re.compile(r"(?:1[89]|20|21)\d\d ?[-\u2013/] ?(?:1[89]|20|21)\d\d")
_THOUSANDS = re.compile(r"\d{1,3}(?:[ \u00a0\u202f.]\d{3}){1,4}")
_PHONE_CUE = re.compile(
    r"(?:tel|phone|fon|mobil|mobile|cell|fax|call|text|whatsapp|sms|handy|numero|dial)\W{0,12}\w{0,8}\W{0,4}$",
    re.IGNORECASE,
)
_ID_CUE = re.compile(
    r"\b(?:account|acct|customer|client|member(?:ship)?|employee|staff|student|patient|case|order|invoice|booking"
    r"|reference"
    r"|ref|ticket|policy|licen[cs]e|passport|national id|tax|vat|tin|nin|nhs|mrn|ssn|social security|id|routing"
    r"|sort code"
    r"|serial|imei|plate|zip|postal|post|pin|code|otp|cvv|cvc|extension)(?: ?(?:number|no\.?|nr\.?|code|id"
    r"|#))? ?(?:is|:|=|#|\u2116)? ?[\"']?",
    re.IGNORECASE,
)  # fmt: skip
_ID_VALUE = re.compile(r"[A-Z0-9](?:[A-Z0-9]|[-/.](?=[A-Z0-9])){2,30}", re.IGNORECASE)
_LONG = re.compile(r"(?<![\w.])\d{6,}(?![\w]|\.\d)")
_UUID = re.compile(r"(?<![\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])", re.IGNORECASE)
_HEX = re.compile(r"(?<!\w)(?=[0-9a-f]{0,15}\d)(?=\d{0,31}[a-f])[0-9a-f]{16,128}(?!\w)", re.IGNORECASE)
_MIXED = re.compile(
    r"(?<![\w])(?=[\w-]{0,24}\d)[A-Za-z]{1,8}[-_/]?\d[\dA-Za-z]*(?:[-_/][\dA-Za-z]{2,})*(?!\w)"
    r"|(?<![\w.,])\d[\dA-Za-z]*[A-Za-z][\dA-Za-z]*(?!\w)"
)
_KEPT_MIXED = re.compile(
    r"[A-Za-z]{1,12}[-_/]?\d{1,3}|\d{1,4}(?:st|nd|rd|th|[a-zA-Z]{1,4})|\d{1,2}h\d{0,2}|\d{1,5}x\d{1,5}"
    r"|[A-Za-z]\d{1,2}[A-Za-z]{1,2}|[A-Z]\d{1,2}x\d{1,2}|0x[0-9A-Fa-f]{1,8}"
)  # fmt: skip
_BIRTH_CUE = re.compile(
    r"\b(?:born(?: on| in)?|birth ?da(?:te|y)|date of birth|d\.?o\.?b\.?|geboren(?: am)?|geburtsdatum|n[ée]e? le"
    r"|naissance"
    r"|nacid[oa] el|nacimiento)\b[^\w\n]{0,4}(?:is |was |on |the |am |le |el )?",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|m[aä]r|mai|okt|dez|janv|f[ée]vr|avr|juin|juil|ao[uû]t"
    r"|ene|abr|ago|dic)"
    r"[a-zé]{0,8}\.?"
)
_ANY_DATE = re.compile(
    rf"\d{{4}}[-./]\d{{1,2}}[-./]\d{{1,2}}|\d{{1,2}}[-./ ]\d{{1,2}}[-./ ]\d{{2,4}}|\d{{1,2}}(?:st|nd|rd|th"
    rf"|\.)? (?:of )?{_MONTH},? \d{{2,4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{2,4}}|(?:19|20)\d\d",
    re.IGNORECASE,
)
_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "IN", "BR", "JP", "PL", "NL", "MX", "AU")


@lru_cache(maxsize=4096)
def _can_be_called(number: str) -> bool:
    """True when some large region's numbering plan has it; also when the plans are not installed."""
    try:
        import phonenumbers
    except ImportError:
        return True  # fail closed: without the plans, every doubtful group of digits is masked
    for region in _REGIONS:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _phones(text: str) -> Iterator[Span]:
    for match in _GROUPS.finditer(text):
        found = match.group()
        digits = sum(char.isdecimal() for char in found)
        if not 7 <= digits <= 19 or found.isdecimal():
            continue
        if found[0] not in "+(" and _RANGE.fullmatch(found):
            continue
        clear = found[0] in "+(" or found[0] == "0" or "-" in found or "(" in found or _cued(text, match.start())
        if not clear and (
            _THOUSANDS.fullmatch(found)
            or not ((digits >= 12 and digits >= 3 * len(found.split())) or _can_be_called(found))
        ):
            continue
        if digits <= 15:
            tail = _EXTENSION.match(text, match.end())
            yield Span(match.start(), tail.end() if tail else match.end(), "PHONE")
        else:
            yield Span(match.start(), match.end(), "NUMBER")


def _cued(text: str, start: int) -> bool:
    return _PHONE_CUE.search(text, max(0, start - 32), start) is not None


def _identifiers(text: str) -> Iterator[Span]:
    for match in _ID_CUE.finditer(text):
        value = _ID_VALUE.match(text, match.end())
        if value and sum(char.isdecimal() for char in value.group()) >= 3:
            yield Span(value.start(), value.end(), "ID")
    for match in _UUID.finditer(text):
        yield Span(match.start(), match.end(), "ID")
    for match in _HEX.finditer(text):
        yield Span(match.start(), match.end(), "ID")
    for match in _MIXED.finditer(text):
        if not _KEPT_MIXED.fullmatch(match.group()):
            yield Span(match.start(), match.end(), "ID")


def _births(text: str) -> Iterator[Span]:
    for match in _BIRTH_CUE.finditer(text):
        date = _ANY_DATE.match(text, match.end())
        if date:
            yield Span(date.start(), date.end(), "DATE_OF_BIRTH")


def find_numbers(text: str) -> Iterator[Span]:
    """Findings in no particular order; may overlap."""
    if not any(char.isdecimal() for char in text):
        return
    yield from _births(text)
    text = _WHEN.sub(lambda match: " " * len(match.group()), text)  # offsets stay
    yield from _phones(text)
    yield from _identifiers(text)
    for match in _LONG.finditer(text):
        cued = _cued(text, match.start())
        yield Span(match.start(), match.end(), "PHONE" if cued and len(match.group()) <= 15 else "NUMBER")
