"""How much one device, and all of them together, may ask of the server at once.

Held in memory only, and never shown: a count of what one person sent would be a measure of that person.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from aboveboard.core.errors import Unavailable

DEVICE_UPLOADS_MAX = 2
DEVICES_REMEMBERED_MAX = 200_000  # some 300 bytes each; hardly any are, see _forget
FORGOTTEN_AT_ONCE = 2  # for each that is added, so that they get fewer
BUSY_RETRY_S = 2
HOUR_S = 3600
RECORD_BYTES_AT_ONCE_MAX = 64 << 20


class TooMany(Unavailable):
    """Not now: asked too often, or the server is full. Answered with 429 and Retry-After."""

    def __init__(self, text: str, retry_after_s: int) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Uploads:
    """Slots for bodies under way, and a bucket of bytes for each device that refills over an hour."""

    def __init__(self, at_once_max: int = 64, device_mb_per_hour: int = 1000) -> None:
        self._at_once_max = at_once_max
        self._hourly_bytes = device_mb_per_hour * 1_000_000
        self._lock = threading.Lock()
        self._under_way: dict[str, int] = {}
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # device -> (bytes left, at)

    @property
    def under_way(self) -> int:
        return sum(self._under_way.values())

    @contextmanager
    def slot(self, device: str, size_bytes: int) -> Iterator[None]:
        """Holds a slot for a body of that size. Raises TooMany."""
        with self._lock:
            if sum(self._under_way.values()) >= self._at_once_max:
                raise TooMany("the server is busy: try again in a moment", BUSY_RETRY_S)
            if self._under_way.get(device, 0) >= DEVICE_UPLOADS_MAX:
                raise TooMany(f"a device sends {DEVICE_UPLOADS_MAX} segments at once at most", BUSY_RETRY_S)
            self._spend(device, size_bytes)
            self._under_way[device] = self._under_way.get(device, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[device] -= 1
                if not self._under_way[device]:
                    del self._under_way[device]

    def _spend(self, device: str, size_bytes: int) -> None:
        now = time.monotonic()
        left, at = self._buckets.pop(device, (float(self._hourly_bytes), now))
        rate = self._hourly_bytes / HOUR_S
        left = min(self._hourly_bytes, left + (now - at) * rate)
        if left < size_bytes:
            self._buckets[device] = (left, now)
            raise TooMany("this device has sent its share for now: the rest later", int((size_bytes - left) / rate) + 1)
        self._buckets[device] = (left - size_bytes, now)
        self._forget(now, rate)

    def _forget(self, now: float, rate: float) -> None:
        """Of those used longest ago, a few that have refilled: they are as one that was never used. So those that are
        remembered are the devices of the last hour at most, mostly of the last seconds."""
        for device, (left, at) in list(islice(self._buckets.items(), FORGOTTEN_AT_ONCE)):
            full = left + (now - at) * rate >= self._hourly_bytes
            if not full and len(self._buckets) <= DEVICES_REMEMBERED_MAX:
                break
            del self._buckets[device]


class Bodies:
    """Bytes of records that are being read, of all connections together: many slow ones must not fill the memory."""

    def __init__(self, at_once_max: int = RECORD_BYTES_AT_ONCE_MAX) -> None:
        self._at_once_max = at_once_max
        self._held = 0  # only the event loop's thread comes here

    @contextmanager
    def reading(self) -> Iterator[Callable[[int], None]]:
        """Gives what is to be called with the size of each piece, before it is kept. That raises TooMany."""
        mine = 0

        def more(size_bytes: int) -> None:
            nonlocal mine
            if self._held + size_bytes > self._at_once_max:
                raise TooMany("the server is busy: try again in a moment", BUSY_RETRY_S)
            self._held += size_bytes
            mine += size_bytes

        try:
            yield more
        finally:
            self._held -= mine
