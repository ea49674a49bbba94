"""What is sent, and when not: on a connection paid by volume, and beyond the day's budget of policy or person."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from aboveboard.core.events import Button, Gap, Redacted
from aboveboard.core.ids import DeviceId, EpochId
from aboveboard.core.narrowing import Narrowing
from aboveboard.core.policy import CategoryTerms
from aboveboard.core.proof import BatchProof
from aboveboard.recorder import network
from aboveboard.recorder.home import Home, json_bytes
from aboveboard.recorder.seal import Sealer, Sent
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.upload import Uplink
from tests.support.laptop import Laptop


class Willing(Uplink):
    """A collector that takes segments."""

    def __init__(self, home: Home) -> None:
        super().__init__(home.config())
        self.taken: list[int] = []
        self.keeps = True

    def segment(self, device: DeviceId, seq: int, data: bytes) -> bool:
        self.taken.append(seq)
        return self.keeps

    def segment_proof(self, device: DeviceId, seq: int) -> BatchProof | None:
        return None

    def deposit_with_collector(self, epoch: EpochId, body: bytes) -> None:
        """Taken."""


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[tuple[Sender, Willing]]:
    """With two segments of 600 KB to send, under a policy of 1 MB a day."""
    laptop = Laptop(tmp_path)
    for seq in range(2):
        laptop.home.write(bytes(600_000), "outbox", f"{seq:012d}.seg")
        laptop.home.write(json_bytes(Sent("0" * 64, 0, 1)), "outbox", f"{seq:012d}.json")
    uplink = Willing(laptop.home)
    sealer = Sealer(
        laptop.home, laptop.spool, laptop.consents.contributor, laptop.consents.device, laptop.home.key("device")
    )  # fmt: skip
    made = Sender(laptop.home, uplink, laptop.consents, sealer, laptop.clock)
    made.policy = laptop.world.policy(data_mb_per_day=1)
    yield made, uplink
    made.stop()


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def test_the_days_budget_is_the_policys(sender: tuple[Sender, Willing]) -> None:
    made, uplink = sender
    made.start()
    _until(lambda: bool(uplink.taken) and "budget" in made.problem)
    assert uplink.taken == [0]


def test_or_the_persons_own_when_that_is_stricter(sender: tuple[Sender, Willing]) -> None:
    made, uplink = sender
    made.narrowing = Narrowing(data_mb_per_day=0)
    made.start()
    _until(lambda: "budget" in made.problem)
    assert uplink.taken == []


def test_nothing_is_sent_on_a_connection_paid_by_volume_unless_the_person_says_so(
    sender: tuple[Sender, Willing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_metered", lambda: True)
    made, uplink = sender
    made.start()
    _until(lambda: "paid by volume" in made.problem)
    assert uplink.taken == []
    made.send_metered = True
    made.wake()
    _until(lambda: bool(uplink.taken))


def test_what_came_too_late_to_be_kept_is_counted_and_stays_on_the_laptop(sender: tuple[Sender, Willing]) -> None:
    made, uplink = sender
    uplink.keeps = False
    made.start()
    _until(lambda: made.counts()["came_too_late"] == 1)
    assert made.counts()["sent_segments"] == 1
    assert made._home.path("sent", "000000000000.seg").exists()


def test_what_could_not_leave_within_its_days_of_keeping_is_deleted_and_the_gap_says_so(tmp_path: Path) -> None:
    """Weeks without a connection, by a clock that is set: the collector is never reached."""
    laptop = Laptop(tmp_path)
    days = 10
    terms = CategoryTerms(("train-agents",), "the agent has to see what was done", days, ("agents group",))
    longer = msgspec.structs.replace(terms, retention_days=days + 30)
    policy = laptop.put(review_hold_minutes=43_200, categories={"pointer": terms, "keys": longer})
    day_us = 24 * 3600 * 1_000_000
    begun_us = laptop.clock.now_us()
    events = (Button(begun_us + 1, 5, 5, 1, True), Button(begun_us + day_us, 5, 5, 1, True))
    for event in events:
        laptop.spool.append(
            [Redacted(event, "chromium")], session="5" * 32, policy=policy.policy_id, consent="c" * 64, epoch="e" * 32,
            start_us=event.t_us, end_us=event.t_us + 1,
        )  # fmt: skip
    sealer = Sealer(
        laptop.home, laptop.spool, laptop.consents.contributor, laptop.consents.device, laptop.home.key("device")
    )  # fmt: skip
    sender = Sender(laptop.home, Uplink(laptop.home.config()), laptop.consents, sealer, laptop.clock)
    sender.policy = policy
    laptop.clock.advance(days * day_us + day_us // 2)  # the first is too old, the second is not
    sender.start()
    _until(lambda: sender.counts()["deleted_for_age"] == 1)
    sender.stop()
    left = [event for _, chunk in laptop.spool.chunks() for event in chunk.events]
    assert left == [Gap(events[0].t_us, events[0].t_us + 1, "forgotten"), events[1]]
