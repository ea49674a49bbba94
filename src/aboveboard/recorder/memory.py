"""What is in the recorder's memory stays there: no core file, and no other program of the same user reads it. And it is
not looked through again and again."""

from __future__ import annotations

import ctypes
import gc
import os
import resource

from aboveboard.core.errors import Unavailable

_PR_SET_DUMPABLE = 4  # prctl(2)
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
    """Once what is loaded for good is loaded: it is never searched for cycles again, and what comes later seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_CYCLES_EVERY)
