"""Where sealed segments lie: one interface, two stores (folder.py, s3.py), one set of contract tests on both.

They are laid out by person and epoch, `<contributor>/<epoch>/<segment>.seg`, so that deletion finds all of a person's
by listing, also what no row names. A segment's name is the hash of its manifest, which holds the hash of its sealed
bytes: so whatever a store gives back is checked here, and no store has to be trusted with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from aboveboard.core.errors import CheckFailed, Corrupt, Unavailable
from aboveboard.core.ids import ContributorId, EpochId, SegmentId, sha256_hex
from aboveboard.wire.segment import parse

PIECE_BYTES = 8 << 20
PIECE_OVERLAP_BYTES = 4096
_PATH = re.compile(r"([0-9a-f]{32})/([0-9a-f]{32})/([0-9a-f]{64})\.seg")


@dataclass(frozen=True, slots=True)
class BlobName:
    """Whose, of which epoch, which segment."""

    contributor: ContributorId
    epoch: EpochId
    segment: SegmentId

    @property
    def path(self) -> str:
        return f"{self.contributor}/{self.epoch}/{self.segment}.seg"

    @classmethod
    def of(cls, path: str) -> BlobName | None:
        """None for a path that is none of ours."""
        found = _PATH.fullmatch(path)
        return None if found is None else cls(ContributorId(found[1]), EpochId(found[2]), SegmentId(found[3]))


@dataclass(frozen=True, slots=True)
class Stored:
    """A blob that is there, and when it was written by the store's clock."""

    name: BlobName
    written_s: float


class Blobs(Protocol):
    """When `put` returns, the bytes survive a crash; when `remove` returns, they are gone. Safe for several threads.

    All raise Unavailable when the store says no; each may then be done again. at_once: how many may put with gain;
    together: how many small blobs may be put at a time with gain, and light_at_once: by how many, where it is more
    than one.
    """

    at_once: int
    light_at_once: int
    together: int

    def put(self, name: BlobName, pieces: Sequence[bytes]) -> None:
        """The bytes come in pieces, in order. The same again changes nothing."""

    def put_all(self, blobs: Sequence[tuple[BlobName, Sequence[bytes]]]) -> list[Unavailable | None]:
        """Several, each for itself: its error, or None for one that was put."""

    def get(self, name: BlobName) -> bytes:
        """Raises Corrupt when it isn't there or is not what was put: rows never name what was not stored."""

    def has(self, name: BlobName) -> bool:
        """Whether something lies there, whole or not."""

    def remove(self, name: BlobName) -> None:
        """Nothing to do when it is gone already: deletions run again after a crash."""

    def names(self, contributor: ContributorId | None = None, epoch: EpochId | None = None) -> Iterator[Stored]:
        """Everything that is there, of one person, of one epoch; in no order."""

    def raw(self) -> Iterator[tuple[str, bytes]]:
        """Path and bytes of everything in the store, ours or not, unchecked; large ones in pieces."""

    def remove_torn(self, before_s: float) -> int:
        """Removes what writes torn by a crash before that time left behind; how many."""

    def check(self) -> None:
        """Raises Unavailable when the store can't be used, BadInput when it is set up so that it must not be."""


def checked(name: BlobName, data: bytes | None) -> bytes:
    """The bytes, if they are the segment of that name. Raises Corrupt."""
    if data is None:
        raise Corrupt("a stored segment is missing")
    try:
        sealed = parse(data)
        holds = sealed.manifest.segment_id == name.segment and sha256_hex(sealed.sealed) == (
            sealed.manifest.sealed_sha256
        )
    except (Corrupt, CheckFailed) as error:
        raise Corrupt("a stored segment is damaged") from error
    if not holds:
        raise Corrupt("a stored segment is damaged")
    return data


def pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """All of a file, each piece beginning with the end of the one before, so that nothing hides on an edge."""
    tail = b""
    while piece := read(PIECE_BYTES):
        yield tail + piece
        tail = piece[-PIECE_OVERLAP_BYTES:]
