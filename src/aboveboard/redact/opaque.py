"""Hashes, UUIDs and colours that the text names as a thing of software: "commit 3f78...", "sha256:...", "#a0b1c2".

A long opaque token may be somebody's account or a key, so it goes as an ID unless a word before it says otherwise, and
goes in any case where a word before it speaks of somebody.
"""

from __future__ import annotations

import re

from aboveboard.redact.late import Late

_HASH = r"(?=\d{0,127}[a-f])[0-9a-f]{16,128}"
_UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_ULID = r"[0-7][0-9a-hjkmnp-tv-z]{25}"
_OPAQUE = Late(
    rf"(?<![\w-])(?:{_UUID}|{_HASH}|{_ULID})(?![\w-])"
    r"|(?<![\w&#])#(?=\d{0,7}[a-f])(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3})(?!\w)"
    r"|(?<!\w)sha\d{1,3}-[A-Za-z0-9+/]{27,88}={0,2}(?![\w=])|(?<!\w)h1:[A-Za-z0-9+/]{43}=|(?<!\w)(?=\d{0,39}[a-f])[0-9a-f]{7,40}(?!\w)",
    re.IGNORECASE,
)
_NAMED = Late(
    r"(?<![^\W_])(?:commit|checkout|cherry-pick|revert|revision|rev|tree|blob|object|sha-?\d{0,3}|sha\d{1,3}sum|md5|md5sum"
    r"|etag|digest|checksum|checksums|hash|integrity|uuid|guid|trace[_-]?id|span[_-]?id|trace|span|request[_ -]?id"
    r"|correlation[_ -]?id|build[_ -]?id|build|image|layer)(?![^\W_])[^\n]{0,24}$",
    re.IGNORECASE,
)
_SHORT_NAMED = Late(
    r"(?<!\w)(?:commits?|checkout|cherry-pick|revert|revision|merge|index|reset --\w+|rebase|bisect)"
    r"(?: (?:commit|into|of|to|good|bad|onto))?[ :'\"`(]{1,3}(?:[0-9a-f]{7,40}\.\.)?$",
    re.IGNORECASE,
)
_SOMEBODY = Late(
    r"(?:user|account|customer|client|member|person|patient|employee|student|contact|profile|visitor|session|device"
    r"|owner|author|subscriber|advertis|tenant|login|guest|order|invoice|key|token|secret)[^\n]{0,40}$",
    re.IGNORECASE,
)
_MAYBE = re.compile(r"#|[0-9A-Fa-f]{7}|[0-9A-Za-z+/]{26}")  # none is shorter
_CUE_CHARS = 48


def without_opaque(text: str, fill: str) -> str:
    """The text with `fill`, one character, in the place of each character of such a token: offsets stay."""
    if not _MAYBE.search(text):
        return text

    def replaced(match: re.Match[str]) -> str:
        found = match.group()
        if found[0] == "#" or found[:3] in ("sha", "h1:"):
            return fill * len(found)
        low = max(0, match.start() - _CUE_CHARS)
        named = _NAMED if len(found) > 15 else _SHORT_NAMED
        if not named.search(text, low, match.start()) or _SOMEBODY.search(text, low, match.start()):
            return found
        return fill * len(found)

    return _OPAQUE.sub(replaced, text)
