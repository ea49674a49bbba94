"""Long or telling numbers: ID, NUMBER, DATE_OF_BIRTH, and with phones.py PHONE."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aboveboard.redact.late import Late
from aboveboard.redact.national import find_national_ids
from aboveboard.redact.phones import cued, find_phones, with_extension
from aboveboard.redact.spans import Span, has_digit
from aboveboard.redact.times import without_times

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
_LONG = re.compile(r"(?<![A-Za-z0-9_.])\d{6,}(?![A-WYZa-wyz0-9_]|\.\d)")
_UUID = re.compile(r"(?<![\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])", re.IGNORECASE)
_HEX = re.compile(r"(?<!\w)(?=[0-9a-f]{0,15}\d)(?=\d{0,31}[a-f])[0-9a-f]{16,128}(?!\w)", re.IGNORECASE)
_MIXED = re.compile(
    r"(?<![\w])(?=[\w-]{0,24}\d)[A-Za-z]{1,8}[-_/]?\d[\dA-Za-z]*(?:[-_/][\dA-Za-z]{2,})*(?!\w)"
    r"|(?<![\w.,])\d[\dA-Za-z]*[A-Za-z][\dA-Za-z]*(?!\w)"
)
_KEPT_MIXED = re.compile(
    r"[A-Za-z]{1,12}[-_/]?\d{1,3}|\d{1,4}(?:st|nd|rd|th|[a-zA-Z]{1,4})|\d{1,2}h\d{0,2}|\d{1,5}x\d{1,5}"
    r"|[A-Za-z]\d{1,2}[A-Za-z]{1,2}|[A-Z]\d{1,2}x\d{1,2}|0x[0-9A-Fa-f]{1,8}"
    r"|CVE-\d{4}-\d{4,7}|(?:RFC|ISO|PEP|IEEE|DIN|EN|KB|PR|GH)[-_]?\d{3,7}"
)  # fmt: skip
_MESSAGE = re.compile(r"[A-Z]{1,3}\d{4}")  # "E1058:", the number of a program's message
_BIRTH_CUE = Late(
    r"(?:(?<![^\W_])(?:born|birth[ _-]?da(?:te|y)|birth|date[ _-]?of[ _-]?birth"
    r"|d\.?o\.?b\.?|geb(?:oren)?\.?(?: am)?"
    r"|geburts(?:datum|tag)|n[ée]e?s? le"
    r"|naissance|nacid[oa] el|nacimiento|nat[oa] il|data di nascita|nascid[oa] em|data de nascimento"
    r"|geboortedatum|urodz\w*"
    r"|narozen\w?|datum narození|f[öø]dd?(?:t)?|f[öø]dels(?:e)?dat[ou]m?|syntynyt|syntymäaika|született"
    r"|doğum tarihi|născut[ăa]?(?: la)?"
    r"|data nașterii|rođen\w?)\b|дата рождения|родил(?:ся|ась)"
    r"|дата народження|ημερομηνία γέννησης|生年月日|出生日期|생년월일"
    r")(?: ?\([A-Za-z/., -]{2,24}\))?[^\w\n]{0,4}(?:in [^\W\d_]{2,20}(?:,? [^\W\d_]{2,20})?,? )?"
    r"(?:(?:is|was|on|in|the|am|le|el|em|il|o|dne|dnia|den) ){0,2}",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|m[aä]r|mai|okt|dez|janv|f[ée]vr|avr|juin|juil|ao[uû]t"
    r"|ene|abr|ago|dic)"
    r"[a-zé]{0,8}\.?"
)
_ANY_DATE = Late(
    rf"\d{{4}}年\d{{1,2}}月\d{{1,2}}日|\d{{4}}[-./]\d{{1,2}}[-./]\d{{1,2}}"
    rf"|\d{{1,2}}[-./ ]\d{{1,2}}[-./ ]\d{{2,4}}|\d{{1,2}}(?:st|nd|rd|th"
    rf"|\.)? (?:of )?{_MONTH},? \d{{2,4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|\d{{1,2}}[-./]{_MONTH}[-./]\d{{2,4}}"
    r"|\d{1,2}(?:st|nd|rd|th|er|\.|º)? (?:of |de |di )?[^\W\d_]{3,12}\.?,?(?: de| del)? (?:19|20)\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}\b|(?:19|20)\d\d",
    re.IGNORECASE,
)


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
        message = _MESSAGE.fullmatch(match.group()) and text.startswith((":", "]"), match.end())
        if not message and not _KEPT_MIXED.fullmatch(match.group()):
            yield Span(match.start(), match.end(), "ID")


def _births(text: str) -> Iterator[Span]:
    for match in _BIRTH_CUE.finditer(text):
        date = _ANY_DATE.match(text, match.end())
        if date:
            yield Span(date.start(), date.end(), "DATE_OF_BIRTH")


def find_numbers(text: str) -> Iterator[Span]:
    """Findings in no particular order; may overlap."""
    if not has_digit(text):
        return
    yield from _births(text)
    text = without_times(text, " ")
    yield from find_phones(text)
    yield from find_national_ids(text)
    yield from _identifiers(text)
    for match in _LONG.finditer(text):
        end = with_extension(text, match.end())
        called = end > match.end() or cued(text, match.start())
        yield Span(match.start(), end, "PHONE" if called and len(match.group()) <= 15 else "NUMBER")
