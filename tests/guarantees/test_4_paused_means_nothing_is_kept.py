"""Guarantee 4: from the moment `pause` returns until `resume`, nothing reaches memory that outlives the event."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from aboveboard.audit.spans import Interval, kept_in
from aboveboard.core.events import Gap, PointerPath, Text
from tests.support.scripted import NOON_US, Recording


def test_what_is_done_while_paused_is_not_kept_and_the_gap_says_so(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.click(NOON_US + 10_000)
    recording.step()
    recording.pauses.pause(None)
    begun = recording.clock.now_us()
    recording.type(begun + 1000, "while paused")
    recording.click(begun + 50_000)
    recording.move(begun + 60_000, begun + 61_000)
    recording.step(500_000)
    recording.pauses.resume()
    ended = recording.clock.now_us()
    recording.click(ended + 50_000)
    recording.step()
    events = recording.kept()
    paused = Interval(begun, ended)
    assert not [event for event in events if not isinstance(event, Gap) and kept_in(event, paused)]
    gaps = [event for event in events if isinstance(event, Gap) and event.reason == "paused"]
    assert min(gap.t_us for gap in gaps) <= begun
    assert max(gap.end_us for gap in gaps) >= ended
    assert sum(type(event).__name__ == "Button" for event in events) == 4  # the clicks before and after


def test_what_was_buffered_before_the_pause_but_read_after_it_is_judged_by_its_own_time(tmp_path: Path) -> None:
    """The display delivers late: an event made in the pause and read after `resume` is still of the pause."""
    recording = Recording(tmp_path)
    recording.step()
    recording.pauses.pause(None)
    during = recording.clock.now_us() + 100_000
    recording.clock.advance(300_000)
    recording.pauses.resume()
    recording.click(during)
    recording.type(during + 20_000, "late")
    recording.step()
    assert [event for event in recording.kept() if not isinstance(event, Gap)] == []


def test_input_of_a_pause_that_is_read_after_it_takes_nothing_from_its_gap(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.click(NOON_US + 10_000)
    recording.step(50_000)
    recording.pauses.pause(None)
    begun = recording.clock.now_us()
    recording.step(50_000)
    recording.click(begun + 200_000)
    recording.clock.advance(350_000)
    recording.pauses.resume()
    ended = recording.clock.now_us()
    recording.step()
    gaps = sorted((event.t_us, event.end_us) for event in recording.kept() if isinstance(event, Gap))
    assert gaps[0][0] <= begun
    assert gaps[-1][1] >= ended
    assert all(before[1] >= after[0] for before, after in itertools.pairwise(gaps)), "all of it is gap"


def test_what_was_in_hand_when_the_pause_came_is_dropped_and_the_gap_reaches_back_to_it(tmp_path: Path) -> None:
    """A recorder that is late looks at a click only once it is paused: nobody may take that time for one of rest."""
    recording = Recording(tmp_path)
    recording.step(300_000)
    done = recording.clock.now_us() + 50_000
    recording.clock.advance(100_000)
    recording.pauses.pause(None)
    recording.click(done)
    recording.step()
    recording.pauses.resume()
    recording.step()
    gaps = [event for event in recording.kept() if isinstance(event, Gap)]
    assert {gap.reason for gap in gaps} == {"paused"}
    assert min(gap.t_us for gap in gaps) <= done


def test_a_pause_that_begins_and_ends_within_one_run_of_movement_is_cut_out_of_it(tmp_path: Path) -> None:
    """Movement is gathered: all of it may be read at once, after `resume`."""
    recording = Recording(tmp_path)
    recording.step()
    before = recording.clock.now_us()
    recording.clock.advance(200_000)
    recording.pauses.pause(None)
    begun = recording.clock.now_us()
    recording.clock.advance(200_000)
    recording.pauses.resume()
    ended = recording.clock.now_us()
    recording.clock.advance(200_000)
    recording.move(*range(before + 1000, ended + 190_000, 5000))
    recording.step()
    kept = [event for event in recording.kept() if isinstance(event, PointerPath)]
    assert len(kept) == 2, "what lies before and after it stays"
    assert not [event for event in kept if kept_in(event, Interval(begun, ended))]


def test_what_was_half_typed_when_the_pause_came_is_dropped(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.type(NOON_US + 10_000, "half a word")
    recording.step()
    recording.pauses.pause(None)
    recording.step()
    recording.pauses.resume()
    recording.step()
    assert [event for event in recording.kept() if isinstance(event, Text)] == []


def test_a_pause_outlives_a_restart(tmp_path: Path) -> None:
    first = Recording(tmp_path)
    first.pauses.pause(None)
    first.kept()
    again = Recording(tmp_path)
    again.click(again.clock.now_us() + 1000)
    again.step()
    assert again.shown[-1] == "paused"
    assert all(isinstance(event, Gap) for event in again.kept())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["click", "type", "move", "pause", "resume"]), st.integers(1, 400)), max_size=25)
)
@example([("click", 1), ("pause", 1)])  # its release is a µs after the clock by which the pause begins
def test_whatever_the_order_nothing_kept_lies_in_a_pause(script: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recording = Recording(Path(folder))
        pauses: list[Interval] = []
        since: int | None = None
        for what, ms in script:
            now = recording.clock.now_us()
            match what:
                case "click":
                    recording.click(now + 1)
                case "type":
                    recording.type(now + 1, "abc")
                case "move":
                    recording.move(now + 1, now + 5000, now + 9000)
                case "pause":
                    recording.pauses.pause(None)
                    since = now if since is None else since
                case "resume":
                    recording.pauses.resume()
                    if since is not None and now > since:
                        pauses.append(Interval(since, now))
                    since = None
            recording.step(ms * 1000)
        if since is not None:
            pauses.append(Interval(since, recording.clock.now_us() + 1_000_000))
        events = recording.kept()
        chunks = [chunk for _, chunk in recording.spool.chunks()]
    kept = [event for event in events if not isinstance(event, Gap)]
    assert not [(event, pause) for event in kept for pause in pauses if kept_in(event, pause)]
    for before, after in itertools.pairwise(chunks):
        assert before.end_us == after.start_us, "every instant is in a chunk"
