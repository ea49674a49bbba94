"""The person's checks on time: holes, events outside their segment, and anything kept in a pause are seen."""

from __future__ import annotations

import numpy as np
import pytest

from aboveboard.audit.spans import (
    Interval,
    Span,
    check_contiguous,
    check_events_in_span,
    check_holes_explained,
    check_nothing_while_paused,
    check_pauses_marked,
)
from aboveboard.core.columns import encode_column
from aboveboard.core.events import Button, Gap, KeptEvent, PointerPath, Text


def _span(seq: int, start: int, end: int, *events: KeptEvent, session: str = "s") -> Span:
    return Span(seq, session, start, end, events)


def _path(*times: int) -> PointerPath:
    column = np.array(times, dtype=np.int64)
    zero = encode_column(np.zeros(len(times), dtype=np.int64))
    return PointerPath(times[0], len(times), encode_column(column - times[0]), zero, zero)


def test_a_hole_between_segments_of_a_session_is_seen() -> None:
    assert check_contiguous([_span(0, 0, 10), _span(1, 10, 20)]).result == "holds"
    assert check_contiguous([_span(0, 0, 10), _span(1, 11, 20)]).result == "fails"
    assert check_contiguous([_span(0, 0, 10), _span(1, 9, 20, session="t")]).result == "fails"
    assert check_contiguous([_span(0, 0, 10), _span(1, 12, 20, session="t"), _span(2, 20, 30)]).result == "fails"


def test_an_event_outside_its_segment_is_seen() -> None:
    assert check_events_in_span([_span(0, 0, 10, _path(1, 5, 9))]).result == "holds"
    for event in (_path(1, 5, 11), Button(-1, 0, 0, 1, True), Text(5, 12, "x"), Gap(-5, 2, "stopped")):
        assert check_events_in_span([_span(0, 0, 10, event)]).result == "fails", event


@pytest.mark.parametrize("event", [Button(15, 0, 0, 1, True), Text(8, 12, "x"), _path(9, 15, 25)])
def test_anything_kept_in_a_pause_is_seen(event: KeptEvent) -> None:
    gap = Gap(10, 20, "paused")
    assert check_nothing_while_paused([_span(0, 0, 30, gap, event)], []).result == "fails"
    assert check_nothing_while_paused([_span(0, 0, 30, event)], [Interval(10, 20)]).result == "fails"
    assert check_nothing_while_paused([_span(0, 0, 30, event)], []).result == "holds"


def test_a_path_that_ends_at_the_pause_and_goes_on_after_it_is_allowed() -> None:
    assert check_nothing_while_paused([_span(0, 0, 30, _path(5, 10, 20, 25))], [Interval(10, 20)]).result == "holds"


def test_a_pause_that_the_recording_does_not_mark_is_seen() -> None:
    marked = _span(0, 0, 30, Gap(9, 21, "paused"))
    assert check_pauses_marked([marked], [Interval(10, 20)]).result == "holds"
    assert check_pauses_marked([_span(0, 0, 30)], [Interval(10, 20)]).result == "fails"
    assert check_pauses_marked([_span(0, 0, 30, Gap(10, 15, "paused"))], [Interval(10, 20)]).result == "fails"


def test_time_in_no_segment_and_no_gap_is_seen() -> None:
    spans = [_span(0, 0, 10), _span(1, 20, 30, session="t")]
    assert check_holes_explained(spans).result == "fails"
    explained = [spans[0], _span(1, 20, 30, Gap(10, 20, "stopped"), session="t")]
    assert check_holes_explained(explained).result == "holds"
