"""Worker processes that end with whoever started them, however that one ends: what they have open is closed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import wait
from typing import NoReturn

STOP_S_MAX = 30.0  # to close what is open


def end_with_parent() -> None:
    """What a pool of spawned processes is given to begin with. When the parent is gone, by `kill -9` too, the worker
    leaves what it does as if by SystemExit, so that a display or a browser of its own is stopped. (The parent's pipes
    don't tell: every worker of a pool holds both of their ends.)"""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    threading.Thread(target=_watch, args=(parent.sentinel,), name="parent", daemon=True).start()


def _watch(sentinel: int) -> NoReturn:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_S_MAX)  # a pool's worker goes on to wait for work, which nobody has
    os._exit(1)
