"""Time as a value that is handed in, so that rules can be tested at any hour."""

from __future__ import annotations

import time
from typing import Protocol

US_PER_S = 1_000_000


class Clock(Protocol):
    """Microseconds since the Unix epoch. Implementations may be wrong; rules must not trust an employer's."""

    def now_us(self) -> int: ...


class SystemClock:
    """The machine's wall clock."""

    def now_us(self) -> int:
        return time.time_ns() // 1000


class FixedClock:
    """A clock that stands still until moved; for tests and for replay."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        return self._now_us

    def advance(self, us: int) -> None:
        self._now_us += us
