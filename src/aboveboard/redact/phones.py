"""PHONE: groups of digits as people write numbers to call.

Written with a +, a bracket, a leading zero, dashes or after "tel" they are masked at once; `phonenumbers` decides only
the doubtful rest (groups parted by spaces or dots), where a row of a table looks like a number to call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from aboveboard.redact.spans import Span

_EXTENSION = re.compile(
    r"(?: ?,? ?(?:ext\.?|extension|poste|durchwahl|dw|anexo|int\.|interno|доб\.?|wew\.?|内線|#)"
    r"|[ ,;]?x) ?[:.]? ?\d{1,6}(?!\d)",
    re.IGNORECASE,
)
_GAP = r"[ \u00a0\u202f()./\u2010-\u2015-]"
_GROUPS = re.compile(
    r"(?<![A-Za-z0-9_+])(?<!\d[.:/])(?<![A-Za-z]-)"
    rf"(?:\+ ?|\(\+?\d{{1,4}}\) ?|\()?\d(?:{_GAP}{{0,3}}\d){{5,18}}"
    r"(?![A-WYZa-wyz0-9_]|[.,]\d{1,2}(?!\d)|\.\d)"
)
_WIDE = str.maketrans({chr(0xFF10 + n): str(n) for n in range(10)} | {"＋": "+", "（": "(", "）": ")", "－": "-"})
_RANGE = re.compile(r"(?:1[89]|20|21)\d\d ?[-\u2013/] ?(?:1[89]|20|21)\d\d")
_THOUSANDS = re.compile(r"\d{1,3}(?:[ \u00a0\u202f.]\d{3}){1,4}")
_AFTER_COMMA = re.compile(r"\d,$")
_CUE = re.compile(
    r"(?:tel|phone|fon|mobil|mobile|cell|fax|call|text|whatsapp|sms|handy|numero|número|dial|ring|reach"
    r"|number|numer|nummer"
    r"|telefono|teléfono|telefone|téléphone|puhelin|телефон|тел|τηλ|電話|电话|手机|號碼|号码|전화"
    r"|هاتفي)(?:\W{1,4}\w{1,10}){0,4}\W{0,4}$",
    re.IGNORECASE,
)
_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "IN", "BR", "JP", "PL", "NL", "MX", "AU")
_DIGITS_MIN, _DIGITS_MAX, _PHONE_DIGITS_MAX = 7, 19, 15


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


def cued(text: str, start: int) -> bool:
    """True when what stands before says that a number to call follows."""
    return _CUE.search(text, max(0, start - 48), start) is not None


def with_extension(text: str, end: int) -> int:
    """Where the number that ends here ends with its extension."""
    for _ in range(2):  # "x944 ext. 12"
        tail = _EXTENSION.match(text, end)
        end = tail.end() if tail else end
    return end


def find_phones(text: str) -> Iterator[Span]:
    """text: without dates and times. PHONE findings, or NUMBER for what is too long to call."""
    for match in _GROUPS.finditer(text.translate(_WIDE) if "０" <= max(text, default="") <= "＋" else text):
        found = match.group()
        digits = sum(char.isdecimal() for char in found)
        if not _DIGITS_MIN <= digits <= _DIGITS_MAX or found.isdecimal():
            continue
        if found[0] not in "+(" and _RANGE.fullmatch(found):
            continue
        if _AFTER_COMMA.search(text, max(0, match.start() - 2), match.start()) and not (
            found[0] in "+(0" or (not _THOUSANDS.fullmatch(found) and _can_be_called(found))
        ):
            continue  # "7,256.50" is an amount, "7,256.488.8985" a row of a table
        end = with_extension(text, match.end())
        clear = found[0] in "+(0" or "-" in found or "(" in found or end > match.end() or cued(text, match.start())
        if not clear and (
            _THOUSANDS.fullmatch(found)
            or not ((digits >= 12 and digits >= 3 * len(found.split())) or _can_be_called(found))
        ):
            continue
        yield Span(match.start(), end, "PHONE" if digits <= _PHONE_DIGITS_MAX else "NUMBER")
