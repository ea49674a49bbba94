"""What was asked of a tree at its last reading is asked again in one piece before the next one.

A tree is read level by level, and each level is a round trip; but mostly it has the nodes that it had before, and what
its reading asks is known. Asked all at once, the reader is woken once or twice instead of dozens of times; and where
all answers are what they were, nothing else is to be done.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import Any, Protocol

from aboveboard.desktop.dbuswire import ANSWER_S_MAX, IN_FLIGHT_MAX, Batch, Question

ASKED_MAX = 10_000


class Asks(Protocol):
    """A bus, or what knows some of its answers."""

    def calls(self, asked: Sequence[Question], s_max: float = ANSWER_S_MAX) -> list[Any]:
        """See `Wire.calls`."""
        ...


class AsksAgain(Asks, Protocol):
    """A bus."""

    def again(self, batch: Batch, s_max: float = ANSWER_S_MAX) -> list[Any]:
        """See `Wire.again`."""
        ...


class Foresight:
    """Between `begin` and `end`, answers that were foreseen are those of `begin`. Not for several threads at once."""

    def __init__(self, bus: AsksAgain) -> None:
        self._bus = bus
        self._of: Hashable = None
        self._batches: list[Batch] = []
        self._same: dict[Question, Any] | None = None  # what was asked, where all was answered as before
        self._asked: dict[Question, Any] = {}  # in the reading before `begin`, with the answers; in order
        self._answers: dict[Question, Any] = {}
        self._within = False

    def begin(self, of: Hashable, s_max: float) -> bool:
        """Whether all that was asked at the last reading is answered as it was.

        of: what is read; of another than the last time, nothing is foreseen. s_max: for the answers. Raises Unavailable
        when the connection is gone.
        """
        before, self._asked, self._answers, self._within = self._asked, {}, {}, True
        if of != self._of or not 0 < len(before) <= ASKED_MAX:
            self._of = of
            return False
        if before is not self._same:  # else the batches are those of before
            self._same = None
            foreseen = list(before)
            parts = [foreseen[i : i + IN_FLIGHT_MAX] for i in range(0, len(foreseen), IN_FLIGHT_MAX)]
            if parts != [batch.asked for batch in self._batches]:
                self._batches = [Batch(part) for part in parts]
        deadline = time.monotonic() + s_max
        answers: list[Any] = []
        for batch in self._batches:
            answers += self._bus.again(batch, max(deadline - time.monotonic(), 0.0))
            if time.monotonic() >= deadline:
                return False  # who did not answer in time is asked again, or there is no time for that either
        if answers != list(before.values()):
            self._answers = dict(zip(before, answers, strict=True))
            return False
        self._asked = self._answers = self._same = before
        return True

    def end(self) -> None:
        """From here on everything is asked anew."""
        self._answers, self._within = {}, False

    def calls(self, asked: Sequence[Question], s_max: float = ANSWER_S_MAX) -> list[Any]:
        """See `Wire.calls`."""
        if not self._within:
            return self._bus.calls(asked, s_max)
        known = self._answers
        unknown = [question for question in asked if question not in known]
        if unknown:
            self._same = None
            known.update(zip(unknown, self._bus.calls(unknown, s_max), strict=True))
        answers = [known[question] for question in asked]
        if len(self._asked) <= ASKED_MAX:  # of more than can be foreseen nothing is kept but that they are more
            self._asked.update(zip(asked, answers, strict=True))
        return answers
