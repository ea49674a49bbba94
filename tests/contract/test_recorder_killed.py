"""`aboveboard record` itself, killed or crashed while a person types: what is lost, what is whole, what lies about."""

from __future__ import annotations

import itertools
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from Xlib import XK, X
from Xlib import display as xdisplay
from Xlib.ext import xtest

from tests.contract.test_recorder_loses_nothing import sequence
from tests.support.real_recorder import Driver, RealRecorder, desk

pytestmark = [pytest.mark.desktop, pytest.mark.prove]

SECRET = "tr0ub4dorhorse77"
ROUNDS = 10  # a piece; the seed of each makes five of them fifty
LOST_US_MAX = 1_000_000
CONTROL = "import os, sys; secret = sys.argv[1] * 3; os.abort()"


def holds(folder: Path, secret: str) -> list[Path]:
    """Files below it that hold it, in either encoding."""
    wanted = [secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be")]
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if any(each in path.read_bytes() for each in wanted)]


def type_text(name: str, text: str) -> None:
    hand = xdisplay.Display(name)
    for char in text:
        code = hand.keysym_to_keycode(XK.string_to_keysym(char))
        for kind in (X.KeyPress, X.KeyRelease):
            xtest.fake_input(hand, kind, code)
        hand.sync()
        time.sleep(0.01)
    hand.close()


@pytest.mark.parametrize("seed", range(5))
def test_a_kill_loses_at_most_the_last_second(seed: int, tmp_path: Path) -> None:
    """Started anew on what the kill before left."""
    chance = random.Random(seed)
    lost: list[int] = []
    with desk() as display:
        recorder = RealRecorder(display, tmp_path)
        for _ in range(ROUNDS):
            recorder.start()
            recorder.until(lambda: recorder.state == "recording")
            driver = Driver(display, 250.0, 1_000_000).begun()
            time.sleep(chance.uniform(1.5, 2.5))
            type_text(display.name, SECRET)
            time.sleep(chance.uniform(0.0, 1.0))
            recorder.kill()
            killed_us = time.time_ns() // 1000
            done = [t_us for _, t_us in driver.stop() if t_us < killed_us]
            chunks = recorder.chunks()  # opens each, and knows of none that can't be opened
            events = [event for chunk in chunks for event in chunk.events]
            kept = [each for each in sequence(events) if each[3] > done[0] - 100_000]
            assert all(after[3] >= before[3] - 1 for before, after in itertools.pairwise(kept))
            lost.append(done[-1] - kept[-1][3])
            assert not list(recorder.home.path("spool").glob("*.open"))
            assert not holds(tmp_path, SECRET)
    assert max(lost) <= LOST_US_MAX, f"{max(lost) / 1e6:.2f} s were lost"
    print(f"lost at most {max(lost) / 1e6:.2f} s")


def test_a_crash_leaves_no_core_file_and_nothing_in_plain_words(tmp_path: Path) -> None:
    """Where the shell asks for core files, and the temporary folder is looked through as well."""
    core = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if core.startswith("|") or "/" in core:
        pytest.skip(f"core files go elsewhere here: {core}")

    def want_core() -> None:
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    aside = tmp_path / "tmp"
    aside.mkdir()
    control = tmp_path / "control"
    control.mkdir()
    subprocess.run([sys.executable, "-c", CONTROL, SECRET], cwd=control, preexec_fn=want_core, check=False)
    assert holds(control, SECRET), "a program that does nothing about it leaves one"
    for path in control.iterdir():
        path.unlink()
    env = {"TMPDIR": str(aside)}
    with desk() as display, RealRecorder(display, tmp_path, env=env, before=want_core) as recorder:
        recorder.until(lambda: recorder.state == "recording")
        type_text(display.name, SECRET)
        time.sleep(0.3)
        assert not holds(tmp_path, SECRET), "nor while it is being typed"
        recorder.process.send_signal(signal.SIGABRT)
        assert recorder.process.wait(30) == -signal.SIGABRT
        assert not holds(tmp_path, SECRET)
        assert not list(tmp_path.rglob("core*"))
