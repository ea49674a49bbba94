"""What a run measured: answers, times to them, and what went wrong. Any thread may add."""

from __future__ import annotations

import math
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

FAULTS_MAX = 50


def quantile(ordered: list[float], share: float) -> float:
    """Nearest rank; 0 for none."""
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


@dataclass(slots=True)
class Counts:
    """seconds: by what was asked. faults: what was not as it has to be, the first ones as sentences."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    faults_in_all: int = 0
    under_way: int = 0
    under_way_max: int = 0
    sent_bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, what: str, status: int, seconds: float) -> None:
        with self._lock:
            self.statuses[f"{what} {status}"] += 1
            self.seconds.setdefault(what, []).append(seconds)

    def did(self, what: str, n: int = 1) -> None:
        with self._lock:
            self.done[what] += n

    def sent(self, size_bytes: int) -> None:
        with self._lock:
            self.sent_bytes += size_bytes

    def fault(self, text: str) -> None:
        with self._lock:
            self.faults_in_all += 1
            if len(self.faults) < FAULTS_MAX:
                self.faults.append(text)

    def busy(self, change: int) -> None:
        """A device begins (1) or ends (-1) what it does at the collector."""
        with self._lock:
            self.under_way += change
            self.under_way_max = max(self.under_way_max, self.under_way)

    def times(self) -> dict[str, dict[str, Any]]:
        """p50, p99 and the longest, in milliseconds, by what was asked."""
        found = {}
        with self._lock:
            for what, seconds in sorted(self.seconds.items()):
                ordered = sorted(seconds)
                found[what] = {
                    "n": len(ordered), "p50_ms": round(quantile(ordered, 0.5) * 1e3, 1),
                    "p99_ms": round(quantile(ordered, 0.99) * 1e3, 1), "max_ms": round(ordered[-1] * 1e3, 1),
                }  # fmt: skip
        return found
