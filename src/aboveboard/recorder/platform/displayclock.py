"""The display's clock against the wall's. It is read in whole milliseconds, cut off, so one reading tells the offset
to a millisecond only, and always to the same side; readings around a tick narrow it down."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from aboveboard.core.events import I64

TICK_US = 1000
SURE_US = 200  # between the bounds of the offset; a round trip takes about half of it
READINGS_MAX = 60
_WRAP = 1 << 32  # of the 32-bit counter of milliseconds, every 49.7 days

# One reading: (wall µs before it, the display's ms, wall µs after it).
Reading: TypeAlias = tuple[int, int, int]


class DisplayClock:
    """Turns the display's milliseconds into µs since 1970. One thread."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read
        self._base_ms = self._offset_us = 0
        self.measure()

    def measure(self) -> None:
        """Looks anew. An offset that still fits stays: movement from before and after is in step then."""
        low_us, high_us = -(1 << 62), 1 << 62
        base_ms = None
        for _ in range(READINGS_MAX):
            before_us, time_ms, after_us = self._read()
            if base_ms is None:
                base_ms = time_ms
            since = _since(time_ms, base_ms)
            # The moment lies between before and after, and in [time, time + 1 tick) of the display.
            low_us = max(low_us, before_us - (base_ms + since + 1) * TICK_US)
            high_us = min(high_us, after_us - (base_ms + since) * TICK_US)
            if high_us < low_us:  # one of the clocks was set meanwhile: from here on
                base_ms, low_us, high_us = None, -(1 << 62), 1 << 62
            elif high_us - low_us <= SURE_US:
                break
        if base_ms is None:
            return  # clocks that are set again and again: the recorder looks for jumps by itself
        # What is known holds for another base, too, as long as the counter did not wrap in between.
        known_us = self._offset_us + (self._base_ms + _since(base_ms, self._base_ms) - base_ms) * TICK_US
        self._base_ms = base_ms
        self._offset_us = known_us if low_us <= known_us <= high_us else (low_us + high_us) // 2

    def wall_us(self, time_ms: int) -> int:
        """The middle of that millisecond: nobody knows where in it."""
        return (self._base_ms + _since(time_ms, self._base_ms)) * TICK_US + self._offset_us + TICK_US // 2

    def wall(self, times_ms: I64 | list[int]) -> I64 | list[int]:
        """The same for n of them: an array of the shape (n,) for one, a list for a list."""
        first, last = int(times_ms[0]), int(times_ms[-1])
        if first <= last < first + (_WRAP >> 1):  # the counter never falls but where it wraps
            base_us = self.wall_us(first) - first * TICK_US
            if isinstance(times_ms, list):
                return [time_ms * TICK_US + base_us for time_ms in times_ms]
            return times_ms * TICK_US + base_us
        if isinstance(times_ms, list):
            return [self.wall_us(time_ms) for time_ms in times_ms]
        since: I64 = (times_ms - self._base_ms + (_WRAP >> 1)) % _WRAP - (_WRAP >> 1)
        return (self._base_ms + since) * TICK_US + (self._offset_us + TICK_US // 2)


def _since(time_ms: int, base_ms: int) -> int:
    return (time_ms - base_ms + (_WRAP >> 1)) % _WRAP - (_WRAP >> 1)
