"""How much memory a server's process takes over a run."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import psutil

EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """at_s: since the watch began; mb: resident, 10^6 bytes."""

    at_s: float
    mb: float


class MemoryWatch:
    """start(), stop(), then `summary()`."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._samples: list[Sample] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._begun = time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                mb = self._process.memory_info().rss / 1e6
            except psutil.Error:
                return
            self._samples.append(Sample(time.monotonic() - self._begun, mb))
            if self._stopping.wait(EVERY_S):
                return

    def summary(self) -> dict[str, Any]:
        """Means of the four quarters of the run, the highest, and the line through the second half in MB a minute."""
        samples = self._samples
        if len(samples) < 8:
            return {"samples": len(samples)}
        quarter = len(samples) // 4
        parts = [samples[n * quarter : (n + 1) * quarter] for n in range(4)]
        late = samples[2 * quarter :]
        mean_s, mean_mb = (sum(values) / len(late) for values in ([s.at_s for s in late], [s.mb for s in late]))
        spread = sum((s.at_s - mean_s) ** 2 for s in late)
        slope = sum((s.at_s - mean_s) * (s.mb - mean_mb) for s in late) / spread if spread else 0.0
        return {
            "samples": len(samples), "quarters_mb": [round(sum(s.mb for s in part) / quarter, 1) for part in parts],
            "highest_mb": round(max(s.mb for s in samples), 1), "second_half_mb_per_minute": round(slope * 60, 3),
        }  # fmt: skip
