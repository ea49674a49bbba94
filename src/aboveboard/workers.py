"""Processes that end with whoever started them, however that one ends: what they have open is closed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import wait
from typing import NoReturn

STOP_S_MAX = 30.0  # to close what is open; longer than any of our servers gives those who still talk to it


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
    end()


def end() -> NoReturn:
    """Tells this process to stop as SIGTERM tells it, and ends it if it goes on: a pool's worker waits for work then,
    which nobody has."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_S_MAX)
    os._exit(1)
