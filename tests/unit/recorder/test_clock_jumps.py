"""A clock that is set, and a machine that slept: what has no time is not kept, the hole is said, and it goes on."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from aboveboard.core.events import Button, Gap
from aboveboard.recorder.steady import Jumped, Steady
from tests.support.laptop import Laptop
from tests.support.scripted import NOON_US, Recording

HOUR_US = 3_600_000_000


class Clocks:
    """Of a machine: the one on the wall, and the one nobody sets. µs."""

    def __init__(self) -> None:
        self.wall_us, self.steady_us = NOON_US, 5_000_000

    def steady(self) -> Steady:
        return Steady(lambda: self.wall_us * 1000, lambda: self.steady_us * 1000)

    def pass_us(self, us: int) -> None:
        self.wall_us += us
        self.steady_us += us


@pytest.mark.parametrize("jump_us", [HOUR_US, -HOUR_US, 1_100_000])
def test_a_jump_is_told_once(jump_us: int) -> None:
    clocks = Clocks()
    steady = clocks.steady()
    clocks.pass_us(2_000_000)
    steady.check()
    clocks.pass_us(3_000_000)
    clocks.wall_us += jump_us
    with pytest.raises(Jumped) as told:
        steady.check()
    assert told.value.last_us == NOON_US + 2_000_000
    steady.check()


def test_a_clock_that_is_slewed_or_read_late_does_not_jump() -> None:
    clocks = Clocks()
    steady = clocks.steady()
    for _ in range(100):
        clocks.pass_us(30_000_000)
        clocks.wall_us += 15_000  # 500 ppm
        steady.check()


def test_after_a_sleep_the_hole_is_said_and_nothing_of_before_lies_after_it(tmp_path: Path) -> None:
    recording, clocks = Recording(tmp_path), Clocks()
    recording.pipeline.steady = clocks.steady()
    recording.click(NOON_US + 10_000)
    recording.step()
    clocks.pass_us(100_000)
    recording.pipeline.steady.check()
    recording.click(NOON_US + 120_000)  # not read before it slept: by the old measure of time
    recording.clock.advance(HOUR_US)
    clocks.wall_us += HOUR_US
    with pytest.raises(Jumped) as told:
        recording.pipeline.step(0.0)
    recording.pipeline.end_at(told.value.last_us)
    events = [event for _, chunk in recording.spool.chunks() for event in chunk.events]
    assert [event.t_us for event in events if isinstance(event, Button)] == [NOON_US + 10_000, NOON_US + 11_000]
    gaps = [event for event in events if isinstance(event, Gap)]
    assert [gap.reason for gap in gaps] == ["source_lost"]
    assert gaps[0].t_us <= NOON_US + 120_000
    assert gaps[0].end_us == NOON_US + 100_000 + HOUR_US


def test_a_recorder_goes_on_by_itself_and_never_twice_over_the_same_time(tmp_path: Path) -> None:
    laptop, clocks = Laptop(tmp_path), Clocks()
    laptop.put()
    recorder = laptop.start()
    recorder.agree(laptop.policy.policy_id if laptop.policy else "")
    laptop.until(lambda: recorder.state == "recording")
    laptop.click()
    laptop.until(lambda: recorder.status()["counters"]["kept"].get("buttons", 0) == 2)
    assert recorder.recording.pipeline is not None
    recorder.recording.pipeline.steady = clocks.steady()
    clocks.wall_us = laptop.clock.now_us()
    recorder.recording.pipeline.steady.check = lambda: _jump(laptop.clock.now_us())  # type: ignore[method-assign]
    laptop.clock.advance(-HOUR_US)
    recorder.recording.wake()
    laptop.until(lambda: "set back" in recorder.status()["problem"])
    laptop.click()
    laptop.clock.advance(HOUR_US + 1_000_000)
    recorder.recording.wake()
    laptop.until(lambda: recorder.state == "recording" and recorder.problem == "")
    laptop.click()
    laptop.until(lambda: recorder.status()["counters"]["kept"].get("buttons", 0) == 4)
    laptop.stop()
    spans = [(chunk.session, chunk.start_us, chunk.end_us) for _, chunk in laptop.spool.chunks()]
    assert len({session for session, _, _ in spans}) == 2
    assert all(before[2] <= after[1] for before, after in itertools.pairwise(spans))


def _jump(now_us: int) -> None:
    raise Jumped(now_us + HOUR_US)
