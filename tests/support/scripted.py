"""A recorder's inside without a display: an observer that is told what it sees, and a pipeline around it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import Unavailable
from aboveboard.core.events import (
    Box,
    ButtonEdge,
    KeptEvent,
    KeyEdge,
    Motion,
    Observed,
    ObservedElement,
    RawInput,
    Snapshot,
    Surface,
)
from aboveboard.core.policy import FrameLevel, Policy
from aboveboard.recorder.conditions import Conditions
from aboveboard.recorder.gate import Gate
from aboveboard.recorder.home import Home
from aboveboard.recorder.pauses import Pauses
from aboveboard.recorder.pipeline import Pipeline, Under
from aboveboard.recorder.platform.source import InputCounters
from aboveboard.recorder.spool.spool import Spool
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.stage import RedactionStage
from tests.support.world import T0_S, World

NOON_US = T0_S * 1_000_000
TURN_S = 0.005
BOX: Box = (0, 0, 400, 300)
NOTE = ObservedElement("entry", "Note", (10, 10, 200, 30), frozenset({"focused", "editable"}), (0, 1))
BUTTON = ObservedElement("push button", "Save", (10, 60, 60, 24), frozenset({"enabled"}), (0, 2))


def page(site: str | None = "https://example.org", app: str = "chromium", title: str = "A page") -> Surface:
    return Surface(1, app, app == "chromium", site, title, BOX)


@dataclass
class ScriptedObserver:
    """Gives what was put in, once. lost: raises Unavailable as a display that is gone does."""

    queue: deque[Observed] = field(default_factory=deque)
    counters: InputCounters = field(default_factory=InputCounters)
    here: Surface | None = field(default_factory=page)
    lost: bool = False
    level: FrameLevel = "none"
    picture_problem: str = ""
    unseen: int = 0
    waits: list[float] = field(default_factory=list)
    woken: threading.Event = field(default_factory=threading.Event)

    def pictures(self, level: FrameLevel, may_show: Callable[[Surface], bool]) -> None:
        self.level = level

    def unsee(self) -> None:
        self.unseen += 1

    def wait(self, timeout_s: float) -> None:
        """A turn at most: tests move the clock, which nobody hears of."""
        self.waits.append(timeout_s)
        if not self.queue:
            self.woken.wait(min(timeout_s, TURN_S))
        self.woken.clear()

    def wake(self) -> None:
        self.woken.set()

    def read(self) -> list[Observed]:
        # One by one: what another thread puts in meanwhile is read now or next time, and never lost.
        found = []
        while self.queue:
            found.append(self.queue.popleft())
        if self.lost and not found:
            raise Unavailable("the display is gone")
        return found

    def surface(self) -> Surface | None:
        return self.here

    def anew(self) -> None:
        """Scenes are put in by the tests themselves."""

    def close(self) -> None:
        """Holds nothing."""


class Recording:
    """One session over a real gate, a real redaction stage and a real spool on disk."""

    def __init__(self, folder: Path, policy: Policy | None = None) -> None:
        self.clock = FixedClock(NOON_US)
        home = Home(folder / "home")
        home.make()
        self.pauses = Pauses(home, self.clock)
        self.spool = Spool(folder / "spool", bytes(range(32)))
        self.observer = ScriptedObserver()
        self.conditions = Conditions(self.pauses, policy or World().policy(), "given", region="DE")
        self.conditions.indicator = lambda: True
        self.stage = RedactionStage(Redactor(bytes(32)), self.clock)
        self.gate = Gate(self.conditions)
        self.shown: list[str] = []
        self.pipeline = Pipeline(
            self.observer, self.gate, self.stage, self.spool, self.pauses, self.clock,
            Under("5" * 32, "p" * 64, "c" * 64, "e" * 32), self.shown.append,
        )  # fmt: skip

    def see(self, event: RawInput, target: ObservedElement | None = None, surface: Any = ...) -> None:
        here = self.observer.here if surface is ... else surface
        scene = Snapshot(NOON_US, (NOTE, BUTTON), target) if isinstance(event, ButtonEdge) and event.pressed else None
        self.observer.queue.append(Observed(event, here, target, scene))

    def step(self, forward_us: int = 100_000) -> None:
        self.clock.advance(forward_us)
        self.pipeline.step(0.0)

    def click(self, t_us: int, x: int = 30, y: int = 70, target: ObservedElement | None = BUTTON) -> None:
        self.see(ButtonEdge(t_us, x, y, 1, True), target)
        self.see(ButtonEdge(t_us + 1000, x, y, 1, False))

    def type(self, t_us: int, text: str, target: ObservedElement | None = NOTE, surface: Any = ...) -> None:
        for i, char in enumerate(text):
            for pressed in (True, False):
                key = "space" if char == " " else char
                self.see(KeyEdge(t_us + i * 1000 + (not pressed) * 500, key, char, pressed), target, surface)

    def move(self, *t_us: int) -> None:
        zeros = np.arange(len(t_us), dtype=np.int32)
        self.see(Motion(np.array(t_us, dtype=np.int64), zeros, zeros))

    def kept(self) -> list[KeptEvent]:
        """Ends the session and opens what is on disk."""
        self.clock.advance(100_000)
        self.pipeline.finish()
        return [event for _, chunk in self.spool.chunks() for event in chunk.events]
