"""Addresses of pages: origin and route pattern, never a query, a fragment, a login, or an identifier in the path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, unquote, urlsplit

from aboveboard.redact.people import stays
from aboveboard.redact.spans import Span

_URL = re.compile(r"\b(?:[a-zA-Z][a-zA-Z0-9+.-]{1,30}://|www\.)[^\s<>\"'“”«»`]{1,4096}")
_SECRET_PART = re.compile(r"[?#;][^\s]+")
_SEGMENT_WORDS = re.compile(r"[A-Za-z]{1,24}(?:[-_.][A-Za-z]{1,24}){0,5}")
_PATH_PARTS_MAX = 8
_HOST_CHARS_MAX = 253


def find_urls(text: str) -> Iterator[Span]:
    """URL_SECRET for query, fragment and parameters of every URL in a text."""
    if "://" not in text and "www." not in text:
        return
    for match in _URL.finditer(text):
        secret = _SECRET_PART.search(match.group().rstrip(".,;:!?)]}"))
        if secret and len(secret.group()) > 1:
            yield Span(match.start() + secret.start(), match.start() + secret.end(), "URL_SECRET")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018  raises ValueError for a port that is none
    except ValueError:
        return None
    return parts


def origin_and_route(url: str) -> tuple[str, str]:
    """ "https://user@shop.example:8443/orders/4711?q=1#x" -> ("https://shop.example:8443", "/orders/:id").

    ("", "") for anything that is no absolute URL. A local file is ("file://", "/:id"): paths name people.
    """
    parts = _split(url) if len(url) <= 16384 else None
    if parts is None or not parts.scheme or not parts.scheme.isascii():
        return "", ""
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https"):
        return (f"{scheme}://", "/:id") if parts.path or parts.netloc else ("", "")
    host = (parts.hostname or "").lower()
    if not host or len(host) > _HOST_CHARS_MAX or any(char.isspace() for char in host):
        return "", ""
    shown = f"[{host}]" if ":" in host else host
    origin = f"{scheme}://{shown}" + (f":{parts.port}" if parts.port is not None else "")
    segments = [segment for segment in parts.path.split("/") if segment][:_PATH_PARTS_MAX]
    return origin, "/" + "/".join(segment if _is_route(segment) else ":id" for segment in segments)


def _is_route(segment: str) -> bool:
    segment = unquote(segment)
    if not _SEGMENT_WORDS.fullmatch(segment):
        return bool(re.fullmatch(r"v\d{1,2}", segment))
    return all(stays(word) for word in re.split(r"[-_.]", segment))
