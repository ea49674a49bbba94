"""What the witness refused to sign although the log had signed it: kept as evidence that others can check.

<home>/refusals/<kind>-<first 16 hex digits of SHA-256 of the refused note>.json
    {"kind","at_s","origin","seen_note","refused_note"}

Both notes carry the log's signature. `fork`: two trees of one size, which alone proves that the log showed two
histories. `unproven`: a later tree that was not shown to continue the one seen. `rollback`: an earlier tree again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from aboveboard.core.canonical import canonical, parse_object
from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.ids import sha256_hex
from aboveboard.core.notes import NOTE_BYTES_MAX
from aboveboard.wire.durable import make_folders, read_bounded, write_durable

Kind = Literal["fork", "unproven", "rollback"]
# Only what the log signed gets here, and each note once; still nobody may fill the disk. Forks have room of their own.
KEPT_MAX: dict[Kind, int] = {"fork": 100, "unproven": 50, "rollback": 50}
REFUSAL_BYTES_MAX = 4 * NOTE_BYTES_MAX


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """at_s: seconds since 1970 by this machine's clock. The notes are as the log signed them."""

    kind: Kind
    at_s: int
    origin: str
    seen_note: str
    refused_note: str

    @property
    def name(self) -> str:
        return f"{self.kind}-{sha256_hex(self.refused_note.encode())[:16]}.json"


class Refusals:
    """Keeps the first ones of each kind. Not for several threads at once: the caller locks."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "refusals"

    def keep(self, refusal: Refusal) -> bool:
        """Whether it is new. Raises Unavailable when the disk says no."""
        make_folders(self.folder, 0o700)
        path = self.folder / refusal.name
        if path.exists():
            return False
        if len(list(self.folder.glob(f"{refusal.kind}-*.json"))) < KEPT_MAX[refusal.kind]:
            write_durable(path, canonical(msgspec.to_builtins(refusal)), 0o600)
        return True

    def all(self) -> list[Refusal]:
        """Oldest first. Raises Corrupt."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            data = read_bounded(path, REFUSAL_BYTES_MAX) or b""
            try:
                found.append(msgspec.convert(parse_object(data, str(path), REFUSAL_BYTES_MAX), Refusal))
            except (BadInput, msgspec.ValidationError) as error:
                raise Corrupt(f"{path} can't be read: {error}") from error
        return sorted(found, key=lambda refusal: (refusal.at_s, refusal.name))
