"""How much memory the C library keeps for itself: a matter of the whole process."""

from __future__ import annotations

import contextlib
import ctypes

_M_TRIM_THRESHOLD, _M_ARENA_MAX = -1, -8  # mallopt(3)
_KEPT_BYTES = 1 << 17


def few_arenas(number: int) -> None:
    """Before threads start: the C library keeps so many pools of free memory, not one for each thread that ever asked
    for some, and gives back their ends early. Where it is another C library nothing changes."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, number)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
