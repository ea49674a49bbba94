"""Processors that do not sleep while something is measured.

A virtual machine's processor that has gone to sleep takes its time to wake, and the kernel bills that to whoever was
woken: the same few lines after a second of nothing then cost several times as much as under load, on a host that nobody
knows. Loops of the scheduler's idle class keep it from sleeping and give way to everything else at once.
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
