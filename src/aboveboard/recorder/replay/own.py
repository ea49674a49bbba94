"""One's own sealed segments, fetched from the collector, checked, and opened with the epoch keys of this laptop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from aboveboard.core.errors import AboveboardError, Corrupt
from aboveboard.core.events import Task
from aboveboard.core.ids import SegmentId
from aboveboard.recorder.copies import epoch_key
from aboveboard.recorder.home import Home
from aboveboard.recorder.upload import Uplink
from aboveboard.wire.segment import Manifest, SegmentBody, check_chain, parse, unseal

SEGMENTS_MAX = 2000  # in memory at once


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """What a segment holds. Lives in memory only."""

    segment: SegmentId
    seq: int
    body: SegmentBody

    def as_said(self, said: Mapping[int, str]) -> Opened:
        """With tasks as their person says them now. said: by the moment of the start mark, µs."""
        events = tuple(
            msgspec.structs.replace(event, description=said[event.t_us])
            if isinstance(event, Task) and event.phase == "start" and event.t_us in said else event
            for event in self.body.events
        )  # fmt: skip
        return replace(self, body=msgspec.structs.replace(self.body, events=events))


@dataclass(frozen=True, slots=True)
class Closed:
    """A segment that can't be shown, and why."""

    segment: SegmentId
    seq: int
    why: str


@dataclass(frozen=True, slots=True)
class Own:
    """Oldest first. earlier: how many segments before these were left out."""

    opened: tuple[Opened, ...]
    closed: tuple[Closed, ...]
    earlier: int


def open_one(home: Home, uplink: Uplink, manifest: Manifest) -> Opened:
    """Raises an AboveboardError that says why it can't be shown."""
    sealed = parse(uplink.my_segment(manifest.seq))
    if sealed.manifest != manifest:
        raise Corrupt("the collector gave another segment than it lists")
    sealed.verify(home.key("device").verify_key)
    return Opened(manifest.segment_id, manifest.seq, unseal(sealed, epoch_key(home, manifest.epoch)))


def fetch(
    home: Home, uplink: Uplink, since_us: int, told: Callable[[int], None] = lambda _count: None,
    count_max: int = SEGMENTS_MAX,
) -> Own:  # fmt: skip
    """The newest segments back to `since_us` (µs since 1970). told: called with the count so far.

    Raises ChainError when the collector's list leaves one out or adds one, Unavailable when it can't be reached.
    """
    manifests = list(uplink.my_segments())
    for manifest in manifests:
        manifest.check()
    check_chain(manifests)
    opened: list[Opened] = []
    closed: list[Closed] = []
    looked = 0
    for manifest in reversed(manifests):
        if looked >= count_max or (opened and opened[-1].body.end_us < since_us):
            break
        looked += 1
        told(looked)
        try:
            opened.append(open_one(home, uplink, manifest))
        except AboveboardError as error:
            closed.append(Closed(manifest.segment_id, manifest.seq, str(error)))
    kept = _since(opened, since_us)
    return Own(tuple(reversed(kept)), tuple(reversed(closed)), len(manifests) - looked + len(opened) - len(kept))


def _since(opened: Sequence[Opened], since_us: int) -> list[Opened]:
    return [each for each in opened if each.body.end_us >= since_us]
