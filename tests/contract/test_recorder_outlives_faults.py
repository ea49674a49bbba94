"""Whatever breaks under `aboveboard record` while it records: it says so, nothing is kept meanwhile, the hole is in the
record as a gap, and it goes on by itself."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from Xlib import X
from Xlib import display as xdisplay
from Xlib.ext import xtest

from aboveboard.core.errors import AboveboardError
from aboveboard.core.events import Button, Gap
from aboveboard.recorder.spool.chunks import Chunk
from tests.support.real_recorder import RealRecorder, Terminal, desk, drive
from tests.support.screens import Painted

pytestmark = [pytest.mark.desktop, pytest.mark.prove]
HOUR_S = 3600


def now_us() -> int:
    return time.time_ns() // 1000


def click(name: str, x: int, y: int = 300) -> int:
    """Where it is told by x; when."""
    hand = xdisplay.Display(name)
    xtest.fake_input(hand, X.MotionNotify, x=x, y=y)
    for kind in (X.ButtonPress, X.ButtonRelease):
        xtest.fake_input(hand, kind, 1)
    hand.sync()
    hand.close()
    return now_us()


def presses(chunks: list[Chunk]) -> list[int]:
    return [each.x for chunk in chunks for each in chunk.events if isinstance(each, Button) and each.pressed]


def gaps(chunks: list[Chunk], reason: str) -> list[Gap]:
    return [each for chunk in chunks for each in chunk.events if isinstance(each, Gap) and each.reason == reason]


def check_covered(chunks: list[Chunk], from_us: int, until_us: int) -> None:
    """Every moment lies in a chunk, and none in two."""
    for before, after in itertools.pairwise(chunks):
        assert before.end_us == after.start_us or before.session != after.session
        assert before.end_us <= after.start_us
    assert chunks[0].start_us <= from_us
    assert chunks[-1].end_us >= until_us


def check_hole(chunks: list[Chunk], reason: str, from_us: int, until_us: int) -> None:
    """All of it lies in gaps of this reason."""
    at = from_us
    for gap in sorted(gaps(chunks, reason), key=lambda each: each.t_us):
        if gap.t_us <= at:
            at = max(at, gap.end_us)
    assert at >= until_us, f"{(until_us - at) / 1e6} s are no gap"


def test_the_display_goes_and_comes_back(tmp_path: Path) -> None:
    with desk() as display, RealRecorder(display, tmp_path) as recorder:
        recorder.until(lambda: recorder.state == "recording")
        first_us = click(display.name, 201)
        time.sleep(1.5)
        display.stop_server()
        gone_us = now_us()
        recorder.until(lambda: "the display" in recorder.status.get("problem", ""))
        back_us = now_us()
        status = recorder.status
        assert (status["state"], status["indicator"]) == ("not_allowed", "none")
        display.start_server()
        terminal = Terminal(display)
        recorder.until(lambda: recorder.state == "recording")
        assert "display" not in recorder.status["problem"]
        recorder.until(lambda: recorder.status.get("indicator") == "badge")
        click(display.name, 202)
        recorder.settle()
        recorder.stop()
        terminal.close()
    chunks = recorder.chunks()
    assert presses(chunks)[-2:] == [201, 202]
    check_covered(chunks, first_us, back_us)
    check_hole(chunks, "source_lost", gone_us, back_us)
    assert len({chunk.session for chunk in chunks}) == 2


def test_the_accessibility_bus_goes_and_comes_back(tmp_path: Path) -> None:
    """And the session bus with it: what is in front can't be known."""
    with desk() as display, RealRecorder(display, tmp_path) as recorder:
        recorder.until(lambda: recorder.state == "recording")
        first_us = click(display.name, 201)
        time.sleep(1.5)
        display.stop_buses()
        gone_us = now_us()
        recorder.until(lambda: "bus is gone" in recorder.status.get("problem", ""))
        assert recorder.state == "not_allowed"
        for _ in range(5):
            click(display.name, 209)
        back_us = now_us()
        display.start_buses()
        recorder.until(lambda: recorder.state == "recording")
        click(display.name, 202)
        recorder.until(lambda: recorder.status.get("indicator") == "badge")
        recorder.settle()
    chunks = recorder.chunks()
    assert [x for x in presses(chunks) if x > 200] == [201, 202]
    check_covered(chunks, first_us, back_us)
    check_hole(chunks, "source_lost", gone_us, back_us)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own."""
    place = folder / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], check=False)
    if done.returncode:
        pytest.skip("nothing can be mounted here: it needs root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(folder: Path) -> Path:
    """Until nothing more goes in."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return path


def test_the_disk_is_full_and_then_it_is_not(tmp_path: Path) -> None:
    """What was recorded waits in memory; and a pause is in force although nothing can be written."""
    with small_disk(tmp_path, 8) as disk, desk() as display, RealRecorder(display, disk) as recorder:
        recorder.until(lambda: recorder.state == "recording")
        first_us = click(display.name, 201)
        recorder.settle()
        filler = fill(disk)
        click(display.name, 202)
        drive(display.name, 500.0, 1000)
        click(display.name, 203)
        time.sleep(1.5)
        assert recorder.state == "recording"
        with pytest.raises(AboveboardError, match="paused, but"):
            recorder.ask(do="pause")
        paused_us = now_us()
        assert recorder.state == "paused"
        time.sleep(0.3)
        click(display.name, 209)
        resumed_us = now_us()
        filler.unlink()
        recorder.ask(do="resume")
        recorder.until(lambda: recorder.state == "recording")
        time.sleep(0.2)
        last_us = click(display.name, 204)
        recorder.settle()
        recorder.stop()
        chunks = recorder.chunks()
    assert [x for x in presses(chunks) if x > 200 and (x < 210)] == [201, 202, 203, 204]
    check_covered(chunks, first_us, last_us)
    check_hole(chunks, "paused", paused_us, resumed_us)


def test_what_pops_up_over_a_permitted_window_is_not_part_of_it(tmp_path: Path) -> None:
    """A notification, of a program that says nothing of itself."""
    with desk() as display, RealRecorder(display, tmp_path) as recorder:
        recorder.until(lambda: recorder.state == "recording")
        click(display.name, 201)
        client = xdisplay.Display(display.name)
        popup = Painted(client, None, 0xFF0000, (180, 250, 200, 100), popup=True)
        time.sleep(0.5)
        click(display.name, 209)
        popup.close()
        client.close()
        time.sleep(0.5)
        click(display.name, 202)
        recorder.settle()
    assert [x for x in presses(recorder.chunks()) if x > 200] == [201, 202]
    assert gaps(recorder.chunks(), "unknown_focus")


# Python runs what is called so before any program. The wall clock is read by `time` alone.
_SITECUSTOMIZE = """
import os
import time

_path, _ns = os.environ["TEST_CLOCK"], time.time_ns


def time_ns():
    with open(_path) as offset:
        return _ns() + int(offset.read()) * 10**9


time.time_ns = time_ns
time.time = lambda: time_ns() / 1e9
"""


def test_the_machine_sleeps_and_later_its_clock_is_set_back(tmp_path: Path) -> None:
    """To a program a sleep is a wall clock that went on while the other one stood still. The clock is moved for this
    process alone."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(_SITECUSTOMIZE)
    offset = tmp_path / "offset"

    def set_clock(seconds: int) -> None:
        part = offset.with_suffix(".part")
        part.write_text(str(seconds))
        part.rename(offset)

    set_clock(0)
    env = {"PYTHONPATH": str(tmp_path / "site"), "TEST_CLOCK": str(offset)}
    with desk() as display, RealRecorder(display, tmp_path, env=env) as recorder:
        recorder.until(lambda: recorder.state == "recording")
        first_us = click(display.name, 201)
        time.sleep(1.5)
        set_clock(HOUR_S)
        woken_us = now_us() + HOUR_S * 1_000_000
        click(display.name, 209)  # of the old measure of time or of the new: nobody knows
        recorder.until(lambda: recorder.state == "recording")
        time.sleep(1.5)
        click(display.name, 202)
        recorder.settle()
        set_clock(0)
        click(display.name, 209)
        recorder.until(lambda: "clock was set back" in recorder.status.get("problem", ""))
        assert recorder.state == "not_allowed"
        click(display.name, 209)
        set_clock(HOUR_S + 20)
        recorder.until(lambda: recorder.state == "recording")
        click(display.name, 203)
        recorder.settle()
    chunks = recorder.chunks()
    assert [x for x in presses(chunks) if x in (201, 202, 203)] == [201, 202, 203]
    check_covered(chunks, first_us, woken_us)
    hole = max(gaps(chunks, "source_lost"), key=lambda each: each.end_us - each.t_us)
    assert hole.end_us - hole.t_us > (HOUR_S - 60) * 1_000_000
    times = [event.t_us for chunk in chunks for event in chunk.events if isinstance(event, Button)]
    assert times == sorted(times)
