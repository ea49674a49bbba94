"""What the guardian gave of each person's keys, for that person to ask: so that no collector can hide an access.

<home>/given/<contributor>/<commitment>.json    one Given record each, written before the share leaves
"""

from __future__ import annotations

from pathlib import Path

from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.ids import ContributorId
from aboveboard.wire.api import Given, MyGiven, parse
from aboveboard.wire.durable import make_folders, read_bounded, write_durable
from aboveboard.witness.shares import NAME

RECORD_BYTES_MAX = 1 << 18
GIVEN_MAX = 10_000  # to one person's answer


class GivenRecords:
    """Not for several threads or processes at once: the caller locks."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "given"
        make_folders(self._folder, 0o700)

    def record(self, given: Given) -> None:
        """Durable when it returns; the same again changes nothing. Raises Unavailable."""
        folder = self._of(given.opening.contributor)
        make_folders(folder, 0o700)
        path = folder / f"{given.opening.leaf().commitment}.json"
        if not path.exists():
            write_durable(path, given.to_bytes(), 0o600)

    def of(self, contributor: ContributorId) -> MyGiven:
        """Everything that was given of this person's keys. Raises Corrupt."""
        paths = sorted(self._of(contributor).glob("*.json"))[:GIVEN_MAX]
        return MyGiven(tuple(_read(path) for path in paths))

    def _of(self, contributor: str) -> Path:
        if not NAME.fullmatch(contributor):
            raise BadInput("is no contributor's ID", "contributor")
        return self._folder / contributor


def _read(path: Path) -> Given:
    try:
        return parse(read_bounded(path, RECORD_BYTES_MAX) or b"", str(path), Given, RECORD_BYTES_MAX)
    except BadInput as error:
        raise Corrupt(f"{path} can't be read: restore the guardian's folder") from error
