"""A source that goes away: nothing is recorded, the hole is said, and it goes on by itself; within bounds."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import Refused, Unavailable
from aboveboard.core.events import Gap
from aboveboard.recorder import loss
from aboveboard.recorder.loss import Loss
from aboveboard.recorder.pipeline import Mark
from aboveboard.recorder.recorder import Recorder
from tests.support.laptop import Laptop
from tests.support.scripted import ScriptedObserver


class Breakable(Laptop):
    """gone: no new source can be had."""

    gone = False

    def _observe(self) -> ScriptedObserver:
        if self.gone:
            raise Unavailable("the display can't be opened")
        return super()._observe()

    def lose(self, recorder: Recorder) -> None:
        self.gone = True
        self.observers[-1].lost = True
        recorder.recording.wake()
        self.until(lambda: "display" in recorder.problem)


@pytest.fixture
def laptop(tmp_path: Path) -> Breakable:
    laptop = Breakable(tmp_path)
    laptop.put()
    return laptop


def _recording(laptop: Breakable) -> Recorder:
    recorder = laptop.start()
    recorder.agree(laptop.policy.policy_id if laptop.policy else "")
    laptop.until(lambda: recorder.state == "recording")
    laptop.click()
    recorder.recording.wake()
    laptop.until(lambda: recorder.status()["counters"]["kept"].get("buttons", 0) == 2)
    return recorder


def test_it_goes_on_and_the_hole_is_a_gap_without_a_seam(laptop: Breakable) -> None:
    recorder = _recording(laptop)
    back: list[str] = []
    recorder.recording.on_back = lambda: back.append("back")
    laptop.lose(recorder)
    lost_us = laptop.clock.now_us()
    assert recorder.state == "not_allowed"
    with pytest.raises(Refused):
        recorder.task(Mark("start", "in the hole"))
    laptop.clock.advance(3_000_000)
    laptop.gone = False
    found_us = laptop.clock.now_us()
    recorder.recording.wake()
    laptop.until(lambda: recorder.state == "recording")
    assert (recorder.problem, back) == ("", ["back"])
    laptop.click()
    recorder.recording.wake()
    laptop.until(lambda: recorder.status()["counters"]["kept"].get("buttons", 0) == 4)
    laptop.stop()
    chunks = [chunk for _, chunk in laptop.spool.chunks()]
    assert len({chunk.session for chunk in chunks}) == 2
    assert all(before.end_us == after.start_us for before, after in itertools.pairwise(chunks))
    gaps = sorted(
        (e.t_us, e.end_us) for c in chunks for e in c.events if isinstance(e, Gap) and e.reason == "source_lost"
    )
    assert gaps[0][0] <= lost_us
    assert gaps[-1][1] >= found_us
    assert all(before[1] == after[0] for before, after in itertools.pairwise(gaps))


def test_after_leaving_and_agreeing_anew_the_hole_before_is_nobodys(laptop: Breakable) -> None:
    recorder = _recording(laptop)
    laptop.lose(recorder)
    recorder.opt_out("", delete=False)
    laptop.clock.advance(60_000_000)
    laptop.gone = False
    agreed_us = laptop.clock.now_us()
    recorder.agree(laptop.policy.policy_id if laptop.policy else "")
    laptop.until(lambda: recorder.state == "recording")
    laptop.click()
    recorder.recording.wake()
    laptop.until(lambda: recorder.status()["counters"]["kept"].get("buttons", 0) == 4)
    laptop.stop()
    assert min(chunk.start_us for _, chunk in laptop.spool.chunks()) >= agreed_us


def test_it_ends_when_what_is_gone_does_not_come_back(laptop: Breakable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss, "WAIT_S_MAX", 0.0)
    recorder = _recording(laptop)
    laptop.gone = True
    laptop.observers[-1].lost = True

    def stopped() -> bool:
        recorder.recording.wake()
        return recorder.recording.stopped.is_set()

    laptop.until(stopped)
    assert recorder.problem == "the display is gone"
    laptop.stop()


def test_the_first_reason_is_the_one_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FixedClock(7_000_000)
    waited = Loss(clock)
    assert waited.found() is None
    assert waited.lost("the display is gone", 5_000_000).startswith("the display is gone;")
    assert waited.lost("it can't be opened", 6_000_000).startswith("the display is gone;")
    assert waited.found() == 5_000_000
    assert waited.found() is None
    waited.lost("the display is gone", None)
    monkeypatch.setattr(loss, "WAIT_S_MAX", -1.0)
    with pytest.raises(Unavailable, match="the display is gone"):
        waited.lost("it can't be opened", None)
