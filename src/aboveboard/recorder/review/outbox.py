"""Segments that are sealed and have not left yet, opened with the keys that this laptop has of its own months."""

from __future__ import annotations

from aboveboard.core.errors import AboveboardError
from aboveboard.recorder.home import Home
from aboveboard.wire.durable import read_bounded
from aboveboard.wire.segment import FILE_BYTES_MAX, SegmentBody, parse, unseal


class Outbox:
    """Any thread may call its methods. What it opens lives in memory only."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def stamps(self) -> dict[str, tuple[int, int]]:
        """By file name, in the order of the chain: when each was written (ns), and its bytes."""
        found = {}
        for path in sorted(self._home.path("outbox").glob("*.seg")):
            try:
                told = path.stat()
            except FileNotFoundError:
                continue  # it left just now
            found[path.name] = (told.st_mtime_ns, told.st_size)
        return found

    def read(self, name: str) -> SegmentBody | None:
        """None when it has left, or can't be opened: its month's key is gone once everything is asked to be deleted."""
        data = read_bounded(self._home.path("outbox", name), FILE_BYTES_MAX)
        if data is None:
            return None
        try:
            sealed = parse(data)
            key = self._home.read("epochs", f"{sealed.manifest.epoch}.key")
            return None if key is None else unseal(sealed, key.decode("ascii").strip())
        except AboveboardError:
            return None
