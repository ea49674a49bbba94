"""Windows with a colour of their own, and a real recorder's inside that looks at them: observer, gate, stage, spool."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from Xlib import X
from Xlib import display as xdisplay

from aboveboard.core.clock import SystemClock
from aboveboard.core.events import Frame, KeptEvent, Permitted, Redacted
from aboveboard.core.policy import CategoryTerms, FrameLevel
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.recorder.conditions import Conditions
from aboveboard.recorder.gate import Gate
from aboveboard.recorder.home import Home
from aboveboard.recorder.observe import X11Observer
from aboveboard.recorder.pauses import Pauses
from aboveboard.recorder.pipeline import Pipeline, Under
from aboveboard.recorder.spool.spool import Spool
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.stage import RedactionStage
from tests.support.world import World

FRAMES = CategoryTerms(("train-agents",), "the agent has to see what was acted on", 90, ("agents group",))


class Painted:
    """A window of one colour. app None: it does not say what it is; popup: no window manager sees it; bare: it has no
    background, so what lay there shows until it paints."""

    def __init__(
        self, display: xdisplay.Display, app: str | None, colour: int, box: tuple[int, int, int, int], *,
        title: str = "A window", popup: bool = False, bare: bool = False, paints: bool = True,
    ) -> None:  # fmt: skip
        self.display, self.colour, self.bare = display, colour, bare
        screen = display.screen()
        more: dict[str, Any] = {} if bare else {"background_pixel": colour}
        self.window = screen.root.create_window(
            *box, 0, screen.root_depth, X.InputOutput, X.CopyFromParent, override_redirect=popup, **more
        )
        if app is not None:
            self.window.set_wm_class(app, app.capitalize())
        self.window.set_wm_name(title)
        self.window.set_wm_normal_hints(flags=1 | 4, x=box[0], y=box[1])
        self._gc = self.window.create_gc(foreground=colour)
        self.window.map()
        display.sync()
        if paints:
            self.paint()

    def paint(self) -> None:
        geometry = self.window.get_geometry()
        self.window.fill_rectangle(self._gc, 0, 0, geometry.width, geometry.height)
        self.display.sync()

    def move(self, x: int, y: int) -> None:
        self.window.configure(x=x, y=y)
        self.display.sync()

    def close(self) -> None:
        self.window.destroy()
        self.display.sync()


class _Counting(RedactionStage):
    """frames: kept so far."""

    frames = 0

    def feed(self, permitted: Permitted) -> list[Redacted]:
        found = super().feed(permitted)
        self.frames += sum(isinstance(item.event, Frame) for item in found)
        return found


class Looking:
    """`with Looking(display, folder) as looking: ...; looking.kept`"""

    def __init__(self, display: PrivateDisplay, folder: Path, level: FrameLevel = "on_action", **changes: Any) -> None:
        clock, home = SystemClock(), Home(folder / "home")
        home.make()
        base = World().policy()
        terms = {**base.categories, "frames": FRAMES}
        self.policy = World().policy(categories=terms, frames=level, **changes)
        self.pauses = Pauses(home, clock)
        conditions = Conditions(self.pauses, self.policy, "given", region="DE")
        conditions.indicator = lambda: True
        self.gate = Gate(conditions)
        self.spool = Spool(folder / "spool", bytes(32))
        bus = display.env["DBUS_SESSION_BUS_ADDRESS"]
        self.observer = X11Observer(display.name, display.xauthority, bus, frozenset(self.policy.browsers))
        self.observer.pictures(level, self.gate.may_show)
        assert not self.observer.picture_problem
        self.stage = _Counting(Redactor(bytes(32)), clock)
        self.pipeline = Pipeline(
            self.observer, self.gate, self.stage, self.spool, self.pauses, clock,
            Under("5" * 32, "p" * 64, "c" * 64, "e" * 32), lambda _state: None,
        )  # fmt: skip
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.kept: list[KeptEvent] = []

    def _run(self) -> None:
        while not self._stop.is_set():
            self.pipeline.step(0.05)

    def __enter__(self) -> Looking:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        time.sleep(2.5)  # what waits to be confirmed and checked
        self._stop.set()
        self._thread.join()
        self.pipeline.finish()
        self.observer.close()
        self.kept = [event for _, chunk in self.spool.chunks() for event in chunk.events]


def has_colour(pixels: Any, colour: int) -> bool:
    """Whether a coarse frame or a crop holds it: within a level of 16 and WebP's small differences."""
    wanted = np.array([colour >> 16 & 255, colour >> 8 & 255, colour & 255])
    return bool((np.abs(pixels.astype(int) - wanted).max(axis=-1) <= 12).any())
