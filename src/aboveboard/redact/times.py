"""Dates and times of day: their digits are no number to call, no house number and no postcode."""

from __future__ import annotations

import re

from aboveboard.redact.late import Late
from aboveboard.redact.spans import has_digit

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WHEN = Late(
    r"(?<![\w./+-])(?:(?:1[89]|20|21)\d\d([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d"
    r"|3[01])([-./])(?:0?[1-9]|[12]\d|3[01])\2(?:(?:1[89]|20|21)\d\d|\d\d))"
    r"(?:[ T]\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?(?![\w/-]|\.\d)"
    r"|(?<![\w:.])\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[ap]m)?(?![\w:])|(?<![\w:.,/-])\d{1,2} ?[ap]m\b"
    rf"|(?<![\w.,/-])\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? (?:19|20)\d\d\b"
    rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d\b",
    re.IGNORECASE,
)


def without_times(text: str, fill: str) -> str:
    """The text with `fill`, one character, in the place of each character of a date or time: offsets stay."""
    if not has_digit(text):
        return text
    return _WHEN.sub(lambda match: fill * len(match.group()), text)
