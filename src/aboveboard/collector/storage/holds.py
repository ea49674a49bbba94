"""Who is at a blob that no row names yet: an upload that is bringing it, or the tidying that takes orphans away.

Between an upload's bytes and its row there is a moment in which the bytes look like an orphan. The process that tidies
settles this in its memory; one beside it that takes uploads too looks again before it writes the row (ingest.py).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aboveboard.collector.storage.blobs import BlobName
from aboveboard.core.errors import Unavailable


class Holds:
    """Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._brought: Counter[BlobName] = Counter()
        self._removed: set[BlobName] = set()

    def take(self, name: BlobName) -> None:
        """By an upload; the same blob may be brought several times at once. Raises Unavailable while it is removed."""
        with self._lock:
            if name in self._removed:
                raise Unavailable("what was left of this segment is being tidied away: send it again")
            self._brought[name] += 1

    def release(self, name: BlobName) -> None:
        """After its row is there, or it failed."""
        with self._lock:
            self._brought[name] -= 1
            if not self._brought[name]:
                del self._brought[name]

    @contextmanager
    def removing(self, name: BlobName) -> Iterator[bool]:
        """False when an upload is bringing it: then it must stay."""
        with self._lock:
            free = not self._brought[name] and name not in self._removed
            if free:
                self._removed.add(name)
        try:
            yield free
        finally:
            if free:
                with self._lock:
                    self._removed.discard(name)
