"""Segments that are sealed and have not left yet, opened with the keys that this laptop has of its own months."""

from __future__ import annotations

from aboveboard.core.errors import AboveboardError
from aboveboard.recorder.copies import open_copy
from aboveboard.recorder.home import Home
from aboveboard.wire.segment import SegmentBody


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
        try:
            return open_copy(self._home, "outbox", name)[1]
        except AboveboardError:
            return None
