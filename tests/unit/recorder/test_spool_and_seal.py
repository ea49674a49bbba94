"""What is recorded survives: crashes at every step, a full disk, a broken chunk; and nothing is sent twice."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pyrage
import pytest

from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import Unavailable
from aboveboard.core.events import Button, Gap, KeptEvent, Redacted
from aboveboard.core.ids import ContributorId, DeviceId, PolicyId, key_id_of
from aboveboard.recorder.epochs import current_epoch
from aboveboard.recorder.home import Home
from aboveboard.recorder.seal import Sealer
from aboveboard.recorder.spool.spool import Spool, SpoolFull
from aboveboard.wire.segment import check_chain, parse, unseal
from tests.support.scripted import NOON_US, Recording
from tests.support.world import World

KEY = bytes(range(32))
TERMS = {"session": "5" * 32, "policy": "a" * 64, "consent": "b" * 64}


def _press(t_us: int) -> Redacted:
    return Redacted(Button(t_us, 1, 2, 1, True), "chromium")


def _fill(spool: Spool, epoch: str, n: int = 3) -> list[KeptEvent]:
    events = []
    for i in range(n):
        items = [_press(NOON_US + i * 1000 + 1)]
        spool.append(items, epoch=epoch, start_us=NOON_US + i * 1000, end_us=NOON_US + (i + 1) * 1000, **TERMS)
        events += [item.event for item in items]
    return events


class _Laptop:
    """A home with an epoch, so that chunks can be sealed."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.home.make()
        contributor = ContributorId(key_id_of(self.home.key("contributor").verify_key.public))
        device = DeviceId(key_id_of(self.home.key("device").verify_key.public))
        self.epoch = current_epoch(
            self.home, World().charter, PolicyId("a" * 64), contributor, device, FixedClock(NOON_US)
        )
        self.people = (contributor, device)

    def open(self) -> tuple[Spool, Sealer]:
        spool = Spool(self.home.path("spool"), KEY)
        return spool, Sealer(self.home, spool, *self.people, self.home.key("device"))

    def sealed(self) -> list[KeptEvent]:
        secret = (self.home.read("epochs", f"{self.epoch.epoch}.key") or b"").decode()
        segments = [parse(path.read_bytes()) for path in sorted(self.home.path("outbox").glob("*.seg"))]
        check_chain([segment.manifest for segment in segments])
        for segment in segments:
            segment.verify(self.home.key("device").verify_key)
        return [event for segment in segments for event in unseal(segment, secret).events]


def test_only_redacted_events_are_spooled_and_none_in_the_clear(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    with pytest.raises(TypeError, match="redacted"):
        spool.append(["raw"], epoch="e", start_us=0, end_us=1, **TERMS)  # type: ignore[list-item]
    _fill(spool, "e")
    for path in tmp_path.iterdir():
        assert b"chromium" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_a_torn_write_leaves_no_chunk_and_a_broken_one_is_not_sent(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    events = _fill(spool, "e")
    (tmp_path / ".0000000009.chunk.ab.tmp").write_bytes(b"torn")
    broken = sorted(tmp_path.glob("*.chunk"))[1]
    data = bytearray(broken.read_bytes())
    data[20] ^= 1
    broken.write_bytes(bytes(data))
    again = Spool(tmp_path, KEY)
    kept = [event for _, chunk in again.chunks() for event in chunk.events]
    assert kept == [events[0], events[2]]
    assert again.broken == {broken.name}
    assert broken.exists()
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_chunk_under_another_name_is_not_believed(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    _fill(spool, "e")
    first, second, _ = sorted(tmp_path.glob("*.chunk"))
    second.write_bytes(first.read_bytes())
    assert len(Spool(tmp_path, KEY).chunks()) == 2


def test_forgetting_leaves_a_gap_and_nothing_on_disk(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    _fill(spool, "e")
    assert spool.forget(NOON_US + 1000, NOON_US + 2000) == 1
    events = [event for _, chunk in Spool(tmp_path, KEY).chunks() for event in chunk.events]
    assert [event.reason for event in events if isinstance(event, Gap)] == ["forgotten"]
    assert not [
        event for event in events if not isinstance(event, Gap) and NOON_US + 1000 <= event.t_us < NOON_US + 2000
    ]


def test_forgetting_one_app_keeps_the_others(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    items = [_press(NOON_US + 1), Redacted(Button(NOON_US + 2, 1, 2, 1, True), "gimp")]
    spool.append(items, epoch="e", start_us=NOON_US, end_us=NOON_US + 10, **TERMS)
    assert spool.forget(0, 1 << 62, "gimp") == 1
    [(_, chunk)] = spool.chunks()
    assert [app for event, app in zip(chunk.events, chunk.apps, strict=True) if not isinstance(event, Gap)] == [
        "chromium"
    ]


def test_the_spool_is_bounded(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY, bytes_max=700)
    with pytest.raises(SpoolFull):
        _fill(spool, "e", 50)
    assert spool.bytes <= 700


@pytest.mark.parametrize("crash_at", range(1, 4))
def test_a_crash_at_any_step_of_sealing_loses_nothing_and_seals_nothing_twice(
    crash_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = _Laptop(tmp_path)
    spool, sealer = laptop.open()
    events = _fill(spool, laptop.epoch.epoch)
    writes = 0
    honest = Home.write

    def crashing(self: Home, data: bytes, *parts: str) -> None:
        nonlocal writes
        writes += 1
        if writes == crash_at:
            raise KeyboardInterrupt
        honest(self, data, *parts)

    monkeypatch.setattr(Home, "write", crashing)
    with pytest.raises(KeyboardInterrupt):
        sealer.seal_ready(NOON_US + 10**6)
    monkeypatch.setattr(Home, "write", honest)
    spool, sealer = laptop.open()
    sealer.seal_ready(NOON_US + 10**6)
    assert laptop.sealed() == events
    assert spool.names() == []


def test_chunks_of_two_sessions_go_into_two_segments(tmp_path: Path) -> None:
    laptop = _Laptop(tmp_path)
    spool, sealer = laptop.open()
    _fill(spool, laptop.epoch.epoch, 1)
    terms = {**TERMS, "session": "6" * 32}
    spool.append(
        [_press(NOON_US + 5001)], epoch=laptop.epoch.epoch, start_us=NOON_US + 5000, end_us=NOON_US + 6000, **terms
    )
    assert sealer.seal_ready(NOON_US + 10**6) == 2
    assert len(laptop.sealed()) == 2


def test_what_is_within_the_review_time_stays(tmp_path: Path) -> None:
    laptop = _Laptop(tmp_path)
    spool, sealer = laptop.open()
    _fill(spool, laptop.epoch.epoch)
    assert sealer.seal_ready(NOON_US + 1000) == 1
    assert len(spool.names()) == 2


def test_the_epochs_two_shares_open_it_together_only(tmp_path: Path) -> None:
    laptop = _Laptop(tmp_path)
    world = World()
    from aboveboard.core.vault import SignedDeposit, check_deposit, join_secret
    from aboveboard.wire.api import from_base64

    shares = {}
    for keeper in ("collector", "guardian"):
        deposit = check_deposit(
            SignedDeposit.parse(laptop.home.read("epochs", f"{laptop.epoch.epoch}.{keeper}") or b"")
        )
        sealed = deposit.collector_share or deposit.guardian_share
        assert bool(deposit.collector_share) == (keeper == "collector")
        identity = pyrage.x25519.Identity.from_str(getattr(world, f"{keeper}_identity"))
        shares[keeper] = pyrage.decrypt(from_base64(sealed, "share"), [identity])
    secret = (laptop.home.read("epochs", f"{laptop.epoch.epoch}.key") or b"").decode()
    assert join_secret(shares["collector"], shares["guardian"]) == secret
    assert secret.encode() not in shares.values()


def test_a_full_disk_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    """The bound on file size stands in for the full disk: writing fails half-way, as it does there."""
    recording = Recording(tmp_path)
    recording.click(NOON_US + 10_000)
    recording.step(2_000_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    recording.click(NOON_US + 2_100_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60, before[1]))
    try:
        recording.step(2_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(recording.spool.names()) == 1
    recording.step(2_000_000)
    presses = [event for event in recording.kept() if isinstance(event, Button) and event.pressed]
    assert len(presses) == 2
    assert not [name for name in os.listdir(tmp_path / "spool") if name.endswith(".tmp")]


def test_a_display_that_is_lost_ends_the_session_with_all_that_was_recorded(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.click(NOON_US + 10_000)
    recording.step()
    recording.observer.lost = True
    with pytest.raises(Unavailable, match="display"):
        recording.step()
    assert [event for event in recording.kept() if isinstance(event, Button)]


def test_a_mark_where_nothing_is_kept_is_refused(tmp_path: Path) -> None:
    from aboveboard.core.errors import Refused
    from aboveboard.recorder.pipeline import Mark

    recording = Recording(tmp_path)
    recording.pauses.pause(None)
    with pytest.raises(Refused):
        recording.pipeline.task(Mark("start", "secret plans"))
    assert "secret plans" not in str(recording.kept())
