"""When terms are fetched, and when they are judged anew."""

from __future__ import annotations

import random
import threading
import time

from aboveboard.core.clock import Clock
from aboveboard.core.errors import AboveboardError, Unavailable
from aboveboard.core.leaves import DAY_US
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.upload import Uplink

REFRESH_S = 900.0  # about, each time another: laptops shall not all ask at once
REFRESH_S_MAX = 4 * 3600.0  # while nobody answers
LOOK_S = 10.0  # another policy may take the place of this one while a recorder runs
JUDGE_S = 120.0  # the longest without all signatures and proofs anew, which costs as much as thousands of events


class TermsWatch:
    """Fetches now and then, in the background. problem: what does not hold, which stops recording; "" otherwise."""

    def __init__(self, terms: Terms, uplink: Uplink) -> None:
        self._terms, self._uplink = terms, uplink
        self.problem = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="terms", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Does not wait for an exchange that is under way."""
        self._stopping.set()

    def _run(self) -> None:
        wait_s = REFRESH_S
        while not self._stopping.wait(wait_s * random.uniform(0.5, 1.5)):  # noqa: S311  # no secret
            wait_s = self.look(wait_s)
        self._uplink.close()

    def look(self, waited_s: float) -> float:
        """Fetches once; for about how long then to wait. A collector that is down, and comes back to everybody asking,
        is asked ever less often meanwhile."""
        try:
            self._terms.refresh(self._uplink)
            self.problem = ""
        except Unavailable:
            return min(waited_s * 2, REFRESH_S_MAX)  # what is known stays in force
        except AboveboardError as error:
            self.problem = str(error)
        return REFRESH_S


class TermsLook:
    """Whether what the judgement rests on is another: the files, the day, what was fetched. It has no timer of its own:
    whoever turns up again and again glances, and one who waits is told."""

    def __init__(self, terms: Terms, watch: TermsWatch, clock: Clock) -> None:
        self._terms, self._watch, self._clock = terms, watch, clock
        self._looked = self._judged = 0.0
        self._known: tuple[object, ...] = ()
        self._due = threading.Event()

    def glance(self) -> None:
        """Cheap, and most often nothing. Never raises: what can't be looked at is judged anew."""
        now = time.monotonic()
        if self._looked and now - self._looked < LOOK_S:
            return
        self._looked = now
        try:
            # Policies run out with a day.
            found: tuple[object, ...] = (self._watch.problem, self._clock.now_us() // DAY_US, *self._terms.files())
        except OSError:
            found = ()
        if not found or found != self._known or now - self._judged >= JUDGE_S:
            self._known, self._judged = found, now
            self._due.set()

    def wake(self) -> None:
        """Ends a wait."""
        self._due.set()

    def wait(self) -> None:
        """Until they are to be judged anew, or `wake`."""
        self._due.wait()
        self._due.clear()
