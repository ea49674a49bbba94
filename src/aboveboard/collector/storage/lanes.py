"""A few threads that each take whatever has come meanwhile, so that much is done at a time and little at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Lanes(Generic[Item]):
    """Safe for several threads. What waits is bounded by whoever adds."""

    def __init__(self, work: Callable[[Sequence[Item]], None], at_once: int, together: int) -> None:
        """work: never raises. at_once: threads; together: how many items each takes at a time, at most."""
        self._work, self._together = work, together
        self._waiting: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._run, name="upload", daemon=True) for _ in range(at_once)]
        for thread in self._threads:
            thread.start()

    def add(self, item: Item) -> None:
        """Returns at once."""
        self._waiting.put(item)

    def close(self) -> None:
        """Returns when all that waited are done. Nobody may add any more."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            items = [item]
            ended = False
            while len(items) < self._together and not ended:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    ended = True
                else:
                    items.append(more)
            self._work(items)
            del item, items  # a body is not kept while nothing comes
            if ended:
                return
