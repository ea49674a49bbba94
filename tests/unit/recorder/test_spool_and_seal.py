"""What is recorded survives: crashes at every step, a full disk, a broken chunk; and nothing is sent twice."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
from pathlib import Path

import numpy as np
import pyrage
import pytest

from aboveboard.core.clock import FixedClock
from aboveboard.core.columns import decode_column, encode_column
from aboveboard.core.errors import Unavailable
from aboveboard.core.events import Button, Gap, KeptEvent, PointerPath, Redacted
from aboveboard.core.ids import ContributorId, DeviceId, PolicyId, key_id_of
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.epochs import current_epoch
from aboveboard.recorder.home import Home
from aboveboard.recorder.leaving import ask_deletion
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
        spool.fold()
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


def test_the_disk_is_waited_for_every_few_seconds_and_the_system_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process that is killed leaves is what was written; a power cut leaves what was waited for."""
    at_s, waited = 0.0, list[float]()
    monkeypatch.setattr("aboveboard.recorder.spool.spool.time.monotonic", lambda: at_s)
    monkeypatch.setattr("aboveboard.recorder.spool.spool.os.fdatasync", lambda _: waited.append(at_s))
    folder = tmp_path / "spool"
    spool = Spool(folder, KEY)
    for i in range(23):
        at_s = float(i)
        items = [_press(NOON_US + i * 1000 + 1)]
        spool.append(items, epoch="e", start_us=NOON_US + i * 1000, end_us=NOON_US + (i + 1) * 1000, **TERMS)
        left = shutil.copytree(folder, tmp_path / str(i))
        assert len([event for _, chunk in Spool(left, KEY).chunks() for event in chunk.events]) == i + 1
    assert waited == [0.0, 10.0, 20.0]


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


def test_forgetting_takes_nothing_of_the_chunks_before_and_after(tmp_path: Path) -> None:
    """Not even what is at the very beginning of a later one, or the end of an earlier one."""
    spool = Spool(tmp_path, KEY)
    for at in (0, 1000, 2000):
        items = [_press(NOON_US + at), _press(NOON_US + at + 999)]
        terms = {**TERMS, "session": f"{at:032d}"}
        spool.append(items, epoch="e", start_us=NOON_US + at, end_us=NOON_US + at + 1000, **terms)
    assert spool.forget(NOON_US + 1000, NOON_US + 1500) == 1
    events = [event for _, chunk in spool.chunks() for event in chunk.events]
    assert [e.t_us - NOON_US for e in events if not isinstance(e, Gap)] == [0, 999, 1999, 2000, 2999]
    assert spool.forget(NOON_US + 1000, NOON_US + 2000) == 1
    events = [event for _, chunk in spool.chunks() for event in chunk.events]
    assert [e.t_us - NOON_US for e in events if not isinstance(e, Gap)] == [0, 999, 2000, 2999]


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
    for keeper, suffix in (("collector", "collector"), ("guardian", "0.guardian")):
        deposit = check_deposit(
            SignedDeposit.parse(laptop.home.read("epochs", f"{laptop.epoch.epoch}.{suffix}") or b"")
        )
        sealed = deposit.collector_share or deposit.guardian_share
        assert bool(deposit.collector_share) == (keeper == "collector")
        identity = pyrage.x25519.Identity.from_str(getattr(world, f"{keeper}_identity"))
        shares[keeper] = pyrage.decrypt(from_base64(sealed, "share"), [identity])
    secret = (laptop.home.read("epochs", f"{laptop.epoch.epoch}.key") or b"").decode()
    assert join_secret(shares["collector"], shares["guardian"]) == secret
    assert secret.encode() not in shares.values()


def test_whoever_deletes_everything_and_comes_back_begins_with_a_new_key(tmp_path: Path) -> None:
    """The old one's shares are destroyed for good: nothing that is sealed to it could ever be brought."""
    before = _Laptop(tmp_path)
    assert _Laptop(tmp_path).epoch == before.epoch
    clock = FixedClock(NOON_US)
    ask_deletion(before.home, Consents(before.home, clock), clock, "all")
    after = _Laptop(tmp_path)
    assert after.epoch.epoch != before.epoch.epoch
    assert after.epoch.month == before.epoch.month
    assert _Laptop(tmp_path).epoch == after.epoch


def test_input_that_a_busy_display_delivers_late_keeps_its_time(tmp_path: Path) -> None:
    """While some came, more may be under way: a stretch ends with what has come, not a moment before now."""
    recording = Recording(tmp_path)
    recording.click(NOON_US + 100_000)
    recording.step(600_000)
    recording.click(NOON_US + 300_000)
    recording.step(600_000)
    times = [event.t_us - NOON_US for event in recording.kept() if isinstance(event, Button)]
    assert times == [100_000, 101_000, 300_000, 301_000]
    assert len(recording.spool.chunks()) == 1


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


def _path(t_us: int, n: int, x: int = 5) -> Redacted:
    t = np.arange(n, dtype=np.int64) * 8000
    return Redacted(PointerPath(t_us, n, encode_column(t), encode_column(t // 8000 + x), encode_column(t * 0)), "xterm")


def _append(spool: Spool, items: list[Redacted], start_us: int, end_us: int) -> None:
    spool.append(items, epoch="e", start_us=start_us, end_us=end_us, **TERMS)


def _samples(spool: Spool) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for _, chunk in spool.chunks():
        for event in chunk.events:
            if isinstance(event, PointerPath):
                times = decode_column(event.t, event.n) + event.t_us
                found += zip(times.tolist(), decode_column(event.x, event.n).tolist(), strict=True)
    return found


def test_stretches_grow_into_one_chunk_with_one_path(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    for i in range(10):
        start = NOON_US + i * 1_000_000
        _append(spool, [_path(start, 50, x=i * 50)], start, start + 1_000_000)
    assert [path.suffix for path in tmp_path.iterdir()] == [".open"]
    wanted = [(NOON_US + i * 1_000_000 + k * 8000, i * 50 + k) for i in range(10) for k in range(50)]
    assert _samples(spool) == wanted
    [(_, chunk)] = spool.chunks()
    assert len(chunk.events) == 1
    assert (chunk.start_us, chunk.end_us) == (NOON_US, NOON_US + 10_000_000)
    assert spool.bytes == sum(path.stat().st_size for path in tmp_path.iterdir()) < 1.6 * len(wanted)


@pytest.mark.parametrize("cut", range(1, 40))
def test_an_open_chunk_is_taken_up_to_its_last_whole_frame(cut: int, tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    for i in range(3):
        _append(spool, [_press(NOON_US + i * 1000 + 1)], NOON_US + i * 1000, NOON_US + (i + 1) * 1000)
    [path] = tmp_path.glob("*.open")
    path.write_bytes(path.read_bytes()[:-cut])
    again = Spool(tmp_path, KEY)
    assert not list(tmp_path.glob("*.open"))
    [(_, chunk)] = again.chunks()
    assert [event.t_us for event in chunk.events] == [NOON_US + 1, NOON_US + 1001]
    assert (chunk.session, chunk.end_us) == (TERMS["session"], NOON_US + 2000)


def test_a_crash_between_the_whole_chunk_and_the_end_of_the_open_one_keeps_it_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    _append(spool, [_press(NOON_US + 1)], NOON_US, NOON_US + 1000)
    [path] = tmp_path.glob("*.open")
    data = path.read_bytes()
    spool.fold()
    path.write_bytes(data)
    assert len(Spool(tmp_path, KEY).chunks()) == 1
    assert not path.exists()


def test_other_terms_a_hole_or_a_minute_begin_another_chunk(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    ends = (0, 1000, 2000, 60_001_000)  # the third would make the chunk longer than a minute
    for start, end in itertools.pairwise(ends):
        _append(spool, [_press(NOON_US + start + 1)], NOON_US + start, NOON_US + end)
    hole = NOON_US + 60_002_000
    _append(spool, [_press(hole + 1)], hole, hole + 1000)
    spool.append([_press(hole + 1001)], epoch="another", start_us=hole + 1000, end_us=hole + 2000, **TERMS)
    assert [len(chunk.events) for _, chunk in spool.chunks()] == [2, 1, 1, 1]


def test_forgetting_cuts_a_path_and_keeps_the_rest_of_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    _append(spool, [_path(NOON_US, 100)], NOON_US, NOON_US + 800_000)
    assert spool.forget(NOON_US + 80_000, NOON_US + 160_000) == 1
    times = [t for t, _ in _samples(Spool(tmp_path, KEY))]
    assert times == [NOON_US + k * 8000 for k in range(100) if not 10 <= k < 20]


def test_what_is_too_old_leaves_a_gap(tmp_path: Path) -> None:
    spool = Spool(tmp_path, KEY)
    _fill(spool, "e")
    assert spool.expire(NOON_US + 2000) == 2
    kinds = [type(event).__name__ for _, chunk in spool.chunks() for event in chunk.events]
    assert kinds == ["Gap", "Gap", "Button"]
    assert spool.expire(NOON_US + 2000) == 0


def test_chunks_that_ended_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(Spool(tmp_path, KEY), "e")
    spool = Spool(tmp_path, KEY)
    assert len(spool.ended(NOON_US + 2000)) == 2
    monkeypatch.setattr(Spool, "read", lambda *_: pytest.fail("read again"))
    assert len(spool.ended(NOON_US + 2000)) == 2
