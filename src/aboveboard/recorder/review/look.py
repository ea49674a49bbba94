"""What has not left yet as days and stretches, in bounded memory: of a chunk, or of a segment that is sealed and waits
for its way, only who was in front, the holes and the tasks stay.

A stretch is opened whole when it is looked at. It is called by the moment it starts at, so that a link still leads to
it when others have been sent or deleted meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from aboveboard.core.events import Correction, Crop, Focus, Frame, Gap, KeptEvent, PointerPath, Task, Text
from aboveboard.recorder.replay.story import Body, Hole, Stretch, corrections, tell
from aboveboard.recorder.review.outbox import Outbox
from aboveboard.recorder.spool.spool import Spool


@dataclass(frozen=True, slots=True, repr=False)
class Light:
    """A chunk without its weight. See story.Body; runs of what is left out are one empty path each."""

    session: str
    start_us: int
    end_us: int
    events: tuple[KeptEvent, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A chunk or segment that waits. See story.Piece; segment: its name in spool or outbox."""

    segment: str
    body: Light
    stored: int  # bytes
    texts: int
    pictures: int


@dataclass(frozen=True, slots=True, repr=False)
class Whole:
    """A chunk or segment as it is. See story.Piece."""

    segment: str
    body: Body


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """A stretch with all of its events, and what it lies in. sealed: some of it is on its way."""

    stretch: Stretch
    chunks: tuple[Whole, ...]

    @property
    def sealed(self) -> bool:
        return any(is_sealed(each.segment) for each in self.chunks)


def is_sealed(name: str) -> bool:
    return name.endswith(".seg")


class Look:
    """Any thread may call its methods."""

    def __init__(self, spool: Spool, outbox: Outbox | None = None) -> None:
        self._spool, self._outbox = spool, outbox
        self._lock = threading.Lock()
        self._known: dict[str, tuple[tuple[int, int], Waiting]] = {}

    def waiting(self) -> list[Waiting]:
        """In order. What did not change since is not read again."""
        with self._lock:
            # The outbox first: what is sealed meanwhile is not seen for a moment, and never twice.
            sealed = self._outbox.stamps() if self._outbox is not None else {}
            stamps = {**sealed, **self._spool.stamps()}
            for name in self._known.keys() - stamps.keys():
                del self._known[name]
            for name, stamp in stamps.items():
                known = self._known.get(name)
                if known is not None and known[0] == stamp:
                    continue
                chunk = self.chunk(name)
                if chunk is None:
                    self._known.pop(name, None)
                else:
                    self._known[name] = (stamp, _waiting(name, chunk, stamp[1]))
            return [self._known[name][1] for name in stamps if name in self._known]  # sealed is older

    def told(self) -> tuple[tuple[Stretch, ...], tuple[Hole, ...]]:
        return tell(self.waiting())

    def corrections(self) -> list[Correction]:
        """Of tasks that were sealed before, oldest first."""
        return sorted(corrections(self.waiting()).values(), key=lambda each: each.t_us)

    def open(self, start_us: int) -> Opened | None:
        """None when it is not there any more: sent, or deleted."""
        light = next((each for each in self.told()[0] if each.start_us == start_us), None)
        if light is None:
            return None
        chunks = tuple(Whole(name, chunk) for name in light.segments if (chunk := self.chunk(name)) is not None)
        whole = next((each for each in tell(chunks)[0] if each.start_us == start_us), None)
        if whole is None:
            return None
        return Opened(replace(whole, number=light.number, before=light.before), chunks)

    def chunk(self, name: str) -> Body | None:
        if is_sealed(name):
            return self._outbox.read(name) if self._outbox is not None else None
        return self._spool.read(name)


def _waiting(name: str, chunk: Body, stored: int) -> Waiting:
    kinds = [type(event) for event in chunk.events]
    body = Light(chunk.session, chunk.start_us, chunk.end_us, tuple(_light(chunk.events)))
    return Waiting(name, body, stored, kinds.count(Text), kinds.count(Frame) + kinds.count(Crop))


def _light(events: Sequence[KeptEvent]) -> Iterator[KeptEvent]:
    within = False
    for event in events:
        if isinstance(event, Focus | Gap | Task | Correction):
            yield event
            within = False
        elif not within:
            yield PointerPath(event.t_us, 0, b"", b"", b"")
            within = True
