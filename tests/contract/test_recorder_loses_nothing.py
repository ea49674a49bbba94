"""`aboveboard record` beside a display that is given more than a hand can: every event is there, once, in its order."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from aboveboard.core.columns import decode_column
from aboveboard.core.events import Button, KeptEvent, PointerPath
from tests.support.real_recorder import EVERY, RealRecorder, desk, drive, place

pytestmark = pytest.mark.desktop

A_MINUTE, A_BURST = 60_000, 50_000


def sequence(events: list[KeptEvent]) -> list[tuple[str, int, int, int]]:
    """(kind, x, y, µs) of movement and clicks, one by one, as stored."""
    found = []
    for event in events:
        match event:
            case PointerPath():
                times = decode_column(event.t, event.n) + event.t_us
                xs, ys = decode_column(event.x, event.n), decode_column(event.y, event.n)
                found += [("move", *each) for each in zip(xs.tolist(), ys.tolist(), times.tolist(), strict=True)]
            case Button():
                found.append(("press" if event.pressed else "release", event.x, event.y, event.t_us))
    return found


def driven(n: int) -> list[tuple[str, int, int]]:
    found = []
    for i in range(n):
        at = place(i)
        found.append(("move", *at))
        if i % EVERY == EVERY - 1:
            found += [("press", *at), ("release", *at)]
    return found


@pytest.mark.prove
@pytest.mark.parametrize(("rate_hz", "n"), [(1000.0, A_MINUTE), (0.0, A_BURST)], ids=["1kHz-60s", "burst"])
def test_every_event_is_kept_once_and_in_order(rate_hz: float, n: int, tmp_path: Path) -> None:
    with desk() as display, RealRecorder(display, tmp_path) as recorder:
        recorder.until(lambda: recorder.state == "recording")
        time.sleep(1.0)
        before = recorder.settle()["counters"]
        drive(display.name, rate_hz, n)
        after = recorder.settle()["counters"]
    wanted = driven(n)
    found = sequence(recorder.kept())[-len(wanted) :]
    assert [each[:3] for each in found] == wanted
    assert np.diff([each[3] for each in found]).min() >= -1  # a stretch that begins within a millisecond is a µs later
    assert after["withheld"] == before["withheld"]
    motion = after["observed"]["motion"] - before["observed"]["motion"]
    assert (motion, after["kept"]["motion"] - before["kept"].get("motion", 0)) == (n, n)
