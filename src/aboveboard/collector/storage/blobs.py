"""Sealed segments in a folder, laid out by person and epoch so that deletion finds them all."""

from __future__ import annotations

from pathlib import Path

from aboveboard.core.errors import Corrupt
from aboveboard.core.ids import ContributorId, EpochId, SegmentId
from aboveboard.wire.durable import make_folders, read_bounded, remove_durable, write_durable
from aboveboard.wire.segment import FILE_BYTES_MAX


class Blobs:
    """When `put` returns, the bytes survive a crash; when `remove` returns, they are gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_folders(folder, 0o700)

    def _path(self, contributor: ContributorId, epoch: EpochId, segment: SegmentId) -> Path:
        return self._folder / contributor / epoch / f"{segment}.seg"

    def put(self, contributor: ContributorId, epoch: EpochId, segment: SegmentId, data: bytes) -> None:
        path = self._path(contributor, epoch, segment)
        make_folders(path.parent, 0o700)
        write_durable(path, data, 0o600)

    def get(self, contributor: ContributorId, epoch: EpochId, segment: SegmentId) -> bytes:
        """Raises Corrupt when it isn't there: rows never name a segment that was not stored."""
        data = read_bounded(self._path(contributor, epoch, segment), FILE_BYTES_MAX)
        if data is None:
            raise Corrupt("a stored segment is missing")
        return data

    def remove(self, contributor: ContributorId, epoch: EpochId, segment: SegmentId) -> None:
        """Nothing to do when it is gone already: deletions run again after a crash."""
        remove_durable(self._path(contributor, epoch, segment))
