"""What contributors say better of their tasks: of each the newest, by the one whose task it is.

A correction comes after what it corrects, often in another session, and so once episodes are made: it is held against
their IDs, which say whose they are, of which session, and when they were begun.
"""

from __future__ import annotations

from typing import NamedTuple

from aboveboard.core.events import Correction
from aboveboard.datasets.episodes import pseudonym
from aboveboard.datasets.parts import Parts
from aboveboard.datasets.reader import Opened


class _Said(NamedTuple):
    """In the order in which one counts over another."""

    t_us: int
    device: str
    seq: int
    description: str
    segment: str


class Corrections:
    """salt: the dataset's own, see episodes.episodes_of."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt
        self._newest: dict[str, _Said] = {}  # by episode ID

    def take(self, opened: Opened) -> None:
        granted = opened.granted
        for event in opened.body.events:
            if isinstance(event, Correction):
                episode = pseudonym(self._salt, "episode", granted.contributor, event.session, str(event.task_us))
                said = _Said(event.t_us, granted.device, granted.seq, event.description, granted.segment)
                self._newest[episode] = max(said, self._newest.get(episode, said))

    def apply(self, parts: Parts) -> None:
        """To declared episodes. Where there is none of that name there is nothing to correct."""
        for episode, said in self._newest.items():
            summary = parts.summaries.get(episode)
            if summary is not None and "undeclared" not in summary.flags:
                parts.correct(episode, said.description, said.segment)
