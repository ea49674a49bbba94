"""A contributor's mark that a task begins or ends, made where something is being kept."""

from __future__ import annotations

import time
from collections.abc import Callable

from aboveboard.core.errors import Refused
from aboveboard.recorder.pipeline import Mark, Pipeline

MARK_S_MAX = 3.0
# Nothing is kept in this window, and something may be in another.
_ELSEWHERE = frozenset({"app_not_allowed", "site_not_allowed", "never_record", "excluded"})


def attempt(pipeline: Pipeline | None, mark: Mark, *, soon: bool) -> int:
    """1: made. 0: with `soon`, it waits for a window that is recorded. On the recording thread. Raises Refused."""
    if pipeline is None:
        raise Refused("not_recording", "nothing is being recorded, so there is no task to mark")
    try:
        pipeline.task(mark)
    except Refused as refused:
        if not soon or refused.reason not in _ELSEWHERE:
            raise
        pipeline.task_soon(mark)
        return 0
    return 1


def marked(make: Callable[[], bool]) -> bool:
    """What `make` gives. A page just opened is not known for a moment, so it is asked again for a while. Raises
    Refused."""
    deadline = time.monotonic() + MARK_S_MAX
    while True:
        try:
            return make()
        except Refused as refused:
            if refused.reason != "unknown_focus" or time.monotonic() > deadline:
                raise
        time.sleep(0.02)
