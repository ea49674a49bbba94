"""A lease: that the indicator was seen a moment ago. Who needs it and finds that longer ago has it looked at then.

So nothing has to be looked at again and again while nothing is recorded; what ends a lease is said when it happens.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LEASE_S = 5.0  # no longer: a panel that hangs shows nobody anything
ANSWER_S_MAX = 2.0  # for a display or a panel that is busy


class Lease:
    """Any thread may call; `say` is for the one that looks."""

    def __init__(self, look: Callable[[], None], on_change: Callable[[], None]) -> None:
        """look: has it looked at, and said what was seen, by another thread. on_change: told when it is won or lost."""
        self._look, self._on_change = look, on_change
        self._held, self._seen = False, 0.0
        self._until = 0.0  # what was seen counts so long by itself, on time.monotonic()
        self._said = threading.Condition()

    def say(self, *, held: bool) -> None:
        """What was seen just now."""
        with self._said:
            before, self._held, self._seen = self._held, held, time.monotonic()
            self._until = self._seen + LEASE_S if held else 0.0
            self._said.notify_all()
        if before != held:
            self._on_change()

    def held(self) -> bool:
        """Seen within LEASE_S, or just now. Waits ANSWER_S_MAX at most, and then it is lost until it is seen again."""
        asked = time.monotonic()
        if asked < self._until or not self._held:  # asked for each event, so without a lock
            return self._held
        self._look()
        with self._said:
            if self._said.wait_for(lambda: not self._held or self._seen >= asked, ANSWER_S_MAX):
                return self._held
            self._held, self._until = False, 0.0
        self._on_change()
        return False
