"""Guarantee 4 with `aboveboard record` itself and input at 1 kHz: from the moment a pause is in force nothing is kept,
whether by the command, by the hotkey or on the page; before and after it, work is."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest
from Xlib import XK, X
from Xlib import display as xdisplay
from Xlib.ext import xtest

from aboveboard.audit.spans import Interval, kept_in
from aboveboard.core.events import Gap, KeptEvent, PointerPath
from tests.support.real_recorder import Driver, RealRecorder, desk

pytestmark = [pytest.mark.desktop, pytest.mark.prove]

ROUNDS, ROUNDS_OTHERWISE = 100, 10
RATE_HZ = 1000.0
GATHERED_US = 1_000_000  # what had not been looked at when the pause came is dropped with it


def now_us() -> int:
    return time.time_ns() // 1000


def by_command(recorder: RealRecorder) -> int:
    """`aboveboard pause`: when it has returned."""
    words = [sys.executable, "-m", "aboveboard", "pause", "--home", str(recorder.home.folder)]
    subprocess.run(words, check=True, env=recorder.env, stdout=subprocess.DEVNULL)
    return now_us()


def by_page(recorder: RealRecorder) -> int:
    """The button of the page: when the answer has come."""
    url = recorder.status["url"]
    with httpx.Client() as browser:
        page = browser.get(url, follow_redirects=True).text
        token = re.search(r'name="form" value="([^"]+)"', page)
        assert token is not None
        form = {"form": token[1], "length": "until-resumed"}
        assert browser.post(urllib.parse.urljoin(url, "/pause"), data=form).status_code == 303
        return now_us()


def by_hotkey(recorder: RealRecorder) -> int:
    """Ctrl+Alt+Shift+P in whatever is in front: when the recorder first says that it is paused."""
    hand = xdisplay.Display(recorder.display.name)
    keys = [hand.keysym_to_keycode(XK.string_to_keysym(each)) for each in ("Control_L", "Alt_L", "Shift_L", "p")]
    for kind, codes in ((X.KeyPress, keys), (X.KeyRelease, list(reversed(keys)))):
        for code in codes:
            xtest.fake_input(hand, kind, code)
    hand.sync()
    hand.close()
    recorder.until(lambda: recorder.state == "paused", 10)
    return now_us()


def told(events: Sequence[KeptEvent]) -> int:
    """Samples of movement."""
    return sum(event.n for event in events if isinstance(event, PointerPath))


@pytest.mark.parametrize(
    ("pause", "rounds"), [(by_command, ROUNDS), (by_page, ROUNDS_OTHERWISE), (by_hotkey, ROUNDS_OTHERWISE)]
)  # fmt: skip
@pytest.mark.timeout(900)
def test_nothing_is_kept_after_a_pause_has_returned(
    pause: Callable[[RealRecorder], int], rounds: int, tmp_path: Path
) -> None:
    chance = random.Random(rounds)
    pauses: list[Interval] = []
    works: list[Interval] = []
    with desk() as display, RealRecorder(display, tmp_path) as recorder:
        recorder.until(lambda: recorder.state == "recording")
        driver = Driver(display, RATE_HZ, 10_000_000)
        for _ in range(rounds):
            work_us = now_us()
            time.sleep(chance.uniform(1.1, 1.4))
            begun_us = now_us()
            paused_us = pause(recorder)
            works.append(Interval(work_us, begun_us - GATHERED_US))
            time.sleep(chance.uniform(0.0, 0.4))
            pauses.append(Interval(paused_us, now_us()))
            recorder.ask(do="resume")
        clicks = [t_us for _, t_us in driver.stop()]
        recorder.settle()
    events = [event for event in recorder.kept() if not isinstance(event, Gap)]
    assert not [(event, each) for each in pauses for event in events if kept_in(event, each)]
    in_pauses = sum(any(each.from_us <= t_us < each.until_us for each in pauses) for t_us in clicks)
    assert in_pauses > rounds, "there was input in the pauses"
    assert sum(any(kept_in(event, each) for event in events) for each in works) >= 0.8 * rounds, "and work was kept"
    assert told(events) > 100 * rounds
