"""Whether the wall clock went on as time did. It does not when somebody sets it, or after the machine was suspended."""

from __future__ import annotations

import time
from collections.abc import Callable

JUMP_US = 1_000_000  # more than a clock that is disciplined slews between two looks


class Jumped(Exception):
    """last_us: the wall clock when it was last known to be right."""

    def __init__(self, last_us: int) -> None:
        super().__init__("the clock jumped")
        self.last_us = last_us


class Steady:
    """Looked at again and again by one thread."""

    def __init__(
        self, wall_ns: Callable[[], int] = time.time_ns, steady_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """steady_ns: of a clock that nobody sets and that stands still in a suspended machine."""
        self._wall_ns, self._steady_ns = wall_ns, steady_ns
        self._wall, self._apart = self._look()

    def _look(self) -> tuple[int, int]:
        wall = self._wall_ns() // 1000
        return wall, wall - self._steady_ns() // 1000

    def check(self) -> None:
        """Raises Jumped, once, when the clock jumped since the last call."""
        last_us, apart = self._wall, self._apart
        self._wall, self._apart = self._look()
        if abs(self._apart - apart) > JUMP_US:
            raise Jumped(last_us)
