"""How often somebody may try: by account and by address, each a bucket that refills. In memory only, and bounded."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aboveboard.collector.limits import TooMany

REFILL_S = 900.0  # an empty bucket is full again after this long
# An account: one try in 90 s, some 350,000 a year, which is nothing against 12 characters and a code. An address: more,
# because a whole office may share one.
TRIES_MAX = {"account": 10, "address": 60}
SUBJECTS_MAX = 100_000


class Tried:
    """Tells how the attempt went."""

    well = False

    def went_well(self) -> None:
        self.well = True


class Attempts:
    """Subjects are "account:..." and "address:...". Each attempt costs one try of every subject it is about, before it
    is looked at: many at once gain nothing. One that goes well gets its tries back."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # subject -> (tries left, at)

    @contextmanager
    def attempt(self, *subjects: str) -> Iterator[Tried]:
        """Raises TooMany."""
        self._take(subjects)
        tried = Tried()
        try:
            yield tried
        finally:
            if tried.well:
                self._give_back(subjects)

    def _take(self, subjects: tuple[str, ...]) -> None:
        now_s = self._now_s()
        with self._lock:
            left = {each: self._refilled(each, now_s) for each in subjects}
            wait_s = max(int((1 - tries) * REFILL_S / _most(each)) + 1 for each, tries in left.items())
            if min(left.values()) < 1:
                raise TooMany("this was tried too often: wait a little, or ask for a new code for setting up", wait_s)
            for each, tries in left.items():
                self._put(each, tries - 1, now_s)

    def _give_back(self, subjects: tuple[str, ...]) -> None:
        now_s = self._now_s()
        with self._lock:
            for each in subjects:
                self._put(each, min(_most(each), self._refilled(each, now_s) + 1), now_s)

    def _refilled(self, subject: str, now_s: float) -> float:
        most = _most(subject)
        tries, at_s = self._left.get(subject, (most, now_s))
        return min(most, tries + (now_s - at_s) * most / REFILL_S)

    def _put(self, subject: str, tries: float, now_s: float) -> None:
        self._left[subject] = (tries, now_s)
        self._left.move_to_end(subject)
        if len(self._left) > SUBJECTS_MAX:
            self._left.popitem(last=False)


def _most(subject: str) -> float:
    return float(TRIES_MAX[subject.partition(":")[0]])


def address_subject(host: str) -> str:
    """One subject for an IPv4 address, and for an IPv6 network of /64, which is what one line has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "address:unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return f"address:{ipaddress.ip_network((int(address) >> 64 << 64, 64))}"
    return f"address:{address}"
