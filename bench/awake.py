"""Processors that do not sleep while something is measured, to see whether a figure hangs on that.

Loops of the scheduler's idle class keep them busy and give way to everything else at once.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

_LOOP = """
import os
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
os.sched_setaffinity(0, {%d})
while True:
    pass
"""


@contextlib.contextmanager
def awake() -> Iterator[None]:
    loops = [subprocess.Popen([sys.executable, "-c", _LOOP % each]) for each in sorted(os.sched_getaffinity(0))]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
