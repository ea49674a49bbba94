"""What is sent, and when not: on a connection paid by volume, and beyond the day's budget of policy or person."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import Button, Crop, Gap, Redacted
from aboveboard.core.ids import DeviceId, EpochId, PolicyId
from aboveboard.core.narrowing import Narrowing
from aboveboard.core.policy import CategoryTerms, Policy
from aboveboard.core.proof import BatchProof
from aboveboard.recorder import network
from aboveboard.recorder.departures import Departure, Departures, minute_of_day
from aboveboard.recorder.epochs import current_epoch
from aboveboard.recorder.home import Home, json_bytes
from aboveboard.recorder.seal import Sealer, Sent
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.upload import Uplink
from aboveboard.wire.segment import check_chain, parse
from tests.support.laptop import Laptop
from tests.support.world import World


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


def test_a_segment_that_no_day_has_room_for_is_said(sender: tuple[Sender, Willing]) -> None:
    made, uplink = sender
    made._home.write(bytes(1_200_000), "outbox", "000000000000.seg")
    made.start()
    _until(lambda: "more than a whole day's budget" in made.problem)
    assert uplink.taken == []


def test_a_connection_that_becomes_paid_by_volume_stops_it_between_two_segments(
    sender: tuple[Sender, Willing], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, uplink = sender
    made.policy = World().policy(data_mb_per_day=50)
    monkeypatch.setattr(network, "CHECK_S", -1.0)
    monkeypatch.setattr(network, "_metered", lambda: bool(uplink.taken))
    made.start()
    _until(lambda: "paid by volume" in made.problem)
    assert uplink.taken == [0]


class Away(Willing):
    """A collector that is out of reach, until it is not."""

    away = True

    def segment(self, device: DeviceId, seq: int, data: bytes) -> bool:
        if self.away:
            raise Unavailable("no connection")
        return super().segment(device, seq, data)


def test_three_weeks_without_a_connection_can_be_looked_at_and_leave_in_daily_parts(tmp_path: Path) -> None:
    """The recorder is started anew each day. No more is sealed ahead than one day may send."""
    laptop = Laptop(tmp_path)
    policy = laptop.put(review_hold_minutes=0, data_mb_per_day=1)
    consents = laptop.consents
    consents.say("given", policy, "notice")
    uplink = Away(laptop.home)
    taken: list[list[int]] = []
    for day in range(44):
        if day < 21:
            _work(laptop, policy.policy_id, 3)
        uplink.away = day < 21
        before = len(uplink.taken)
        _one_day(laptop, uplink, policy)
        taken.append(uplink.taken[before:])
        if day == 20:
            assert len(list(laptop.home.path("outbox").glob("*.seg"))) == 3
            assert len(laptop.spool.names()) == 20 * 3
        laptop.clock.advance(24 * 3600 * 1_000_000)
    assert uplink.taken == list(range(len(uplink.taken)))
    assert laptop.spool.names() == []
    assert not list(laptop.home.path("outbox").glob("*.seg"))
    sizes = [path.stat().st_size for path in sorted(laptop.home.path("sent").glob("*.seg"))]
    assert max(sum(sizes[seq] for seq in day) for day in taken) <= 1_000_000
    assert sum(map(bool, taken)) > 15


def _work(laptop: Laptop, policy: PolicyId, chunks: int) -> None:
    """Chunks of some 200 KB that can't be packed, with a hole between each two."""
    epoch = current_epoch(
        laptop.home, laptop.terms.charter(), policy, laptop.consents.contributor, laptop.consents.device, laptop.clock
    )
    for number in range(chunks):
        t_us = laptop.clock.now_us() - (chunks - number) * 100_000_000
        crop = Redacted(Crop(t_us, t_us, t_us, (0, 0, 10, 10), os.urandom(200_000)), "chromium")
        laptop.spool.append(
            [crop], session=f"{t_us:032d}", policy=policy, consent="c" * 64, epoch=epoch.epoch, start_us=t_us,
            end_us=t_us + 1_000_000,
        )  # fmt: skip
        laptop.spool.fold()


def _one_day(laptop: Laptop, uplink: Willing, policy: Policy) -> None:
    """Started, busy for a while, stopped."""
    consents = laptop.consents
    sealer = Sealer(laptop.home, laptop.spool, consents.contributor, consents.device, laptop.home.key("device"))
    made = Sender(laptop.home, uplink, consents, sealer, laptop.clock)
    made.policy = policy
    for _ in range(6):
        with contextlib.suppress(Unavailable):
            made._seal()
            made._send_segments()


def test_what_the_day_had_no_room_for_leaves_on_the_next_and_not_three_days_later(tmp_path: Path) -> None:
    laptop = Laptop(tmp_path)
    policy = laptop.put(review_hold_minutes=60, data_mb_per_day=1)
    laptop.consents.say("given", policy, "notice")
    _work(laptop, policy.policy_id, 8)
    laptop.clock.advance(3600 * 1_000_000)
    uplink = Willing(laptop.home)
    consents = laptop.consents
    sealer = Sealer(laptop.home, laptop.spool, consents.contributor, consents.device, laptop.home.key("device"))
    made = Sender(laptop.home, uplink, consents, sealer, laptop.clock)
    made.policy = policy
    begun_us = laptop.clock.now_us()
    at = Departure(begun_us, minute_of_day(begun_us))
    laptop.home.write(json_bytes(at), "departure.json")
    made._departures = Departures(laptop.home, laptop.clock, lambda: 0.5)
    left = [8]
    while left[-1]:
        made._send_segments()  # what was sealed the day before, and had no room
        made._seal()
        made._send_segments()
        left.append(len(laptop.spool.names()))
        laptop.clock.advance(made._departures._at.next_us - laptop.clock.now_us())
        assert left[-1] < left[-2]
        assert not left[-1] or round((laptop.clock.now_us() - begun_us) / (24 * 3600e6)) == len(left) - 1
    assert len(left) > 2


def test_leaving_takes_back_what_is_sealed_unless_it_may_have_arrived(tmp_path: Path) -> None:
    """The chain goes on behind what may have arrived, so that nobody who comes back has a hole in it."""
    laptop = Laptop(tmp_path)
    policy = laptop.put(review_hold_minutes=0, data_mb_per_day=50)
    consents = laptop.consents
    consents.say("given", policy, "notice")
    _work(laptop, policy.policy_id, 3)
    uplink = Away(laptop.home)
    sealer = Sealer(laptop.home, laptop.spool, consents.contributor, consents.device, laptop.home.key("device"))
    sender = Sender(laptop.home, uplink, consents, sealer, laptop.clock)
    sender.policy = policy
    sender._seal()
    outbox = laptop.home.path("outbox")
    assert len(list(outbox.glob("*.seg"))) == 3
    with pytest.raises(Unavailable):
        sender._send_segments()
    _work(laptop, policy.policy_id, 1)
    tried = [each.segment for each in sender.drop()]
    assert len(tried) == 1
    assert sorted(path.name for path in outbox.iterdir()) == ["00000000.json", "00000000.seg", "00000000.tried"]
    assert laptop.spool.names() == []
    _work(laptop, policy.policy_id, 1)
    uplink.away = False
    for _ in range(2):
        sender._send_segments()
        sender._seal()
    sender._send_segments()
    assert uplink.taken == [0, 1]
    sent = [parse(path.read_bytes()).manifest for path in sorted(laptop.home.path("sent").glob("*.seg"))]
    check_chain(sent)
    assert sent[1].prev == tried[0]
    assert list(outbox.iterdir()) == []


def test_nothing_is_sent_outside_the_persons_hours_unless_they_say_now(sender: tuple[Sender, Willing]) -> None:
    """The laptop's clock stands at one minute; the span is everything but that one."""
    made, uplink = sender
    now = minute_of_day(made._clock.now_us())
    others = [f"{each // 60:02}:{each % 60:02}" for each in ((now + 1) % 1440, now)]
    made.send_hours = (f"{others[0]}-{others[1]}",)
    made.start()
    _until(lambda: "sending is at" in made.problem)
    assert uplink.taken == []
    made.send_now()
    _until(lambda: bool(uplink.taken))
