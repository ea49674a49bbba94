"""Sealed segments in a folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aboveboard.collector.storage.blobs import BlobName, Stored, checked, pieces
from aboveboard.core.errors import Corrupt, Unavailable
from aboveboard.core.ids import ContributorId, EpochId
from aboveboard.wire.durable import make_folders, read_bounded, remove_durable, sync_folder, write_once
from aboveboard.wire.segment import FILE_BYTES_MAX

FOLDERS_REMEMBERED_MAX = 5_000


class FolderBlobs:
    """Blobs (see blobs.py) as files that only the collector may read."""

    at_once = 6  # some write while others wait for the disk: more would only wait for each other
    light_at_once = 3  # what is shared of a small one is more than what is waited for
    together = 16

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making = threading.Lock()
        self._made: set[str] = set()  # folders whose own names are known to be durable
        self.check()

    def __str__(self) -> str:
        return str(self._folder)

    def put(self, name: BlobName, pieces: Sequence[bytes]) -> None:
        [error] = self.put_all([(name, pieces)])
        if error is not None:
            raise error

    def put_all(self, blobs: Sequence[tuple[BlobName, Sequence[bytes]]]) -> list[Unavailable | None]:
        results: list[Unavailable | None] = [self._made_for(name) for name, _ in blobs]
        there = [number for number, error in enumerate(results) if error is None]
        root = str(self._folder)
        written = write_once([(f"{root}/{blobs[n][0].path}", blobs[n][1]) for n in there], 0o600)
        for number, error in zip(there, written, strict=True):
            if error is not None:
                self._made.discard(_epoch(blobs[number][0]))  # somebody may have taken it away
                results[number] = self._said(error)
        return results

    def _made_for(self, name: BlobName) -> Unavailable | None:
        epoch = _epoch(name)
        if epoch not in self._made:
            try:
                self._make(epoch)
            except Unavailable as error:
                return error
        return None

    def _said(self, error: Unavailable) -> Unavailable:
        """An error is shown to whoever sends and stands in logs, so it names the store and not whose blob it was."""
        why = getattr(error.__cause__, "strerror", None) or "it can't be used now"
        return Unavailable(f"the store {self._folder} says no: {why}")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except Unavailable as error:
            raise self._said(error) from error
        except Corrupt as error:
            raise Corrupt("a stored segment is damaged: what lies there is no file, or too long for one") from error

    def _make(self, epoch: str) -> None:
        """One after the other: who finds a folder there that another is still making must not go on before its name
        is durable."""
        folder = self._folder / epoch
        with self._making:
            try:
                make_folders(folder, 0o700)
                for each in (folder.parent, self._folder):
                    sync_folder(each)
            except OSError as error:
                raise Unavailable(f"can't write in {self._folder}: {error.strerror}") from error
            if len(self._made) >= FOLDERS_REMEMBERED_MAX:
                self._made.clear()
            self._made.add(epoch)

    def get(self, name: BlobName) -> bytes:
        with self._errors():
            data = read_bounded(self._folder / name.path, FILE_BYTES_MAX)
        return checked(name, data)

    def has(self, name: BlobName) -> bool:
        return (self._folder / name.path).is_file()

    def remove(self, name: BlobName) -> None:
        with self._errors():
            remove_durable(self._folder / name.path)

    def names(self, contributor: ContributorId | None = None, epoch: EpochId | None = None) -> Iterator[Stored]:
        pattern = f"{contributor or '*'}/{epoch or '*'}/*.seg"
        for path in self._folder.glob(pattern):
            name = BlobName.of(str(path.relative_to(self._folder)))
            if name is not None and (found := _written_s(path)) is not None:
                yield Stored(name, found)

    def raw(self) -> Iterator[tuple[str, bytes]]:
        for path in self._folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    for piece in pieces(file.read):
                        yield str(path.relative_to(self._folder)), piece

    def remove_torn(self, before_s: float) -> int:
        torn = [each for each in self._folder.glob("*/*/.*.tmp") if (_written_s(each) or before_s) < before_s]
        with self._errors():
            for path in torn:
                remove_durable(path)
        return len(torn)

    def check(self) -> None:
        try:
            make_folders(self._folder, 0o700)
        except OSError as error:
            raise Unavailable(f"can't write in {self._folder}: {error.strerror}") from error
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise Unavailable(f"can't write in {self._folder}")


def _epoch(name: BlobName) -> str:
    return f"{name.contributor}/{name.epoch}"


def _written_s(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None
