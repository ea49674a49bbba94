"""The redactor: text in, text with placeholders and labelled spans out.

One `Redactor` lasts one session. The same string gets the same placeholder all session long ("<EMAIL_1>"); numbers
count first sightings, are never derived from content, and so say nothing across sessions.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict

from aboveboard.redact.addresses import find_addresses
from aboveboard.redact.credentials import find_credentials
from aboveboard.redact.issuers import find_private_keys
from aboveboard.redact.numbers import find_numbers
from aboveboard.redact.opaque import without_opaque
from aboveboard.redact.people import find_people
from aboveboard.redact.places import find_health, find_organisations
from aboveboard.redact.spans import STRENGTH, Label, Redaction, Span, free, merge
from aboveboard.redact.structured import find_structured
from aboveboard.redact.urls import find_urls, origin_and_route
from aboveboard.redact.words import WORDS

WINDOW_CHARS = 4096
OVERLAP_CHARS = 512  # longer than any finding but keys and tokens, whose parts look random on their own
LABEL_CHARS_MAX = 300
TITLE_CHARS_MAX = 200
_TOKEN_CHARS_MAX = 8192
_SPACE = re.compile(r"\s")
_KNOWN_MAX = 20_000  # strings remembered; the one used longest ago goes first and would get a new number
_KNOWN_CHARS_MAX = 2_000_000
_CACHE_MAX = 4096
_CACHED_CHARS_MAX = 512
_FINGERPRINTS_MAX = 1_000
_FINGERPRINT_CHARS_MIN = 6

_FILL = "\x02"  # in no pattern

PLACEHOLDER = re.compile(rf"<(?:{'|'.join(STRENGTH)})_\d{{1,9}}>|<SECRET>")
_CHUNK = re.compile(r"[^\s\"'`“”‘’„«»<>()\[\]{},;]+")
_DIGITS = re.compile(r"(?<!\w)\d{4,}(?!\w)")


class Redactor:
    """Holds, in memory only, which string has which placeholder.

    session_seed: 16 or more random bytes, the key of the fingerprints by which a typed password is known again when
    it turns up in other text. It never influences what comes out otherwise.
    """

    def __init__(self, session_seed: bytes = b"") -> None:
        self._seed = session_seed or os.urandom(16)
        self._known: OrderedDict[str, tuple[str, Label]] = OrderedDict()
        self._known_chars = 0
        self._counts: dict[Label, int] = {}
        self._cache: OrderedDict[str, Redaction] = OrderedDict()
        self._fingerprints: set[bytes] = set()

    # ------------------------------------------------------------ what callers use

    def text(self, text: str) -> Redaction:
        """Any str, of any length, with anything in it; never raises. Same text, same session: same result."""
        cached = self._cache.get(text)
        if cached is not None:
            self._cache.move_to_end(text)
            return cached
        redaction = self._replace(text, self._find(text))
        if len(text) <= _CACHED_CHARS_MAX:
            self._cache[text] = redaction
            if len(self._cache) > _CACHE_MAX:
                self._cache.popitem(last=False)
        return redaction

    def label(self, label: str) -> str:
        """A page element's name on one line, at most LABEL_CHARS_MAX characters. Interface words stay."""
        return _cut(self.text(" ".join(label.split())).text, LABEL_CHARS_MAX)

    def title(self, title: str) -> str:
        """A window's title on one line, at most TITLE_CHARS_MAX characters."""
        return _cut(self.text(" ".join(title.split())).text, TITLE_CHARS_MAX)

    def origin_and_route(self, url: str) -> tuple[str, str]:
        """Scheme, host and port; and the path with every identifier as ":id". ("", "") when it is no URL."""
        return origin_and_route(url)

    def url_origin(self, url: str) -> str:
        """Scheme, host and port alone, "" when it is no URL."""
        return origin_and_route(url)[0]

    def placeholders(self) -> dict[str, str]:
        """Placeholder -> original, for an agent that must type what "<EMAIL_1>" stands for. Never store or send it."""
        return {placeholder: original for original, (placeholder, _) in self._known.items()}

    def remember_secret(self, secret: str) -> None:
        """From now on this string is a SECRET wherever it appears as a word of its own. Only a keyed hash is held."""
        if not _FINGERPRINT_CHARS_MIN <= len(secret) <= 256 or WORDS.plain(secret.lower()):
            return  # too short or too common to be told from ordinary text
        if len(self._fingerprints) < _FINGERPRINTS_MAX:
            self._fingerprints.add(self._fingerprint(secret))
            self._cache.clear()

    def secret(self, text: str) -> Redaction:
        """A text that is known to be a secret from start to end."""
        return self._replace(text, [Span(0, len(text), "SECRET")] if text.strip() else [])

    # ------------------------------------------------------------ findings

    def sensitive(self, text: str) -> list[Span]:
        """Secrets and checksummed identifiers only: cheap enough for every key press."""
        return merge([*find_structured(text), *find_credentials(text), *find_urls(text)])

    def _find(self, text: str) -> list[Span]:
        if len(text) <= WINDOW_CHARS:
            return self._find_in_window(text)
        found = list(find_private_keys(text))  # longer than a window
        start = 0
        while start < len(text):
            end = min(len(text), start + WINDOW_CHARS)
            if end < len(text):
                end = _after_word(text, _between_words(text, end))
            found += [Span(a + start, b + start, label) for a, b, label in self._find_in_window(text[start:end])]
            if end == len(text):
                break
            start = _between_words(text, end - OVERLAP_CHARS)
        return merge(found)

    def _find_in_window(self, text: str) -> list[Span]:
        kept = [(match.start(), match.end()) for match in PLACEHOLDER.finditer(text)] if "<" in text else []
        plain = without_opaque(text, _FILL)
        shapes = [*find_structured(text), *find_credentials(text), *find_urls(text), *find_numbers(plain)]
        if self._fingerprints:
            shapes += self._known_secrets(text)
        shapes += self._known_numbers(text)
        shapes += [*find_addresses(plain), *find_organisations(text), *find_health(text)]
        strong = merge(shapes)
        found = merge([*strong, *free(merge(find_people(plain)), strong)])
        if kept:  # placeholders of an earlier pass stay as they are
            found = [span for span in found if not any(span.start < end and start < span.end for start, end in kept)]
        return found

    def _known_secrets(self, text: str) -> list[Span]:
        found: list[Span] = []
        for match in _CHUNK.finditer(text):
            chunk = match.group()
            body = chunk.rstrip(".!?:")
            found += [
                Span(match.start(), match.start() + len(candidate), "SECRET")
                for candidate in (chunk, body)
                if len(candidate) >= _FINGERPRINT_CHARS_MIN and self._fingerprint(candidate) in self._fingerprints
            ]
        return found

    def _known_numbers(self, text: str) -> list[Span]:
        """Short numbers that context gave away once ("PIN 4711") are masked for the rest of the session."""
        if not self._known:
            return []
        return [
            Span(match.start(), match.end(), self._known[match.group()][1])
            for match in _DIGITS.finditer(text)
            if match.group() in self._known
        ]

    def _fingerprint(self, secret: str) -> bytes:
        import hashlib  # brings OpenSSL with it, which a run that remembers no secret need not load

        key = hashlib.blake2b(self._seed, digest_size=32).digest()
        return hashlib.blake2b(secret.encode("utf-8", "surrogatepass"), key=key, digest_size=16).digest()

    # ------------------------------------------------------------ placeholders

    def _replace(self, text: str, spans: list[Span]) -> Redaction:
        pieces: list[str] = []
        named: list[Span] = []
        at = 0
        for start, end, label in spans:
            placeholder, first_label = self._placeholder(text[start:end], label)
            pieces += [text[at:start], placeholder]
            named.append(Span(start, end, first_label))
            at = end
        pieces.append(text[at:])
        return Redaction("".join(pieces), tuple(named))

    def _placeholder(self, original: str, label: Label) -> tuple[str, Label]:
        known = self._known.get(original)
        if known is not None:
            self._known.move_to_end(original)
            return known
        self._counts[label] = self._counts.get(label, 0) + 1
        made = (f"<{label}_{self._counts[label]}>", label)
        self._known[original] = made
        self._known_chars += len(original)
        if original.isdecimal():
            self._cache.clear()  # see _known_numbers: earlier results may show this number still
        while len(self._known) > _KNOWN_MAX or self._known_chars > _KNOWN_CHARS_MAX:
            gone, _ = self._known.popitem(last=False)
            self._known_chars -= len(gone)
        return made


def _between_words(text: str, near: int) -> int:
    """The last place at or before `near`, by at most half an overlap, where no word is cut in two."""
    for at in range(near, near - OVERLAP_CHARS // 2, -1):
        if text[at - 1].isspace():
            return at
    return near


def _after_word(text: str, near: int) -> int:
    """`near`, or where the token that it lies in ends, within limits: a web token is thousands of characters long."""
    if text[near - 1].isspace():
        return near
    space = _SPACE.search(text, near, near + _TOKEN_CHARS_MAX)
    return space.start() if space else min(len(text), near + _TOKEN_CHARS_MAX)


def _cut(text: str, chars_max: int) -> str:
    """Shortens redacted text without cutting a placeholder in two."""
    if len(text) <= chars_max:
        return text
    end = chars_max
    for match in PLACEHOLDER.finditer(text, max(0, chars_max - 40)):
        if match.start() < chars_max < match.end():
            end = match.start()
    return text[:end].rstrip() + "…"
