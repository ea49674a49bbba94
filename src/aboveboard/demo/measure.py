"""Figures from what was unsealed, against what the script sent. Pure: no files, no clocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aboveboard.core.clock import US_PER_S
from aboveboard.core.columns import decode_column
from aboveboard.core.events import Box, Button, Gap, KeptEvent, Key, PointerPath, Scroll, Text


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time [start_us, end_us) in which the script did something on purpose."""

    name: str
    start_us: int
    end_us: int

    def holds(self, t_us: int) -> bool:
        return self.start_us <= t_us < self.end_us


@dataclass(frozen=True, slots=True)
class KeptInput:
    """One kept input event. x, y are -1 for keys and text."""

    kind: str
    t_us: int
    x: int = -1
    y: int = -1
    count: int = 1


def kept_inputs(events: Iterable[KeptEvent]) -> Iterator[KeptInput]:
    """Every input event that was kept, pointer samples one by one; a text counts its key presses."""
    for event in events:
        match event:
            case PointerPath():
                times = event.t_us + decode_column(event.t, event.n)
                xs, ys = decode_column(event.x, event.n), decode_column(event.y, event.n)
                for t_us, x, y in zip(times.tolist(), xs.tolist(), ys.tolist(), strict=True):
                    yield KeptInput("motion", t_us, x, y)
            case Button():
                yield KeptInput("button", event.t_us, event.x, event.y)
            case Scroll():
                yield KeptInput("wheel", event.t_us, event.x, event.y, abs(event.dx) + abs(event.dy))
            case Key():
                yield KeptInput("key", event.t_us)
            case Text():
                yield KeptInput("text", event.end_us, count=max(event.keys, 1))
            case _:
                pass


def inside(box: Box, x: int, y: int) -> bool:
    """Whether the point lies in (x, y, width, height)."""
    return box[0] <= x < box[0] + box[2] and box[1] <= y < box[1] + box[3]


def count_within(inputs: Iterable[KeptInput], spans: Sequence[Span]) -> int:
    """How many kept events lie in any of the spans."""
    return sum(item.count for item in inputs if any(span.holds(item.t_us) for span in spans))


def count_over(inputs: Iterable[KeptInput], spans: Sequence[Span], box: Box) -> int:
    """How many kept events within the spans went to the window at `box`: pointer over it, or any key at all."""
    return sum(
        item.count
        for item in inputs
        if any(span.holds(item.t_us) for span in spans) and (item.x < 0 or inside(box, item.x, item.y))
    )


def gap_seconds(events: Iterable[KeptEvent]) -> dict[str, float]:
    """Seconds withheld by reason, most first."""
    totals: Counter[str] = Counter()
    for event in events:
        if isinstance(event, Gap):
            totals[event.reason] += event.end_us - event.t_us
    return {reason: us / US_PER_S for reason, us in totals.most_common()}


def pointer_lost(sent: Sequence[tuple[int, int, int]], events: Iterable[KeptEvent], spans: Sequence[Span]) -> int:
    """Pointer positions the script sent within the spans that are not among those kept, in order.

    sent: (t_us, x, y) in order. A kept path is a subsequence of what was sent; what is missing from it was lost.
    """
    wanted = [(x, y) for t_us, x, y in sent if any(span.holds(t_us) for span in spans)]
    have = [(item.x, item.y) for item in kept_inputs(events) if item.kind == "motion"]
    at = 0
    lost = 0
    for position in wanted:
        try:
            at = have.index(position, at, at + LOOK_AHEAD) + 1
        except ValueError:
            lost += 1
    return lost


LOOK_AHEAD = 4000  # positions: bounds the search; a hand makes 125 a second
