"""What a task was is said better: in its place while it waits, behind it once it is sealed; and gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from aboveboard.audit.laptop import read_laptop
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.events import Correction, KeptEvent, Task
from aboveboard.recorder.control import answer
from aboveboard.recorder.copies import open_copy
from aboveboard.recorder.leaving import ask_deletion
from aboveboard.recorder.pipeline import Mark
from aboveboard.recorder.recorder import EVER_US, Recorder
from aboveboard.recorder.review.look import Look
from aboveboard.recorder.waiting import waiting_rows
from tests.support.laptop import Laptop

HOUR_US = 3600 * 1_000_000


class Office:
    """A laptop on which a task was done."""

    def __init__(self, folder: Path) -> None:
        self.laptop = Laptop(folder)
        self.laptop.put()
        self.recorder: Recorder = self.laptop.start()
        self.recorder.agree(self.recorder.status()["policy"])
        self.laptop.until(lambda: self.recorder.state == "recording")
        self.recorder.task(Mark("start", "call 0151 23456789 for papers"))
        self.laptop.click()
        self.recorder.task(Mark("stop", "", "success"))
        self.recorder.settle()
        self.begun_us = next(e.t_us for e in self.events() if isinstance(e, Task))

    def events(self) -> list[KeptEvent]:
        return [event for _, chunk in self.laptop.spool.chunks() for event in chunk.events]

    def seal(self) -> None:
        """Everything up to now; it can't leave, since there is nobody to take it."""
        self.recorder.settle()
        sender = self.recorder._p.sender
        sender.holding(lambda: sender._sealer.seal_ready(EVER_US))
        assert self.laptop.spool.names() == []

    def opened(self) -> list[KeptEvent]:
        home = self.laptop.home
        names = sorted(path.name for path in home.path("outbox").glob("*.seg"))
        return [event for name in names for event in open_copy(home, "outbox", name)[1].events]

    def told(self) -> list[tuple[str, str, bool]]:
        return [(each.description, each.where, each.corrected) for each in self.recorder.tasks(0)]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.recorder.stop()


def test_what_waits_is_changed_where_it_lies(office: Office) -> None:
    assert office.told() == [("call <PHONE_1> for papers", "waiting", False)]
    assert office.recorder.correct(office.begun_us, "call 0151 23456789 for paper")
    assert office.told() == [("call <PHONE_0> for paper", "waiting", False)]
    office.seal()
    assert not any(isinstance(event, Correction) for event in office.opened())
    assert [e.description for e in office.opened() if isinstance(e, Task)] == ["call <PHONE_0> for paper", ""]


def test_behind_what_is_sealed_goes_a_body_of_its_own_under_the_same_terms(office: Office) -> None:
    """Also while paused, and the session that is being recorded goes on around it."""
    office.seal()
    office.recorder.pause("until-resumed")
    office.laptop.clock.advance(HOUR_US)
    assert not office.recorder.correct(office.begun_us, "one")
    assert not office.recorder.correct(office.begun_us, "two")
    assert office.told() == [("two", "waiting", True)]
    assert [row["texts"][0]["text"] for row in waiting_rows(office.laptop.spool) if row["kind"] == "correction"] == [
        "two"
    ]
    assert [each.description for each in Look(office.laptop.spool).corrections()] == ["two"]
    office.recorder.resume()
    office.laptop.click()
    office.seal()
    assert [e.description for e in office.opened() if isinstance(e, Correction)] == ["two"]
    assert office.told() == [("two", "sealed", True)]
    home = office.laptop.home
    bodies = [open_copy(home, "outbox", path.name) for path in sorted(home.path("outbox").glob("*.seg"))]
    [word] = [each for each in bodies if any(isinstance(event, Correction) for event in each[1].events)]
    assert (word[0].policy, word[0].consent, word[0].epoch) == (
        bodies[0][0].policy, bodies[0][0].consent, bodies[0][0].epoch
    )  # fmt: skip
    spans = [each.span for each in read_laptop(home.folder).segments if each.span is not None]
    assert len(spans) == len(bodies) - 1, "for the audit it covers no time, and so lies in no pause"


def test_the_newest_counts_also_when_the_clock_was_set_back(office: Office) -> None:
    office.seal()
    office.laptop.clock.advance(HOUR_US)
    office.recorder.correct(office.begun_us, "one")
    office.seal()
    office.laptop.clock.advance(-HOUR_US // 2)
    office.recorder.correct(office.begun_us, "two")
    assert office.told() == [("two", "waiting", True)]


def test_a_correction_goes_with_what_it_speaks_of(office: Office) -> None:
    office.seal()
    office.laptop.clock.advance(HOUR_US)
    office.recorder.correct(office.begun_us, "one")
    sender = office.recorder._p.sender
    assert len(sender.sent_within(office.begun_us, office.begun_us + 1)) == 1
    assert office.laptop.spool.forget(office.begun_us + 1, office.begun_us + 2) == 0
    assert office.laptop.spool.forget(office.begun_us, office.begun_us + 1) == 1
    assert not any(isinstance(event, Correction) for event in office.events())
    office.recorder.correct(office.begun_us, "one")
    office.seal()
    assert len(sender.sent_within(office.begun_us, office.begun_us + 1)) == 2
    office.recorder.forget(office.begun_us, office.begun_us + 1)
    assert office.told() == []
    with pytest.raises(Refused, match="task list"):
        office.recorder.correct(office.begun_us, "two")


def test_what_was_given_up_or_never_was_is_not_corrected(office: Office) -> None:
    with pytest.raises(Refused, match="task list"):
        office.recorder.correct(office.begun_us + 1, "another")
    with pytest.raises(BadInput, match="2000"):
        office.recorder.correct(office.begun_us, "x" * 2001)
    office.seal()
    laptop = office.laptop
    assert laptop.policy is not None
    laptop.consents.say("withdrawn", laptop.policy, "notice")
    with pytest.raises(Refused, match="withdrawn"):
        office.recorder.correct(office.begun_us, "two")
    ask_deletion(laptop.home, laptop.consents, laptop.clock, "all")
    with pytest.raises(Refused, match="asked to be deleted"):
        office.recorder.correct(office.begun_us, "two")
    assert office.events() == []


def test_a_number_that_is_none_is_refused(office: Office) -> None:
    for bad in ({}, {"task": "1"}, {"task": True}, {"task": 0}, {"task": 1 << 62}):
        with pytest.raises(BadInput, match="task"):
            answer(office.recorder, office.laptop.clock.now_us, {"do": "task_correct", "description": "x", **bad})
    told = answer(office.recorder, office.laptop.clock.now_us, {"do": "tasks", "last_s": 60})["tasks"]
    assert told == msgspec.to_builtins(office.recorder.tasks(0))
