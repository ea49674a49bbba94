"""The spool: chunks in a folder, in order. Whole or not there; bounded in bytes; accepts `Redacted` only."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from aboveboard.core.errors import Corrupt, Unavailable
from aboveboard.core.events import Redacted
from aboveboard.recorder.spool.chunks import Chunk, lock_up, unlock, without
from aboveboard.wire.durable import make_folders, read_bounded, remove_durable, write_durable

SPOOL_BYTES_MAX = 512 << 20
CHUNK_BYTES_MAX = 16 << 20


class SpoolFull(Unavailable):
    """The spool has reached its bound: nothing more is kept until something is sent or deleted."""


class Spool:
    """Any thread may call its methods."""

    def __init__(self, folder: Path, key: bytes, bytes_max: int = SPOOL_BYTES_MAX) -> None:
        make_folders(folder, 0o700)
        self._folder, self._key, self._bytes_max = folder, key, bytes_max
        self._lock = threading.RLock()
        for torn in folder.glob(".*.tmp"):  # a crash while writing: never acknowledged, so never there
            torn.unlink()
        self._sizes = {path.name: path.stat().st_size for path in sorted(folder.glob("*.chunk"))}
        self._next = 1 + max((int(name.split(".")[0]) for name in self._sizes), default=0)
        self.broken: set[str] = set()

    @property
    def bytes(self) -> int:
        with self._lock:
            return sum(self._sizes.values())

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
        """Durable when it returns. Raises SpoolFull, or Unavailable when the disk says no."""
        if any(type(item) is not Redacted for item in items):
            raise TypeError("only redacted events are spooled")
        events, apps = tuple(item.event for item in items), tuple(item.app for item in items)
        chunk = Chunk(session, policy, consent, epoch, start_us, end_us, events, apps)
        with self._lock:
            name = f"{self._next:010d}.chunk"
            data = lock_up(chunk, name, self._key)
            if self.bytes + len(data) > self._bytes_max:
                raise SpoolFull("the spool is full: send or delete something with `aboveboard review`")
            write_durable(self._folder / name, data, 0o600)
            self._sizes[name] = len(data)
            self._next += 1

    def names(self) -> list[str]:
        """Chunks in order."""
        with self._lock:
            return sorted(self._sizes)

    def read(self, name: str) -> Chunk | None:
        """None when it is gone, or can't be read: then it stays where it is and is counted in `broken`."""
        with self._lock:
            data = read_bounded(self._folder / name, CHUNK_BYTES_MAX)
            if data is None:
                return None
            try:
                return unlock(data, name, self._key)
            except Corrupt:
                self.broken.add(name)
                return None

    def chunks(self) -> list[tuple[str, Chunk]]:
        """All that can be read, in order."""
        return [(name, chunk) for name in self.names() if (chunk := self.read(name)) is not None]

    def remove(self, names: Iterable[str]) -> None:
        """Gone when it returns."""
        with self._lock:
            for name in names:
                remove_durable(self._folder / name)
                self._sizes.pop(name, None)

    def forget(self, from_us: int, until_us: int, app: str | None = None) -> int:
        """Deletes what lies in the span (of one app, if given); Gaps "forgotten" stay in its place. How many events."""
        gone = 0
        with self._lock:
            for name, chunk in self.chunks():
                less = without(chunk, from_us, until_us, app, "forgotten")
                if less is not chunk:
                    gone += len(chunk.events) - len(less.events) + 1
                    data = lock_up(less, name, self._key)
                    write_durable(self._folder / name, data, 0o600)
                    self._sizes[name] = len(data)
        return gone
