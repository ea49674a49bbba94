"""Addresses of pages: origin and route pattern, never a query, a fragment, a login, or an identifier in the path.

A segment of a path stays when it is made of at most four plain words: "orders", "order-history", "v2", "en-gb".
Numbers, dates, UUIDs, hashes, encoded values, e-mail addresses, names, what follows "users" and the like, and the long
slugs that quote a page's title become ":id".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, unquote, urlsplit

from aboveboard.redact.people import stays
from aboveboard.redact.spans import Span
from aboveboard.redact.words import WORDS, word_set

_URL = re.compile(r"\b(?:[a-zA-Z][a-zA-Z0-9+.-]{1,30}://|www\.)[^\s<>\"'“”«»`]{1,4096}")
_PLAIN_URL = re.compile(
    r"\b(?:[a-zA-Z][a-zA-Z0-9+.-]{1,30}:/{1,3}|(?:data|mailto|tel|javascript|blob):|www\.)[^\s<>\"“”«»`]+"
    r"|(?<![\w@./:-])(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}/[^\s<>\"“”«»`]+"
)
# Of a file system: "/home/ann/x", "~/x", "C:\Users\ann", "\\server\share". Not "and/or".
LOCAL_PATH = re.compile(
    r"(?<![\w:/.])(?:~?(?:/[^\s/\"'<>|]+){1,64}/?|~/|(?:[A-Za-z]:\\|\\\\)[^\"'<>|\n]*?(?= [-–—|] |$))"
)
_SECRET_PART = re.compile(r"[?#;][^\s]+")
_SEGMENT_WORDS = re.compile(r"[A-Za-z]{1,24}(?:[-_.][A-Za-z]{1,24}){0,3}")
_VERSION = re.compile(r"v\d{1,2}")
_LOCALE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2})?")
_PATH_PARTS_MAX = 8
_HOST_CHARS_MAX = 253
_URL_CHARS_MAX = 16384
# What follows these is somebody's or something's name, whatever it looks like.
_NAMING = word_set(
    "user users u member members people person profile profiles author authors account accounts customer customers"
    " patient patients contact contacts employee employees team teams org orgs group groups tag tags search q room"
    " rooms channel channels invite join reset verify confirm token share s slug order orders ticket tickets file files"
)
_ROUTES = word_set(
    "new edit settings all me self list search index home login logout register signup create delete update view show"
    " details info help about overview history preferences security notifications billing inbox sent drafts archive"
    " photo photos posts followers following messages password email profile orders items reviews upload download"
    " export import print admin dashboard active open closed recent page pages add remove cancel status"
)


def find_urls(text: str) -> Iterator[Span]:
    """URL_SECRET for query, fragment and parameters of every URL in a text."""
    if "://" not in text and "www." not in text:
        return
    for match in _URL.finditer(text):
        secret = _SECRET_PART.search(match.group().rstrip(".,;:!?)]}"))
        if secret and len(secret.group()) > 1:
            yield Span(match.start() + secret.start(), match.start() + secret.end(), "URL_SECRET")


def route_of(url: str) -> str:
    """One URL as found in a text, without a scheme too: its origin and route; ":url" where it has none."""
    bare = ":" not in url.split("/")[0]
    origin, route = origin_and_route(f"https://{url}" if bare else url)
    if not origin or not origin.startswith("http"):
        return ":url"
    return (origin.removeprefix("https://") if bare else origin) + ("" if route == "/" else route)


def with_routes(text: str) -> str:
    """The text with every URL in it cut down to origin and route."""
    if "/" not in text and ":" not in text and "www." not in text:
        return text
    return _PLAIN_URL.sub(_cut_down, text)


def _cut_down(match: re.Match[str]) -> str:
    url = match.group().rstrip(".,;:!?)]}'")
    return route_of(url) + match.group()[len(url) :]


def is_plain_path(path: str) -> bool:
    """A path that says nothing: a route of plain words, as labels have them ("/settings", "/help/about")."""
    return path.startswith("/") and all(part in _ROUTES for part in path.strip("/").split("/"))


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
    parts = _split(url) if len(url) <= _URL_CHARS_MAX else None
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
    route: list[str] = []
    named = False
    for segment in segments:
        route.append(segment if _is_route(segment, named=named) else ":id")
        named = segment.lower() in _NAMING
    return origin, "/" + "/".join(route)


def _is_route(segment: str, *, named: bool) -> bool:
    """named: the segment before says that a name follows."""
    segment = unquote(segment)
    lower = segment.lower()
    if named:
        return lower in _ROUTES
    if not _SEGMENT_WORDS.fullmatch(segment):
        return bool(_VERSION.fullmatch(segment))
    words = re.split(r"[-_.]", segment)
    if len(words) == 1 and len(segment) == 2:
        return bool(_LOCALE.fullmatch(segment))
    if _LOCALE.fullmatch(segment) and len(segment) == 5:
        return True
    named_parts = sum(_is_name(word.lower()) for word in words)
    if named_parts == len(words) or named_parts > 1:
        return False
    return all(stays(word) for word in words) and not _is_acronym(words)


def _is_name(word: str) -> bool:
    """Plain words that are names too ("rose", "mark", "baker"): a slug has no capitals to tell."""
    return (word in WORDS.given or word in WORDS.family) and word not in _ROUTES


def _is_acronym(words: list[str]) -> bool:
    """Capitals that `stays` keeps in sentences are in a path part of a code ("ABXZ")."""
    return any(word.isupper() and len(word) > 1 and not WORDS.plain(word.lower()) for word in words)
