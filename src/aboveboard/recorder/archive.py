"""A tar file (POSIX.1-2001 pax) that grows member by member and can be gone on with after any interruption.

Whole members stay; what a crash cut short is cut off. Nothing is held in memory but the names and one member.
"""

from __future__ import annotations

import os
import tarfile
import time
from pathlib import Path
from types import TracebackType

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.wire.durable import sync_folder

BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
SYNC_EVERY_BYTES = 16 << 20


class Archive:
    """Opened for adding, with what was there; finish() when it is whole, close() in any case."""

    def __init__(self, path: Path) -> None:
        """Raises BadInput when the file is another one than ours, Unavailable when it can't be written."""
        self.names: set[str] = set()
        self._path, self._unsynced = path, 0
        try:
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        except OSError as error:
            raise Unavailable(f"can't write {path}: {error.strerror}") from error
        try:
            self._file.truncate(self._end())
        except BaseException:
            self._file.close()
            raise
        self._file.seek(0, os.SEEK_END)

    def _end(self) -> int:
        """Behind the last whole member."""
        size, end = os.fstat(self._file.fileno()).st_size, 0
        if size < BLOCK:
            return 0
        try:
            with tarfile.open(fileobj=self._file, mode="r:") as tar:
                for member in tar:
                    behind = member.offset_data + -(-member.size // BLOCK) * BLOCK
                    if behind > size:
                        break
                    self.names.add(member.name)
                    end = behind
        except tarfile.ReadError as error:
            if not end and self._file.seek(0) == 0 and any(self._file.read(BLOCK)):
                raise BadInput("is no archive: name another file", str(self._path)) from error
        return end

    def add(self, name: str, data: bytes) -> None:
        """Once a name: what is there already stays as it is. Raises Unavailable when it can't be written."""
        if name in self.names:
            return
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = len(data), 0o600, int(time.time())
        try:
            self._file.write(info.tobuf(tarfile.PAX_FORMAT) + data + bytes(-len(data) % BLOCK))
            self._unsynced += len(data) + BLOCK
            if self._unsynced > SYNC_EVERY_BYTES:
                self._sync()
        except OSError as error:
            raise Unavailable(f"can't write {self._path}: {error.strerror}; run it again to go on") from error
        self.names.add(name)

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._unsynced = 0

    def finish(self) -> None:
        """Durable and whole when it returns."""
        try:
            self._file.write(END)
            self._sync()
            sync_folder(self._path.parent)
        except OSError as error:
            raise Unavailable(f"can't write {self._path}: {error.strerror}; run it again to go on") from error

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
