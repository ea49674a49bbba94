"""A scripted working session in a browser, a terminal and an editor at a person's pace: the whole recorder's share of a
core, and where it goes. Part of bench/recorder.py."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from Xlib import X
from Xlib import display as xdisplay

from aboveboard.demo.pageserver import PageServer
from aboveboard.desktop.browser import Browser
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from aboveboard.desktop.windows import Windows
from bench.common import Row, row
from bench.listening import cpu_ns, listening, wakeups

WIDTH, HEIGHT = 1600, 1000
TURN_S = 20.0  # in one program, then the next
PAGES = ("signup.html", "mail.html", "notes.html")
WORDS = ("garden", "meeting", "of", "the", "quarter", "with", "notes", "for", "monday", "please", "and", "report")
COMMANDS = ("ls -l /usr/lib | head -20", "date", "uptime", "df -h", "head -5 /etc/services", "cal 2026")
THINGS = """[...document.querySelectorAll('input, textarea, button, a, select, [contenteditable]')].map(e => {
  const r = e.getBoundingClientRect();
  return [screenX + (outerWidth - innerWidth) / 2 + r.x + r.width / 2,
          screenY + outerHeight - innerHeight + r.y + r.height / 2,
          /text|email|search|tel|textarea/.test(e.type || '') || e.isContentEditable];
}).filter(t => t[0] > screenX && t[1] > screenY && t[0] < screenX + outerWidth && t[1] < screenY + outerHeight)"""


@dataclass(frozen=True, slots=True)
class Session:
    """wall_s: how long; cpu_ms: of the recorder and of what it started; woken: how often any thread of it was put on a
    processor after sleeping; stages: processor time by stage, ms."""

    wall_s: float
    cpu_ms: float
    woken: int
    stages: dict[str, float]


class Person:
    """Works in three programs, in turn."""

    def __init__(self, display: PrivateDisplay, browser: Browser, pages: PageServer, hand: Hand) -> None:
        self._display, self._browser, self._pages, self._hand = display, browser, pages, hand
        self.begin_anew()

    def begin_anew(self) -> None:
        """All of it again as it was: each listener has the same."""
        self._chance = random.Random(1)
        self._page = 0

    def _turn_to(self, app: str) -> None:
        """By a click in its middle. Raises RuntimeError where another one is in front after that."""
        windows = Windows(self._display.name)
        try:
            x, y, width, height = next(window for _, window in windows.stack if window.app == app).box
            self._hand.click(x + width // 2, y + height // 2)
            self._hand.rest(0.2)
            windows.update()
            if windows.active is None or windows.active.app != app:
                raise RuntimeError(f"the click is not on {app}")
        finally:
            windows.close()

    def _words(self, n: int) -> str:
        return " ".join(self._chance.choices(WORDS, k=n))

    def work(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < end:
            until = min(time.monotonic() + TURN_S, end)
            (self._browse, self._command, self._write)[turn % 3](until)
            turn += 1

    def _browse(self, until: float) -> None:
        self._browser.navigate(self._pages.url(PAGES[self._page % len(PAGES)]))
        self._page += 1
        self._hand.rest(2.0)
        while time.monotonic() < until:
            things = cast("list[list[Any]]", self._browser.evaluate(THINGS))
            if things and self._chance.random() < 0.7:
                x, y, writes = self._chance.choice(things)
                self._hand.click(int(x), int(y))
                if writes:
                    self._hand.type(self._words(3))
            else:
                self._hand.scroll(self._chance.choice((-3, 3)))
            self._hand.rest(self._chance.uniform(0.8, 2.5))  # reads

    def _command(self, until: float) -> None:
        self._turn_to("xterm")
        while time.monotonic() < until:
            self._hand.type(self._chance.choice(COMMANDS))
            self._hand.press("Return")
            self._hand.rest(self._chance.uniform(1.0, 3.0))

    def _write(self, until: float) -> None:
        self._turn_to("mousepad")
        self._hand.press("End", "Control")
        while time.monotonic() < until:
            self._hand.type(self._words(8) + "\n")
            if self._chance.random() < 0.2:
                self._hand.press("s", "Control")
            self._hand.rest(self._chance.uniform(0.5, 2.0))


def _arrange(name: str) -> None:
    """The editor beside the browser, below the terminal: each lies where a click meets it."""
    display = xdisplay.Display(name)
    listed = display.screen().root.get_full_property(display.intern_atom("_NET_CLIENT_LIST"), X.AnyPropertyType)
    for number in listed.value if listed is not None else ():
        window = display.create_resource_object("window", number)
        if (window.get_wm_class() or ("", ""))[1].lower() == "mousepad":
            window.configure(x=1050, y=400, width=530, height=540)
    display.sync()
    display.close()


@contextlib.contextmanager
def _running(words: list[str], env: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def _stages(pid: int, path: Path) -> dict[str, float]:
    """What the recorder has counted since its start, ms by stage. See bench/listeners/staged.py."""
    path.unlink(missing_ok=True)
    os.kill(pid, signal.SIGUSR2)
    deadline = time.monotonic() + 20
    while not path.exists():
        if time.monotonic() > deadline:
            raise RuntimeError("the recorder tells no stages")
        time.sleep(0.02)
    return {stage: ns / 1e6 for stage, ns in json.loads(path.read_text(encoding="utf-8")).items()}


def _cpu_ms(pid: int) -> float:
    """With that of processes it has started and that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children_s = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return cpu_ns(pid) / 1e6 + children_s * 1e3


def _recorded(display: PrivateDisplay, person: Person, seconds: float, who: str = "ours") -> Session:
    counting = "BENCH_STAGES" in os.environ
    person.begin_anew()
    with listening(who, display) as listener:
        person.work(6.0)  # what is read once is read
        path = Path(os.environ.get("BENCH_STAGES", ""))
        before = _stages(listener.pid, path) if counting else {}
        cpu_ms, woken, began = _cpu_ms(listener.pid), wakeups(listener.pid), time.monotonic()
        person.work(seconds)
        wall_s = time.monotonic() - began
        cpu_ms, woken = _cpu_ms(listener.pid) - cpu_ms, wakeups(listener.pid) - woken
        after = _stages(listener.pid, path) if counting else {}
    return Session(wall_s, cpu_ms, woken, {stage: after[stage] - before.get(stage, 0.0) for stage in after})


@contextlib.contextmanager
def _at_work(level: str) -> Iterator[tuple[PrivateDisplay, Person]]:
    """A desktop with the three programs, and who works in them. level: of frames, as the policy has it."""
    with PrivateDisplay(WIDTH, HEIGHT) as display, PageServer() as pages, tempfile.TemporaryDirectory() as folder:
        os.environ |= {**display.env, "BENCH_FRAMES": level}
        notes = Path(folder) / "notes.txt"
        notes.write_text("Notes\n", encoding="utf-8")
        time.sleep(1.0)  # a window that comes before the window manager is ready is never shown
        with (
            _running(["mousepad", "--disable-server", str(notes)], display.env),
            _running(["xterm", "-geometry", "80x24+1050+0"], display.env),
            Browser(display.env, pages.url(PAGES[0]), 1000, 900) as browser,
            Hand(display.name, speed=1.0) as hand,
        ):
            person = Person(display, browser, pages, hand)
            time.sleep(2.0)
            _arrange(display.name)
            yield display, person


def _at(level: str) -> str:
    return "in a working session" if level == "none" else f"in a working session, frames {level}"


def session(level: str, seconds: float) -> list[Row]:
    """The share of a core, without counting stages; and a listener that writes JSON lines of the input alone, in the
    same session after it."""
    with _at_work(level) as (display, person):
        plain = _recorded(display, person, seconds)
        bare = _recorded(display, person, seconds, "pynput")
    share, beside = plain.cpu_ms / plain.wall_s / 10, bare.cpu_ms / bare.wall_s / 10
    woken, woken_beside = plain.woken / plain.wall_s, bare.woken / bare.wall_s
    peer = "pynput, input alone"
    return [
        row(f"share of a core {_at(level)}", share, "%", target="<= 1"),
        row(f"share of a core {_at(level)}", share, "%", peer=beside, peer_name=peer),
        row(f"wake-ups a second {_at(level)}", woken, "1/s", peer=woken_beside, peer_name=peer),
    ]


def stages(level: str, seconds: float) -> list[Row]:
    """The share of a core by stage, which counting makes larger."""
    with _at_work(level) as (display, person), tempfile.TemporaryDirectory() as folder:
        os.environ["BENCH_STAGES"] = str(Path(folder) / "stages.json")
        try:
            counted = _recorded(display, person, seconds)
        finally:
            del os.environ["BENCH_STAGES"]
    return [
        row(f"share of a core {_at(level)}: {stage}", ms / counted.wall_s / 10, "%")
        for stage, ms in sorted(counted.stages.items(), key=lambda each: -each[1])
        if stage != "everything"
    ]
