"""Checks crops off the input path: one worker, a bounded queue, a deadline from when the crop was handed over."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from aboveboard.redact.ocr import Reader
from aboveboard.redact.pictures import DEADLINE_S, MaskedCrop, SharpCrop, Withheld, check, read_or_why
from aboveboard.redact.redactor import Redactor

WAITING_MAX = 8


class CropChecks:
    """`submit` and `done` on the thread that owns the redactor; neither waits."""

    def __init__(
        self,
        reader: Reader,
        redactor: Redactor,
        *,
        deadline_s: float = DEADLINE_S,
        waiting_max: int = WAITING_MAX,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader, self._redactor = reader, redactor
        self._deadline_s, self._now_s = deadline_s, now_s
        self._waiting: queue.Queue[tuple[MaskedCrop, float] | None] = queue.Queue(waiting_max + 1)
        self._waiting_max = waiting_max
        self._done: queue.Queue[tuple[MaskedCrop, str | Withheld]] = queue.Queue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="crop-checks", daemon=True)
        self._thread.start()

    def submit(self, masked: MaskedCrop) -> Withheld | None:
        """None: it is checked, and comes out of `done`. Withheld when too many wait already."""
        if self._closed or self._waiting.qsize() >= self._waiting_max:
            return Withheld("busy")
        self._waiting.put_nowait((masked, self._now_s() + self._deadline_s))
        return None

    def done(self) -> list[SharpCrop | Withheld]:
        """What has been checked since, in the order handed over."""
        finished: list[SharpCrop | Withheld] = []
        while True:
            try:
                masked, read = self._done.get_nowait()
            except queue.Empty:
                return finished
            finished.append(check(masked, read, self._redactor))

    def close(self) -> None:
        """Waits for the check that runs now, at most its deadline; those still waiting are dropped."""
        self._closed = True
        while True:
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                break
        self._waiting.put_nowait(None)
        self._thread.join(self._deadline_s + 1.0)

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            masked, until_s = item
            left_s = until_s - self._now_s()
            read = read_or_why(masked, self._reader, left_s) if left_s > 0 else Withheld("late")
            self._done.put((masked, read if self._now_s() <= until_s else Withheld("late")))
