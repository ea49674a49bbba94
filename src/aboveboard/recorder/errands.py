"""Work that other threads have done on the recording thread, which alone touches the session."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future

from aboveboard.core.errors import Unavailable

WORK_S_MAX = 30.0


class Errands:
    """Any thread may call `run`; the recording thread calls `do`."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[Callable[[], int], Future[int]]] = queue.SimpleQueue()

    def run(self, work: Callable[[], int], wake: Callable[[], None]) -> int:
        """Waits for what `work` gives or raises. wake: ends the recording thread's wait. Raises Unavailable after
        WORK_S_MAX."""
        future: Future[int] = Future()
        self._waiting.put((work, future))
        wake()
        try:
            return future.result(WORK_S_MAX)
        except TimeoutError as error:
            raise Unavailable("the recorder is busy: try again") from error

    def do(self) -> None:
        """All that waits."""
        while True:
            try:
                work, future = self._waiting.get_nowait()
            except queue.Empty:
                return
            try:
                future.set_result(work())
            except Exception as error:  # noqa: BLE001  it is raised again where it was asked
                future.set_exception(error)
