"""A display or a bus that went away: since when, and how long it is waited for."""

from __future__ import annotations

import time

from aboveboard.core.clock import Clock
from aboveboard.core.errors import Unavailable

# A display that crashed is back within seconds. After a longer time the session is over, and the next login starts a
# recorder of its own, which needs this one's folder.
WAIT_S_MAX = 600.0


class Loss:
    """Looked at by one thread, but for `past`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: float | None = None
        self._from_us: int | None = None
        self._why = ""  # the first time: later ones only say that it is not there

    def lost(self, why: str, from_us: int | None) -> str:
        """from_us: up to when a session covers what was before, if one did. What is to be said of it. Raises
        Unavailable when it has been waited for long enough."""
        now = time.monotonic()
        if self._since is None:
            self._since, self._from_us, self._why = now, from_us or self._clock.now_us(), why
        if now - self._since > WAIT_S_MAX:
            raise Unavailable(self._why)
        return f"{self._why}; nothing is recorded until it is back"

    def found(self) -> int | None:
        """It is back: since when nothing was recorded, µs since 1970; None when nothing was lost."""
        self._since, from_us, self._from_us = None, self._from_us, None
        return from_us

    def past(self) -> None:
        """What comes next is of another policy, or another consent: the hole before it is not its own."""
        self._from_us = None
