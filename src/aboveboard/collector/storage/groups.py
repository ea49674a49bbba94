"""Group commit: what many requests bring at the same time is settled together, by one wait for the disk.

The first thread that brings something settles it, and then whatever others have brought meanwhile, as one group. So the
busier the server, the larger the groups, nobody waits for a group to fill, and no thread is woken only to pass work on.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from aboveboard.core.errors import Unavailable

GROUP_MAX = 64
WAITING_MAX = 1000
ANSWER_S_MAX = 60

Item = TypeVar("Item")
Result = TypeVar("Result")


class Groups(Generic[Item, Result]):
    """Safe for several threads. One group is settled after the other."""

    def __init__(self, settle: Callable[[Sequence[Item]], Sequence[Result | Exception]]) -> None:
        """settle: of a group, a result or an error for each, in their order, once all of it is durable. What it raises
        goes to each of them."""
        self._settle = settle
        self._waiting: deque[tuple[Item, Callable[[Result | Exception], None]]] = deque()
        self._changed = threading.Condition()
        self._settling = False

    def add(self, items: Sequence[tuple[Item, Callable[[Result | Exception], None]]]) -> None:
        """Of each, what is called with its result, in this thread or in another, and has to be quick. Raises
        Unavailable when too many wait: then none was added."""
        with self._changed:
            if len(self._waiting) + len(items) > WAITING_MAX:
                raise Unavailable("the server is too slow now: try again later")
            self._waiting += items
            if self._settling:
                return
            self._settling = True
        while group := self._next():
            self._answer(group)

    def close(self) -> None:
        """Returns when all that waited are settled. Nobody may add any more."""
        with self._changed:
            self._changed.wait_for(lambda: not self._settling, ANSWER_S_MAX)

    def _next(self) -> list[tuple[Item, Callable[[Result | Exception], None]]]:
        with self._changed:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_MAX))]
            if not group:
                self._settling = False
                self._changed.notify_all()
            return group

    def _answer(self, group: list[tuple[Item, Callable[[Result | Exception], None]]]) -> None:
        results: Sequence[Result | Exception]
        try:
            results = self._settle([item for item, _ in group])
        except Exception as error:  # noqa: BLE001  nothing of the group was kept: each of them is told
            results = [error] * len(group)
        for (_, then), result in zip(group, results, strict=True):
            then(result)
