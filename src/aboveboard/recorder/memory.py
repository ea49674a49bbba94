"""What is in the recorder's memory stays there: no core file, and no other program of the same user reads it. And it is
not looked through again and again, nor more of it than is used."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
from pathlib import Path

from aboveboard.core.errors import Unavailable

_PR_SET_DUMPABLE = 4  # prctl(2)
_MADV_DONTNEED = 4  # madvise(2): of a file's pages, that they are read anew when they are used
# Allocations before Python looks for cycles, and how often before it looks deeper. Our events make none, and one look
# costs as much as a batch of them.
_CYCLES_EVERY = (20_000, 50, 100)


def keep_memory_private() -> None:
    """For this process, for good. Raises Unavailable when the system refuses, since then a crash could write a core
    file with what was just typed."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        refused = ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (OSError, ValueError, AttributeError) as error:
        raise Unavailable(f"core files can't be turned off: {error}; nothing is recorded") from error
    if refused:
        raise Unavailable(f"core files can't be turned off: {os.strerror(ctypes.get_errno())}; nothing is recorded")


def settle() -> None:
    """Once what is loaded for good is loaded: it is never searched for cycles again, and what comes later seldom. What
    only the start needed goes back to the system."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_CYCLES_EVERY)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError, ValueError):
        _give_code_back()


def _give_code_back() -> None:
    """Pages of programs and libraries that were touched so far, of which starting needs most: those that are used again
    come back from the system's cache. Only code that nobody has written into."""
    advise = ctypes.CDLL(None, use_errno=True).madvise
    span: tuple[int, int] | None = None
    for line in Path("/proc/self/smaps").read_text("ascii", errors="replace").splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            first, last = (int(each, 16) for each in words[0].split("-"))
            span = (first, last) if words[1] == "r-xp" and len(words) > 5 and words[5].startswith("/") else None
        elif words[0] == "Anonymous:" and span is not None and words[1] == "0":
            advise(ctypes.c_void_p(span[0]), ctypes.c_size_t(span[1] - span[0]), _MADV_DONTNEED)
