"""The spool: chunks in a folder, in order. Whole or not there; bounded in bytes; accepts `Redacted` only."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from aboveboard.core.errors import Corrupt, Unavailable
from aboveboard.core.events import Correction, Gap, Redacted, only_corrects
from aboveboard.core.frames import thinned
from aboveboard.recorder.spool.chunks import (
    Chunk,
    corrected,
    frame,
    joined,
    lock_up,
    unlock,
    whole_frames,
    without,
)
from aboveboard.wire.durable import make_folders, read_bounded, remove_durable, sync_folder, write_all, write_durable

SPOOL_BYTES_MAX = 512 << 20
CHUNK_BYTES_MAX = 16 << 20
OPEN_US_MAX = 60_000_000  # a chunk grows for so long, or to so many events
OPEN_EVENTS_MAX = 2000
SYNC_S = 10.0  # the system's writes survive this process at once, and a power cut when the disk was waited for


class SpoolFull(Unavailable):
    """The spool has reached its bound: nothing more is kept until something is sent or deleted."""


class _Open:
    """The chunk that grows: its file, and what is in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts: list[Chunk] = []
        self.tiles: set[bytes] = set()  # names of those that lie in it, see core/frames.py
        self.size = self.events = 0
        self._synced = -SYNC_S  # so that there is something of it whatever happens
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        sync_folder(path.parent)

    def add(self, part: Chunk, data: bytes) -> None:
        """With the system when it returns. The disk is waited for when SYNC_S have passed since it last was. Raises
        OSError, and then nothing of it is there."""
        try:
            write_all(self._descriptor, data)
            if time.monotonic() - self._synced >= SYNC_S:
                os.fdatasync(self._descriptor)
                self._synced = time.monotonic()
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self.size)
                os.lseek(self._descriptor, self.size, os.SEEK_SET)
            raise
        self.size += len(data)
        self.events += len(part.events)
        self.parts.append(part)

    def goes_on(self, part: Chunk) -> bool:
        """Whether the stretch may follow: same terms, no hole, not too long."""
        first, last = self.parts[0], self.parts[-1]
        terms = (first.session, first.policy, first.consent, first.epoch)
        same = terms == (part.session, part.policy, part.consent, part.epoch) and last.end_us == part.start_us
        return same and part.end_us - first.start_us <= OPEN_US_MAX and self.events < OPEN_EVENTS_MAX

    def close(self) -> None:
        os.close(self._descriptor)


class Spool:
    """Any thread may call its methods."""

    def __init__(self, folder: Path, key: bytes, bytes_max: int = SPOOL_BYTES_MAX) -> None:
        """Takes up what a crash left: an open chunk up to its last whole frame."""
        make_folders(folder, 0o700)
        self._folder, self._key, self._bytes_max = folder, key, bytes_max
        self._lock = threading.RLock()
        self._open: _Open | None = None
        for torn in folder.glob(".*.tmp"):  # a crash while writing: never acknowledged, so never there
            torn.unlink()
        self._sizes = {path.name: path.stat().st_size for path in sorted(folder.glob("*.chunk"))}
        self._total = sum(self._sizes.values())
        self._ends: dict[str, int] = {}  # when chunks end, as far as they were looked into
        self.broken: set[str] = set()
        for path in sorted(folder.glob("*.open")):
            self._recover(path)
        numbers = [int(name.split(".")[0]) for name in self._sizes]
        numbers += [int(path.name.split(".")[0]) for path in folder.glob("*.open")]
        self._next = 1 + max(numbers, default=0)

    def _recover(self, path: Path) -> None:
        name = path.with_suffix(".chunk").name
        if name not in self._sizes:  # else it had been written whole
            parts = whole_frames(read_bounded(path, CHUNK_BYTES_MAX) or b"", path.name, self._key)
            if not parts and path.stat().st_size:
                self.broken.add(path.name)
                return
            if parts:
                self._write(name, joined(parts))
        remove_durable(path)

    def _write(self, name: str, chunk: Chunk) -> None:
        data = lock_up(chunk, name, self._key)
        write_durable(self._folder / name, data, 0o600)
        self._total += len(data) - self._sizes.get(name, 0)
        self._sizes[name], self._ends[name] = len(data), chunk.end_us

    @property
    def bytes(self) -> int:
        with self._lock:
            return self._total + (self._open.size if self._open is not None else 0)

    def append(
        self,
        items: Sequence[Redacted],
        *,
        session: str,
        policy: str,
        consent: str,
        epoch: str,
        start_us: int,
        end_us: int,
    ) -> None:
        """Survives the end of this process when it returns; a power cut once something is added SYNC_S later, or
        the chunk is folded after a minute. Raises SpoolFull, or Unavailable when the disk says no."""
        if any(type(item) is not Redacted for item in items):
            raise TypeError("only redacted events are spooled")
        events, apps = tuple(item.event for item in items), tuple(item.app for item in items)
        part = Chunk(session, policy, consent, epoch, start_us, end_us, events, apps)
        with self._lock:
            if self._open is not None and not self._open.goes_on(part):
                self.fold()
            opened = self._open
            tiles = set() if opened is None else set(opened.tiles)
            part = msgspec.structs.replace(part, events=thinned(events, tiles))
            name = f"{self._next:010d}.open" if opened is None else opened.path.name
            data = frame(part, name, 0 if opened is None else len(opened.parts), self._key)
            if self.bytes + len(data) > self._bytes_max:
                raise SpoolFull("the spool is full: send or delete something with `aboveboard review`")
            try:
                if opened is None:
                    opened = _Open(self._folder / name)
                    self._next += 1
                opened.add(part, data)
            except OSError as error:
                if opened is not None and not opened.parts:
                    opened.close()
                    opened.path.unlink(missing_ok=True)
                raise Unavailable(f"can't write {self._folder / name}: {error.strerror}") from error
            self._open, opened.tiles = opened, tiles

    def fold(self) -> None:
        """Writes the open chunk as a whole; the next stretch begins another. Raises Unavailable when the disk says no:
        then it stays open."""
        with self._lock:
            opened = self._open
            if opened is None:
                return
            self._write(opened.path.with_suffix(".chunk").name, joined(opened.parts))
            self._open = None
            opened.close()
            remove_durable(opened.path)

    def names(self) -> list[str]:
        """Chunks in order, the open one included."""
        with self._lock:
            self.fold()
            return sorted(self._sizes)

    def stamps(self) -> dict[str, tuple[int, int]]:
        """Chunks by name, the open one included: when each was written (ns), and its bytes."""
        with self._lock:
            told = {name: (self._folder / name).stat() for name in self.names()}
            return {name: (each.st_mtime_ns, each.st_size) for name, each in told.items()}

    def ended(self, until_us: int) -> list[str]:
        """Chunks in order, as far as they ended by then. What is known of them is not read again."""
        with self._lock:
            if self._open is not None and self._open.parts[-1].end_us <= until_us:
                self.fold()
            found = []
            for name in sorted(self._sizes):
                if name not in self._ends and (name in self.broken or self.read(name) is None):
                    continue
                if self._ends[name] > until_us:
                    break
                found.append(name)
            return found

    def read(self, name: str) -> Chunk | None:
        """None when it is gone, or can't be read: then it stays where it is and is counted in `broken`."""
        with self._lock:
            data = read_bounded(self._folder / name, CHUNK_BYTES_MAX)
            if data is None:
                return None
            try:
                chunk = unlock(data, name, self._key)
            except Corrupt:
                self.broken.add(name)
                return None
            self._ends[name] = chunk.end_us
            return chunk

    def chunks(self) -> list[tuple[str, Chunk]]:
        """All that can be read, in order."""
        return [(name, chunk) for name in self.names() if (chunk := self.read(name)) is not None]

    def remove(self, names: Iterable[str]) -> None:
        """Gone when it returns."""
        with self._lock:
            for name in names:
                remove_durable(self._folder / name)
                self._total -= self._sizes.pop(name, 0)
                self._ends.pop(name, None)

    def forget(self, from_us: int, until_us: int, app: str | None = None) -> int:
        """Deletes what lies in the span (of one app, if given); Gaps "forgotten" stay in its place. How many events."""
        gone = 0
        with self._lock:
            for name, chunk in self.chunks():
                less, n = without(chunk, from_us, until_us, app, "forgotten")
                gone += n
                if n and less.events:
                    self._write(name, less)
                elif n:
                    self.remove([name])
        return gone

    def correct(self, better: Correction) -> int:
        """Puts it in the place of what it corrects, as far as that is here: nothing of the old words stays. In how many
        places that was."""
        found = 0
        with self._lock:
            for name, chunk in self.chunks():
                told, n = corrected(chunk, better)
                if n:
                    found += n
                    self._write(name, told)
        return found

    def expire(self, before_us: int) -> int:
        """What ended before is deleted for its age; Gaps "forgotten" stay in its place. How many chunks."""
        gone = 0
        with self._lock:
            for name in self.ended(before_us):
                chunk = self.read(name)
                if chunk is None or all(isinstance(event, Gap) for event in chunk.events):
                    continue
                gone += 1
                if only_corrects(chunk.events):
                    self.remove([name])
                    continue
                hole = Gap(t_us=chunk.start_us, end_us=chunk.end_us, reason="forgotten")
                self._write(name, msgspec.structs.replace(chunk, events=(hole,), apps=("",)))
        return gone
