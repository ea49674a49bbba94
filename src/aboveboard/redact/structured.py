"""Identifiers with a shape or a checksum: e-mail, card, IBAN, SSN, IP, MAC.

Every pattern is bounded and free of nested repetition, so that time stays linear in the text. Sources: RFC 5321
(lengths), ISO/IEC 7812 (Luhn), ISO 13616 (IBAN, mod 97), SSA (SSN areas never issued), RFC 4291 (IPv6 text).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from aboveboard.redact.national import luhn
from aboveboard.redact.spans import Span, has_digit

_EMAIL = re.compile(
    r"""(?:"[^"@\n]{1,62}"|[^\s@<>()\[\]{},;:"'“”‘’«»/\\=?&|]{1,64})@"""
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_][\w-]{1,22}"
)
_EMAIL_LITERAL = re.compile(r"[^\s@<>()\[\],;:\"']{1,64}@\[[0-9A-Fa-f.:]{2,45}\]")
_CARD = re.compile(r"(?<![A-Za-z0-9_.+])\d(?:[ \u00a0.\u2010-\u2015-]?\d){12,18}(?![A-Za-z0-9_])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ \u00a0-]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
_SSN = re.compile(r"(?<![A-Za-z0-9_-])(\d{3})([- .\u2010-\u2015])(\d{2})\2(\d{4})(?![A-Za-z0-9_-])")
_SSN_CUED = re.compile(
    r"(?:\bssn|social security|\bsoc\.? ?sec|\btaxpayer"
    r"|\bitin)\W{0,4}(?:\w{1,8}\W{1,3}){0,3}(\d{3}[- .]?\d{2}[- .]?\d{4})(?!\d)",
    re.IGNORECASE,
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?:%\w{1,16})?(?![\w:])")
_MAC = re.compile(
    r"(?<![\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}(?:[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){0,2})(?![\w:-])"
    r"|(?<![\w.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![\w.])"
)
_VERSION_BEFORE = re.compile(r"(?<![a-z])(?:version|ver\.?|v|release|build)[ :=]{0,2}$", re.IGNORECASE)


def iban_holds(text: str) -> bool:
    """Country, check digits and account without separators, 15 to 34 characters; ISO 13616 mod 97."""
    if not (15 <= len(text) <= 34 and text.isascii() and text.isalnum()):
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdecimal())


def _emails(text: str) -> Iterator[Span]:
    for match in _EMAIL.finditer(text):
        scheme = text.rfind("://", max(0, match.start() - 256), match.start())
        if scheme >= 0 and not re.search(r"[\s/]", text[scheme + 3 : match.start()]):
            continue  # "user:secret@host" of a URL: credentials.py has it, and the host may stay
        yield Span(match.start(), match.end(), "EMAIL")
    if "@[" in text:
        for match in _EMAIL_LITERAL.finditer(text):
            yield Span(match.start(), match.end(), "EMAIL")


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        digits = _digits(match.group())
        if digits.strip("0") and luhn(digits):
            yield Span(match.start(), match.end(), "CARD")


def _ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        # A word after the number may have been taken in with it: shorten at separators until the checksum holds.
        end = match.end()
        while end - match.start() >= 15:
            compact = re.sub(r"[ \u00a0-]", "", text[match.start() : end])
            if iban_holds(compact):
                yield Span(match.start(), end, "IBAN")
                break
            cut = max(text.rfind(" ", match.start(), end), text.rfind("\u00a0", match.start(), end))
            end = max(cut, text.rfind("-", match.start(), end))


def _ssns(text: str) -> Iterator[Span]:
    for match in _SSN.finditer(text):
        area, _, group, serial = match.groups()
        if area not in ("000", "666") and area < "900" and group != "00" and serial != "0000":
            yield Span(match.start(), match.end(), "SSN")
    for match in _SSN_CUED.finditer(text):
        yield Span(match.start(1), match.end(1), "SSN")


def _ips(text: str) -> Iterator[Span]:
    if text.count(".") >= 3:
        for match in _IPV4.finditer(text):
            whole = all(int(part) <= 255 for part in match.group().split("."))
            if whole and not _VERSION_BEFORE.search(text, max(0, match.start() - 12), match.start()):
                yield Span(match.start(), match.end(), "IP")
    if text.count(":") >= 2:
        for match in _IPV6.finditer(text):
            found = match.group()
            if found.count(":") >= 2 and _is_ipv6(found) and (found.count(":") >= 4 or _digits(found)):
                yield Span(match.start(), match.end(), "IP")


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _macs(text: str) -> Iterator[Span]:
    for match in _MAC.finditer(text):
        yield Span(match.start(), match.end(), "MAC")


def find_structured(text: str) -> Iterator[Span]:
    """Findings in no particular order; may overlap."""
    if "@" in text:
        yield from _emails(text)
    if has_digit(text):
        yield from _cards(text)
        yield from _ibans(text)
        yield from _ssns(text)
        yield from _macs(text)
    if ":" in text or "." in text:
        yield from _ips(text)
