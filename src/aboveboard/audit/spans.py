"""The contributor's own checks on time: what was recorded, what was not, and that nothing lies where nothing may.

Pure functions over bodies that the person's own key has opened. Times are microseconds since 1970.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aboveboard.audit.report import Check, judged
from aboveboard.core.columns import decode_column
from aboveboard.core.errors import Corrupt
from aboveboard.core.events import Gap, KeptEvent, PointerPath, Text

# Gaps in which nothing at all may lie. Other reasons (an application, a category) withhold some input, not all of it.
NOTHING_KEPT = frozenset(
    {"not_started", "paused", "opted_out", "no_policy", "no_consent", "no_quorum", "region", "no_indicator",
     "forgotten", "stopped"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """One opened segment, in the order of its chain."""

    seq: int
    session: str
    start_us: int
    end_us: int
    events: Sequence[KeptEvent]


@dataclass(frozen=True, slots=True)
class Interval:
    """From from_us until until_us. why: for the report."""

    from_us: int
    until_us: int
    why: str = ""


def extent(event: KeptEvent) -> tuple[int, int]:
    """When it began and ended; equal for what has no length. Raises Corrupt when its own columns contradict it."""
    if isinstance(event, (Text, Gap)):
        return event.t_us, event.end_us
    if isinstance(event, PointerPath):
        if not event.n:
            return event.t_us, event.t_us
        offsets = decode_column(event.t, event.n)
        return event.t_us + int(offsets.min()), event.t_us + int(offsets.max())
    return event.t_us, event.t_us


def kept_in(event: KeptEvent, interval: Interval) -> bool:
    """Whether any of it lies within the interval; touching its edge is allowed.

    A pointer path is judged sample by sample: one that ends at the pause and goes on after it was not kept in it.
    """
    if isinstance(event, PointerPath) and event.n:
        times = decode_column(event.t, event.n) + event.t_us
        return bool(((times > interval.from_us) & (times < interval.until_us)).any())
    start, end = extent(event)
    if start == end:
        return interval.from_us < start < interval.until_us
    return max(start, interval.from_us) < min(end, interval.until_us)


def gaps(spans: Iterable[Span]) -> list[Gap]:
    return [event for span in spans for event in span.events if isinstance(event, Gap)]


def check_contiguous(spans: Sequence[Span]) -> Check:
    """Within a session each segment starts where the one before it ended; sessions don't interleave or overlap."""
    problems: list[str] = []
    seen: set[str] = set()
    for before, span in zip([None, *spans], spans, strict=False):
        if span.end_us < span.start_us:
            problems.append(f"segment {span.seq} ends before it starts")
        if before is not None and before.session == span.session:
            if span.start_us != before.end_us:
                problems.append(f"segment {span.seq} does not start where segment {before.seq} ended")
            continue
        if span.session in seen:
            problems.append(f"segment {span.seq} goes on with a session that had ended")
        seen.add(span.session)
        if before is not None and span.start_us < before.end_us:
            problems.append(f"segment {span.seq} starts before segment {before.seq} ended")
    return judged(
        "spans_contiguous", problems, f"{len(spans)} segments in {len(seen)} sessions, without a break in one"
    )


def check_events_in_span(spans: Sequence[Span]) -> Check:
    """Every event lies in its segment's span. A Gap may reach back to the last session's end, to explain the time
    between."""
    problems: list[str] = []
    count, last_end = 0, None
    for span in spans:
        earliest = span.start_us if last_end is None else min(last_end, span.start_us)
        for event in span.events:
            count += 1
            try:
                start, end = extent(event)
            except Corrupt as error:
                problems.append(f"segment {span.seq}: an event can't be read: {error}")
                continue
            first = earliest if isinstance(event, Gap) else span.start_us
            if not first <= start <= end <= span.end_us:
                problems.append(f"segment {span.seq}: a {event.__struct_config__.tag} lies outside the segment's time")
        last_end = span.end_us
    return judged("events_in_span", problems, f"{count} events, each within the time its segment says")


def check_nothing_while_paused(spans: Sequence[Span], journal: Sequence[Interval]) -> Check:
    """Nothing lies in a gap that lets nothing through, nor in a pause of the laptop's own journal."""
    quiet = [Interval(gap.t_us, gap.end_us, gap.reason) for gap in gaps(spans) if gap.reason in NOTHING_KEPT]
    quiet += [Interval(pause.from_us, pause.until_us, "paused, by the laptop's journal") for pause in journal]
    problems = [
        f"segment {span.seq}: a {event.__struct_config__.tag} was kept while {interval.why}"
        for span in spans
        for event in span.events
        if not isinstance(event, Gap)
        for interval in quiet
        if kept_in(event, interval)
    ]
    return judged("nothing_while_paused", problems, f"{len(quiet)} times without recording, and nothing lies in one")


def check_pauses_marked(spans: Sequence[Span], journal: Sequence[Interval]) -> Check:
    """Each pause of the laptop's journal, as far as segments cover its time, is a gap there too."""
    covered = merge([Interval(g.t_us, g.end_us) for g in gaps(spans) if g.reason in NOTHING_KEPT])
    problems = []
    for pause in journal:
        for span in spans:
            low, high = max(pause.from_us, span.start_us), min(pause.until_us, span.end_us)
            if low < high and not any(each.from_us <= low and high <= each.until_us for each in covered):
                problems.append(f"segment {span.seq} does not mark a pause of the journal as a gap")
    return judged(
        "pauses_marked", problems, f"{len(journal)} pauses in the laptop's journal, each marked where recorded"
    )


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as a sorted list without overlaps."""
    out: list[Interval] = []
    for each in sorted(intervals, key=lambda i: (i.from_us, i.until_us)):
        if out and each.from_us <= out[-1].until_us:
            out[-1] = Interval(out[-1].from_us, max(out[-1].until_us, each.until_us))
        else:
            out.append(each)
    return out


def check_holes_explained(spans: Sequence[Span]) -> Check:
    """From the first segment's start to the last one's end every instant lies in a segment or in a Gap."""
    found = gaps(spans)
    known = merge([*(Interval(s.start_us, s.end_us) for s in spans), *(Interval(g.t_us, g.end_us) for g in found)])
    problems = [
        f"{(later.from_us - earlier.until_us) / 1e6:.3f} s between two segments are in no segment and no gap"
        for earlier, later in itertools.pairwise(known)
    ]
    reasons = ", ".join(sorted({gap.reason for gap in found})) or "none"
    return judged("holes_explained", problems, f"{len(found)} gaps, each with its reason: {reasons}")
