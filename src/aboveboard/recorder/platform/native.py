"""What the sources of Windows and macOS share: a queue that a system's callbacks fill, and what their events landed on.

The X11 source reads a stream instead and keeps a tree from before each event. Here windows and elements are looked up
when an event is read, so only what is read at once is believed; what is read late is unknown, and unknown is secret.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import (
    Box,
    ButtonEdge,
    KeyEdge,
    MemoryOnly,
    Motion,
    Observed,
    ObservedElement,
    RawInput,
    Snapshot,
    Surface,
    WheelStep,
)
from aboveboard.recorder.platform.source import InputCounters

QUEUE_MAX = 100_000  # events: minutes of unbroken movement at 1 kHz; beyond, the source counts as lost
BELIEVED_US = 60_000  # a page acts on the release, some 80 ms after the press
SETTLE_US = 50_000  # the focus follows a click or a Tab by less
GATHER_S = 0.4
_MOVES_FOCUS = frozenset({"Tab", "ISO_Left_Tab", "Return", "KP_Enter", "Escape", "F6"})


@dataclass(frozen=True, slots=True, repr=False)
class NativeWindow(MemoryOnly):
    """A top-level window. app: lower-case name of its program ("chrome", "com.apple.safari"); None when unknown."""

    number: int
    app: str | None
    title: str
    box: Box


class Desk(Protocol):
    """The system's windows and accessible elements, as they are now. What can't be known is None, never a guess."""

    def at(self, x: int, y: int) -> NativeWindow | None: ...

    def active(self) -> NativeWindow | None: ...

    def site(self, window: NativeWindow) -> str | None:
        """Origin of a browser's page."""
        ...

    def element_at(self, x: int, y: int) -> ObservedElement | None: ...

    def focused(self) -> ObservedElement | None: ...

    def visible(self, window: NativeWindow) -> tuple[ObservedElement, ...]:
        """The elements that can be seen, as far as they could be read in bounded time."""
        ...


class Source(Protocol):
    """Puts events into a Feed, from a thread of its own, until it is closed."""

    def close(self) -> None: ...


class Feed:
    """Between the system's callbacks and the recording thread. Any thread."""

    def __init__(self) -> None:
        self.counters = InputCounters()
        self._lock = threading.Condition()
        self._events: deque[RawInput] = deque()
        self._urgent = self._woken = False
        self._lost = ""

    def put(self, event: RawInput) -> None:
        with self._lock:
            if self._lost:
                return
            if len(self._events) >= QUEUE_MAX:
                self._lost = "input came faster than it could be read"
            self._events.append(event)
            self._count(event)
            if not isinstance(event, Motion):
                self._urgent = True
            self._lock.notify_all()

    def _count(self, event: RawInput) -> None:
        match event:
            case Motion():
                self.counters.motion += len(event.t_us)
            case ButtonEdge():
                self.counters.buttons += 1
            case WheelStep():
                self.counters.wheel += abs(event.dx) + abs(event.dy)
            case KeyEdge():
                self.counters.keys += not event.repeat

    def lose(self, why: str) -> None:
        """Nothing more will come. What came before is still given."""
        with self._lock:
            self._lost = self._lost or why
            self._lock.notify_all()

    def wake(self) -> None:
        with self._lock:
            self._woken = True
            self._lock.notify_all()

    def wait(self, timeout_s: float) -> None:
        """Movement alone is gathered for a moment."""
        with self._lock:
            if self._lock.wait_for(lambda: self._events or self._woken or self._lost, timeout_s) and not self._woken:
                self._lock.wait_for(lambda: self._urgent or self._woken or self._lost, min(timeout_s, GATHER_S))
            self._urgent = self._woken = False

    def take(self) -> list[RawInput]:
        """All there is; runs of movement joined. Raises Unavailable when the source is lost and all was given."""
        with self._lock:
            events = list(self._events)
            self._events.clear()
            if not events and self._lost:
                raise Unavailable(self._lost)
        return list(_joined(events))


def _joined(events: Sequence[RawInput]) -> list[RawInput]:
    out: list[RawInput] = []
    run: list[Motion] = []
    for event in [*events, None]:
        if isinstance(event, Motion):
            run.append(event)
            continue
        if run:
            out.append(Motion(*(np.concatenate([getattr(each, name) for each in run]) for name in ("t_us", "x", "y"))))
            run = []
        if event is not None:
            out.append(event)
    return out


class NativeObserver:
    """See `Observer` in platform/source.py. One thread, but for `wake`."""

    def __init__(
        self, feed: Feed, source: Source, desk: Desk, browsers: frozenset[str],
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:  # fmt: skip
        self._feed, self._source, self._desk, self._browsers, self._now_us = feed, source, desk, browsers, now_us
        self._disturbed_us = 0
        self._scene: tuple[ObservedElement, ...] | None = None

    @property
    def counters(self) -> InputCounters:
        return self._feed.counters

    def wait(self, timeout_s: float) -> None:
        self._feed.wait(timeout_s)

    def wake(self) -> None:
        self._feed.wake()

    def read(self) -> list[Observed]:
        return [observed for event in self._feed.take() for observed in self._observe(event)]

    def surface(self) -> Surface | None:
        return self._surface(self._desk.active())

    def anew(self) -> None:
        self._scene = None

    def close(self) -> None:
        self._source.close()

    def _surface(self, window: NativeWindow | None) -> Surface | None:
        if window is None or window.app is None:
            return None
        is_browser = window.app in self._browsers
        site = self._desk.site(window) if is_browser else None
        return Surface(window.number, window.app, is_browser, site, window.title, window.box)

    def _believed(self, t_us: int) -> bool:
        return self._now_us() - t_us <= BELIEVED_US

    def _observe(self, event: RawInput) -> list[Observed]:
        match event:
            case Motion():
                return self._motion(event)
            case ButtonEdge() | WheelStep():
                return [self._pointer(event)]
            case KeyEdge():
                return [self._key(event)]
            case _:
                return []

    def _motion(self, event: Motion) -> list[Observed]:
        """By the window under each end; where they differ it is not known where the pointer left it: unknown."""
        first, last = (self._desk.at(int(event.x[i]), int(event.y[i])) for i in (0, -1))
        same = first is not None and last is not None and first.number == last.number
        return [Observed(event, self._surface(first) if same else None)]

    def _pointer(self, event: ButtonEdge | WheelStep) -> Observed:
        if not self._believed(event.t_us):
            return Observed(event, None)
        window = self._desk.at(event.x, event.y)
        surface = self._surface(window)
        pressed = isinstance(event, WheelStep) or event.pressed
        if isinstance(event, ButtonEdge):
            self._disturbed_us = event.t_us
        target = self._desk.element_at(event.x, event.y) if surface is not None and pressed else None
        scene = self._new_scene(window, event.t_us) if isinstance(event, ButtonEdge) and event.pressed else None
        return Observed(event, surface, target if self._believed(event.t_us) else None, scene)

    def _key(self, event: KeyEdge) -> Observed:
        if not self._believed(event.t_us):
            return Observed(event, None)
        window = self._desk.active()
        surface = self._surface(window)
        settled = event.t_us - self._disturbed_us > SETTLE_US
        target = self._desk.focused() if surface is not None and event.pressed and settled else None
        if event.pressed and (event.key in _MOVES_FOCUS or event.modifiers & {"Alt", "Super", "Control"}):
            self._disturbed_us = event.t_us
        return Observed(event, surface, target if self._believed(event.t_us) else None)

    def _new_scene(self, window: NativeWindow | None, t_us: int) -> Snapshot | None:
        if window is None:
            return None
        seen = self._desk.visible(window)
        if not seen or seen == self._scene or not self._believed(t_us):
            return None
        self._scene = seen
        return Snapshot(t_us, seen)
