"""How much memory the C library keeps for itself: a matter of the whole process."""

from __future__ import annotations

import contextlib
import ctypes
import threading
import time

_M_TRIM_THRESHOLD, _M_ARENA_MAX = -1, -8  # mallopt(3)


def few_arenas(number: int, kept_bytes: int | None = None) -> None:
    """Before threads start: the C library keeps so many pools of free memory, not one for each thread that ever asked
    for some. kept_bytes: it gives back whatever more is free at a pool's end, at once, and has each large piece mapped
    and unmapped by itself: less memory, for more time. Where it is another C library nothing changes."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, number)
        if kept_bytes is not None:
            library.mallopt(_M_TRIM_THRESHOLD, kept_bytes)


def give_back(every_s: float) -> threading.Thread:
    """Has a thread give the system what is free in the middle of the pools, again and again: else a server keeps what
    its busiest minute needed, for as long as one small thing lies behind it. Bodies come and go beside what stays, so
    there is always one. Where it is another C library the thread ends at once."""
    thread = threading.Thread(target=_trim, args=(every_s,), name="memory", daemon=True)
    thread.start()
    return thread


def _trim(every_s: float) -> None:
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return
    while True:
        time.sleep(every_s)
        trim(0)
