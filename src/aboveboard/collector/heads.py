"""Where each device's chain ended when this process last saw it: a hint that spares a question, and no more.

A segment that follows the hint is stored without asking the database first. Whether it counts is decided in the
transaction that keeps its row, by what the database says then; so a hint that is out of date costs a needless write,
which the `tidy` job takes away again, and can accept nothing.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from aboveboard.collector.arrival import Arrival
from aboveboard.collector.standing import Accepted

HEADS_MAX = 2_000  # a laptop sends all that waits within minutes, and then nothing for days
MARGIN_US = 3600 * 1_000_000  # an epoch that ends within the hour is asked for


class Heads:
    """Safe for several threads; bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heads: OrderedDict[str, tuple[bytes, int]] = OrderedDict()

    def follows(self, arrival: Arrival, now_us: int) -> bool:
        """Whether the arrival is what is expected next of its device, on the terms of the one before it."""
        with self._lock:
            head = self._heads.get(arrival.manifest.device)
        return head is not None and head[0] == _expected(arrival, arrival.manifest.seq, arrival.manifest.prev) and (
            head[1] > now_us + MARGIN_US
        )  # fmt: skip

    def accepted(self, arrival: Arrival, accepted: Accepted) -> None:
        with self._lock:
            expected = _expected(arrival, arrival.manifest.seq + 1, arrival.segment)
            self._heads[arrival.manifest.device] = expected, accepted.until_us
            self._heads.move_to_end(arrival.manifest.device)
            if len(self._heads) > HEADS_MAX:
                self._heads.popitem(last=False)

    def forget(self, arrival: Arrival) -> None:
        """The hint did not hold."""
        with self._lock:
            self._heads.pop(arrival.manifest.device, None)


def _expected(arrival: Arrival, seq: int, prev: str) -> bytes:
    """16 bytes that stand for the next segment's number, predecessor and terms: there is one for each device."""
    manifest = arrival.manifest
    terms = (
        str(seq), prev, manifest.contributor, manifest.epoch, manifest.policy, manifest.consent, arrival.token_sha256
    )  # fmt: skip
    return hashlib.sha256(" ".join(terms).encode()).digest()[:16]
