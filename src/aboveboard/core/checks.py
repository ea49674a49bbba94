"""What lists in signed records may hold, the same for charter, policy and exemption. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from aboveboard.core.errors import BadInput

LIST_MAX = 1000
TEXT_MAX = 20_000
_APP = re.compile(r"[a-z0-9][a-z0-9._+\-]{0,63}")
_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:([0-9]{1,5}|\*))?")
_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
# An address or an ID of ours would make a rule be about one person; "*@example.org*" is about nobody in particular.
# Wildcards between name and "@" make it no less one person's: "jane*@example.org", "jane[@]example.org".
_PERSON = re.compile(r"\w[^\s@]{0,256}@|[0-9a-f]{32}", re.IGNORECASE)
# Control characters (but tab and newline), halves of characters, and those that turn the direction of a text.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def require(holds: bool, where: str, what: str) -> None:
    """Raises BadInput with the field as `where`."""
    if not holds:
        raise BadInput(what, where)


def check_text(text: str, where: str) -> None:
    """Says something, of bounded length, and nothing that a terminal or a page would not show as it is signed."""
    require(0 < len(text.strip()) <= TEXT_MAX, where, f"has to say something, in {TEXT_MAX} characters at most")
    require(_UNSEEN.search(text) is None, where, "holds a character that is not shown, or that turns what is around it")


def each_once(values: Sequence[str], where: str) -> None:
    """Bounded, nothing twice, nothing empty."""
    require(len(values) <= LIST_MAX, where, f"at most {LIST_MAX}")
    require(len(set(values)) == len(values), where, "says one thing twice")
    for index, value in enumerate(values):
        check_text(value, f"{where}[{index}]")


def nobody_named(values: Sequence[str], where: str) -> None:
    """A rule that names one person's address or ID would not be the same for everyone. Raises BadInput."""
    for index, value in enumerate(values):
        require(_PERSON.search(value) is None, f"{where}[{index}]",
                f"{value!r} names one person: rules are the same for everyone")  # fmt: skip


def _shaped(values: Sequence[str], where: str, pattern: re.Pattern[str], what: str) -> None:
    each_once(values, where)
    for index, value in enumerate(values):
        require(pattern.fullmatch(value) is not None, f"{where}[{index}]", f"{value!r} is not {what}")
    nobody_named(values, where)


def check_apps(values: Sequence[str], where: str) -> None:
    _shaped(values, where, _APP, "a lower-case WM_CLASS such as chromium")


def check_sites(values: Sequence[str], where: str) -> None:
    _shaped(values, where, _ORIGIN, "an origin such as https://example.org")


def check_region(value: str, where: str) -> None:
    require(_REGION.fullmatch(value) is not None, where, f"{value!r} is not an ISO 3166 code such as DE or US-CA")


def check_regions(values: Sequence[str], where: str) -> None:
    each_once(values, where)
    for index, value in enumerate(values):
        check_region(value, f"{where}[{index}]")


def check_patterns(values: Sequence[str], where: str) -> None:
    """Shell wildcards over titles and sites."""
    each_once(values, where)
    nobody_named(values, where)


def parse_date(text: str, where: str) -> datetime.date:
    """YYYY-MM-DD and no other of ISO 8601's ways to say it. Raises BadInput."""
    try:
        date = datetime.date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{text!r} is not a date YYYY-MM-DD", where) from error
    require(date.isoformat() == text, where, f"{text!r} is not a date YYYY-MM-DD")
    return date
