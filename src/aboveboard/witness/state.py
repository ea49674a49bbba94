"""What a witness must never forget: per log, the largest tree it has cosigned. Durable before it signs.

<home>/logs/<first 32 hex digits of SHA-256 of the origin>.json   {"origin","size","root" (hex),"time_s","note"}
<home>/known.json                                                {"origins": [...]}: each log ever cosigned

A log that is known and has no state, or a state without `known.json`, means that something was lost: a witness that
can't remember signs nothing, since it could sign a second history.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from aboveboard.core.canonical import canonical, parse_object
from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.ids import sha256_hex
from aboveboard.core.notes import NOTE_BYTES_MAX
from aboveboard.wire.durable import make_folders, read_bounded, write_durable

STATE_BYTES_MAX = 2 * NOTE_BYTES_MAX
KNOWN_BYTES_MAX = 1 << 20
HOW_TO_RECOVER = (
    "nothing is signed, or it could sign a second history: bring the state back from published checkpoints with "
    "`aboveboard witness recover`, or start a witness with a new key"
)


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last tree cosigned for one origin. root: 64 hex digits; time_s: of the cosignature; note: as the log signed
    it."""

    origin: str
    size: int
    root: str
    time_s: int
    note: str


class _Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origins: tuple[str, ...] = ()


class WitnessState:
    """Not for several threads or processes at once: the caller locks."""

    def __init__(self, home: Path, *, made: bool = False) -> None:
        """made: the home was made before, so that an empty one has lost its state. Raises Corrupt."""
        self.home = home
        self._folder = home / "logs"
        self._known_path = home / "known.json"
        known = read_bounded(self._known_path, KNOWN_BYTES_MAX)
        if known is None and (made or self._folder.exists()):
            raise Corrupt(f"{self._known_path} is missing: {HOW_TO_RECOVER}")
        if known is None:
            make_folders(home, 0o700)
            self._write_known(_Known())
        make_folders(self._folder, 0o700)

    @classmethod
    def rescue(cls, home: Path) -> WitnessState:
        """Opens a home whose list of logs was lost: it is made anew from the states that can still be read."""
        path, folder = home / "known.json", home / "logs"
        make_folders(folder, 0o700)
        try:
            return cls(home, made=True)._checked()
        except Corrupt:
            readable = []
            for each in folder.glob("*.json"):
                with contextlib.suppress(Corrupt):
                    readable.append(_parse(read_bounded(each, STATE_BYTES_MAX) or b"", each, None).origin)
            write_durable(path, canonical({"origins": sorted(readable)}), 0o600)
            return cls(home, made=True)

    def _checked(self) -> WitnessState:
        self._known()
        return self

    def _known(self) -> _Known:
        data = read_bounded(self._known_path, KNOWN_BYTES_MAX)
        try:
            return msgspec.convert(parse_object(data or b"", str(self._known_path), KNOWN_BYTES_MAX), _Known)
        except (BadInput, msgspec.ValidationError) as error:
            raise Corrupt(f"{self._known_path} can't be read: {HOW_TO_RECOVER}") from error

    def _write_known(self, known: _Known) -> None:
        write_durable(self._known_path, canonical(msgspec.to_builtins(known)), 0o600)

    def _path(self, origin: str) -> Path:
        return self._folder / f"{sha256_hex(origin.encode())[:32]}.json"

    def get(self, origin: str) -> Seen | None:
        """None for a log never cosigned. Raises Corrupt: a witness that can't remember must not sign."""
        path = self._path(origin)
        data = read_bounded(path, STATE_BYTES_MAX)
        if data is not None:
            return _parse(data, path, origin)
        if origin in self._known().origins:
            raise Corrupt(f"{path}, the state of the log {origin}, is missing: {HOW_TO_RECOVER}")
        return None

    def put(self, seen: Seen) -> None:
        """Durable when it returns. Raises Unavailable, and Corrupt when the list of logs can't be read."""
        known = self._known()
        write_durable(self._path(seen.origin), canonical(msgspec.to_builtins(seen)), 0o600)
        # After the state: a crash in between leaves a state that is found, not a log that seems to have lost its own.
        if seen.origin not in known.origins:
            self._write_known(_Known((*known.origins, seen.origin)))

    def all(self) -> list[Seen]:
        """Every log, by origin. Raises Corrupt when one of them was lost."""
        return sorted(
            (seen for origin in self._origins() if (seen := self.get(origin)) is not None), key=lambda seen: seen.origin
        )

    def _origins(self) -> set[str]:
        found = set(self._known().origins)
        for path in self._folder.glob("*.json"):
            data = read_bounded(path, STATE_BYTES_MAX)
            if data is not None:
                found.add(_parse(data, path, None).origin)
        return found


def _parse(data: bytes, path: Path, origin: str | None) -> Seen:
    try:
        seen = msgspec.convert(parse_object(data, str(path), STATE_BYTES_MAX), Seen)
        root = bytes.fromhex(seen.root)
    except (BadInput, ValueError, msgspec.ValidationError) as error:
        raise Corrupt(f"{path} can't be read: {HOW_TO_RECOVER}") from error
    if seen.size < 0 or len(root) != 32 or (origin is not None and seen.origin != origin):
        raise Corrupt(f"{path} is not the state of this log: {HOW_TO_RECOVER}")
    return seen
