"""What was asked of a tree at its last reading is asked again in one piece before the next one.

A tree is read level by level, and each level is a round trip; but mostly it has the nodes that it had before, and what
its reading asks is known. Asked all at once, the reader is woken once or twice instead of dozens of times.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import Any, Protocol, TypeAlias

from aboveboard.desktop.atspi import Node
from aboveboard.desktop.dbuswire import ANSWER_S_MAX, Form

ASKED_MAX = 10_000
Question: TypeAlias = tuple[Node, Form]


class Asks(Protocol):
    """A bus, or what knows some of its answers."""

    def calls(self, asked: Sequence[Question], s_max: float = ANSWER_S_MAX) -> list[Any]:
        """See `Wire.calls`."""
        ...


class Foresight:
    """Between `begin` and `end`, answers that were foreseen are those of `begin`. Not for several threads at once."""

    def __init__(self, bus: Asks) -> None:
        self._bus = bus
        self._of: Hashable = None
        self._asked: dict[Question, None] = {}  # since `begin`, in order
        self._answers: dict[Question, Any] = {}
        self._within = False

    def begin(self, of: Hashable, s_max: float) -> None:
        """of: what is read; of another than the last time, nothing is foreseen. s_max: for the answers. Raises
        Unavailable when the connection is gone."""
        foreseen = list(self._asked) if of == self._of else []
        self._of, self._asked, self._within = of, {}, True
        deadline = time.monotonic() + s_max
        answers = self._bus.calls(foreseen, s_max) if foreseen else []
        # Who did not answer in time is asked again, or there is no time for that either.
        self._answers = dict(zip(foreseen, answers, strict=True)) if time.monotonic() < deadline else {}

    def end(self) -> None:
        """From here on everything is asked anew."""
        self._answers, self._within = {}, False

    def calls(self, asked: Sequence[Question], s_max: float = ANSWER_S_MAX) -> list[Any]:
        """See `Wire.calls`."""
        if not self._within:
            return self._bus.calls(asked, s_max)
        if len(self._asked) < ASKED_MAX:
            self._asked.update(dict.fromkeys(asked))
        unknown = [question for question in asked if question not in self._answers]
        if unknown:
            self._answers.update(zip(unknown, self._bus.calls(unknown, s_max), strict=True))
        return [self._answers[question] for question in asked]
