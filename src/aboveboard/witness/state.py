"""What a witness must never forget: per log, the largest tree it has cosigned. Durable before it signs.

<home>/logs/<first 32 hex digits of SHA-256 of the origin>.json   {"origin","size","root" (hex),"time_s"}
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from aboveboard.core.canonical import canonical, parse_object
from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.ids import sha256_hex
from aboveboard.wire.durable import make_folders, read_bounded, write_durable

STATE_BYTES_MAX = 4096


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last tree cosigned for one origin. root: 64 hex digits; time_s: of the cosignature."""

    origin: str
    size: int
    root: str
    time_s: int


class WitnessState:
    """Not for several threads or processes at once: the caller locks."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "logs"
        make_folders(self._folder, 0o700)

    def _path(self, origin: str) -> Path:
        return self._folder / f"{sha256_hex(origin.encode())[:32]}.json"

    def get(self, origin: str) -> Seen | None:
        """None for a log never cosigned. Raises Corrupt: a witness that can't remember must not sign."""
        path = self._path(origin)
        data = read_bounded(path, STATE_BYTES_MAX)
        return None if data is None else _parse(data, path, origin)

    def put(self, seen: Seen) -> None:
        """Durable when it returns. Raises Unavailable."""
        write_durable(self._path(seen.origin), canonical(msgspec.to_builtins(seen)), 0o600)

    def all(self) -> list[Seen]:
        """Every log, by origin."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            data = read_bounded(path, STATE_BYTES_MAX)
            if data is not None:
                found.append(_parse(data, path, None))
        return sorted(found, key=lambda seen: seen.origin)


def _parse(data: bytes, path: Path, origin: str | None) -> Seen:
    try:
        seen = msgspec.convert(parse_object(data, str(path), STATE_BYTES_MAX), Seen)
    except (BadInput, msgspec.ValidationError) as error:
        raise Corrupt(
            f"{path} can't be read: restore the witness's folder, or it could sign a second history"
        ) from error
    if seen.size < 0 or (origin is not None and seen.origin != origin):
        raise Corrupt(f"{path} is not the state of this log: restore the witness's folder")
    return seen
