"""Keeps the newest pictures of permitted windows at hand, off the input path, so that what a person acted on can be
shown as it was *before* they did.

A thread of its own hears what was drawn, waits until that settles, asks for each visible window whether it may be
shown, and takes the pixels of those that may. From a press until the recorder has looked at it nothing new is taken.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from aboveboard.core.events import Box, Layer, MemoryOnly, ScreenPicture, Surface
from aboveboard.desktop.windows import Window, Windows
from aboveboard.recorder.screen.pixels import Pixels, Taken

QUIET_S = 0.04  # drawing comes in flocks
RESTLESS_S = 0.3  # and sometimes does not end
# Between two looks: so many times what the last one cost, within bounds.
APART_COSTS, APART_S_MIN, APART_S_MAX = 50, 0.1, 2.0
AT_WORK_S = 3.0  # since the person did something; after that what moves by itself is looked at seldom,
IDLE_S = 60.0  # and then no more
IDLE_APART_S = 2.0
PRESS_S_MAX = 1.5  # a press is looked at by the recorder within this
STALE_US = 1_000_000  # a change not seen for so long before an action: the picture is not of what was acted on
AGAIN_S, AGAIN_MAX = 0.3, 10  # a page that is not known yet will be in a moment
KEPT = 3

SurfaceOf: TypeAlias = Callable[[Window, Window | None, int], Surface | None]
MayShow: TypeAlias = Callable[[Surface], bool]


@dataclass(frozen=True, slots=True, repr=False)
class Look(MemoryOnly):
    """A picture, which window each layer is of, and the one with the keyboard, 0 for none."""

    picture: ScreenPicture
    windows: tuple[Window, ...]
    active: int


def _now_us() -> int:
    return time.time_ns() // 1000


class ScreenWatch:
    """Any thread may call its methods."""

    def __init__(self, display: str, surface_of: SurfaceOf, may_show: MayShow, page_seen: Callable[[], None]) -> None:
        """surface_of: what a window is, given the one with the keyboard and a time. page_seen: a browser's page was
        taken. Raises Unavailable where windows' pictures can't be told apart."""
        self._page_seen = page_seen
        self._pixels = Pixels(display)
        self._windows = Windows(display)
        self._surface_of, self._may_show = surface_of, may_show
        self._lock = threading.Lock()
        self._looks: deque[Look] = deque(maxlen=KEPT)
        self._taken: dict[int, Taken] = {}
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._changed_s: float | None = None  # since when something is to be looked at, and when it last changed
        self._newest_s = 0.0
        self._changed_us = 0
        self._presses = self._forgets = 0
        self._pressed_s: float | None = None
        self._looked_s = self._cost_s = 0.0
        self._worked_s = time.monotonic()
        self._again_s: float | None = None  # when to look again for what was not known
        self._agains = 0
        self._stopping = False
        self.lost = False
        self.looks = 0
        self._change()
        self._thread = threading.Thread(target=self._run, name="screen", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping = True
        self._wake()
        self._thread.join(5.0)
        self._pixels.close()
        self._windows.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full, so it is awake anyway; or closed
            os.write(self._wake_write, b"\0")

    # ------------------------------------------------------------ what the recorder asks

    def before(self, t_us: int) -> Look | None:
        """The screen as it was last seen before t_us; None when it had been another for a while and was not seen."""
        with self._lock:
            look = next((each for each in reversed(self._looks) if each.picture.t_us < t_us), None)
            if look is None:
                return None
            newer = look is not self._looks[-1] or self._changed_s is None
            return look if newer or self._changed_us > t_us - STALE_US else None

    def newest(self) -> Look | None:
        with self._lock:
            return self._looks[-1] if self._looks else None

    def at_work(self) -> None:
        """The person did something, and the recorder has looked at it: what has changed may be looked at now."""
        with self._lock:
            self._worked_s = time.monotonic()
            self._pressed_s = None
            wanted = self._changed_s is not None
        if wanted:
            self._wake()

    def anew(self) -> None:
        """What may be seen may be another now."""
        self._change()
        self._wake()

    def forget(self) -> None:
        """Nothing that was seen is kept; what is to be seen is looked at anew."""
        with self._lock:
            self._looks.clear()
            self._taken = {}
            self._forgets += 1
        self.anew()

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        poll = select.poll()
        for descriptor in (self._pixels.fileno(), self._windows.fileno(), self._wake_read):
            poll.register(descriptor, select.POLLIN)
        try:
            while not self._stopping:
                self._hear()
                left_s = self._left_s()
                if left_s is not None and left_s <= 0:
                    self._look()
                    continue
                poll.poll(None if left_s is None else max(left_s * 1000, 1))
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
        except Exception:  # noqa: BLE001  fail closed: whatever it is, nothing more is seen, and the recorder says so
            self.lost = True
            with self._lock:
                self._looks.clear()

    def _hear(self) -> None:
        drew = self._pixels.hear(self._taken)
        if self._pixels.presses != self._presses:
            self._presses = self._pixels.presses
            with self._lock:
                self._pressed_s = time.monotonic()
        title_changed = self._windows.update()
        if title_changed or self._pixels.configured or not drew.isdisjoint(self._taken):
            self._pixels.configured = False
            self._change()

    def _change(self) -> None:
        with self._lock:
            self._newest_s = time.monotonic()
            if self._changed_s is None:
                self._changed_s, self._changed_us = self._newest_s, _now_us()
            self._agains = 0

    def _left_s(self) -> float | None:
        """Until the next look; None: until something happens."""
        now = time.monotonic()
        with self._lock:
            since = now - self._worked_s
            if self._pressed_s is not None and now - self._pressed_s < PRESS_S_MAX:
                return self._pressed_s + PRESS_S_MAX - now
            if self._changed_s is None:
                waits = [self._pixels.settles_in_s(self._taken), self._again_s and max(self._again_s - now, 0)]
                return min((each for each in waits if each is not None), default=None)
            if since > IDLE_S and self._looks:
                return None
            apart_s = min(max(APART_COSTS * self._cost_s, APART_S_MIN), APART_S_MAX)
            if since > AT_WORK_S:
                apart_s = max(apart_s, IDLE_APART_S)
            quiet_at = min(self._newest_s + QUIET_S, self._changed_s + RESTLESS_S)
            return max(quiet_at, self._looked_s + apart_s) - now

    def _look(self) -> None:
        """Takes what may be seen, unless something was pressed meanwhile, or windows moved."""
        began_s, began_us, cpu_ns = time.monotonic(), _now_us(), time.thread_time_ns()
        presses, unknown = self._presses, False
        stack = self._stack()
        taken: dict[int, Taken] = {}
        layers: list[Layer] = []
        windows: list[Window] = []
        covered = _covered([window.box for _, window in stack], self._pixels.size)
        active = self._windows.active
        with self._lock:
            before, forgets = self._taken, self._forgets
        for (number, window), hidden in zip(stack, covered, strict=True):
            surface = None if hidden else self._surface(window, active, began_us)
            if surface is not None and surface.is_browser and surface.site is None:
                unknown = True
            if surface is not None and not self._may(surface):
                surface = None
            got = None
            if surface is not None:
                got = before.get(number)
                if got is None or self._pixels.dirty(number):
                    got = self._pixels.take(number, window.number, got)
            if got is not None:
                taken[number] = got
            layers.append(_layer(surface, window.box, got))
            windows.append(window)
        drew = self._pixels.hear()
        self._windows.update()
        if not drew.isdisjoint(taken):
            self._change()
        moved = _places(self._stack()) != _places(stack)
        with self._lock:
            self._looked_s, self._cost_s = time.monotonic(), (time.thread_time_ns() - cpu_ns) / 1e9
            if self._forgets != forgets:
                return
            self._taken = taken
            self._again_s = time.monotonic() + AGAIN_S if unknown and self._agains < AGAIN_MAX else None
            self._agains += unknown
            if self._pixels.presses != presses or moved:
                return  # not what was to be seen before; it is looked at again
            picture = ScreenPicture(began_us, self._pixels.size, tuple(layers))
            self._looks.append(Look(picture, tuple(windows), active.number if active is not None else 0))
            self.looks += 1
            if self._newest_s <= began_s:
                self._changed_s = None
        if any(layer.surface is not None and layer.surface.is_browser for layer in layers):
            self._page_seen()

    def _stack(self) -> list[tuple[int, Window]]:
        return self._windows.stack

    def _surface(self, window: Window, active: Window | None, t_us: int) -> Surface | None:
        try:
            return self._surface_of(window, active, t_us)
        except Exception:  # noqa: BLE001  fail closed: what is not known is not taken
            return None

    def _may(self, surface: Surface) -> bool:
        try:
            return self._may_show(surface)
        except Exception:  # noqa: BLE001  fail closed: what can't be judged is not taken
            return False


def _layer(surface: Surface | None, box: Box, got: Taken | None) -> Layer:
    if surface is None or got is None:
        return Layer(None, box)
    height, width = got.pixels.shape[:2]
    return Layer(surface, (box[0], box[1], width, height), got.pixels, got.drawn)


def _places(stack: list[tuple[int, Window]]) -> list[tuple[object, ...]]:
    return [(number, window.number, window.box, window.app, window.title) for number, window in stack]


def _covered(boxes: list[Box], size: tuple[int, int]) -> list[bool]:
    """For each window, the lowest first, whether one above it hides all of it that lies on the screen."""
    found = []
    for place, (x, y, width, height) in enumerate(boxes):
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + width, size[0]), min(y + height, size[1])
        hidden = (
            x1 <= x0
            or y1 <= y0
            or any(bx <= x0 and by <= y0 and bx + bw >= x1 and by + bh >= y1 for bx, by, bw, bh in boxes[place + 1 :])
        )
        found.append(hidden)
    return found
