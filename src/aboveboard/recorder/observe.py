"""Input together with what it landed on: the X11 observer.

Pointer input belongs to the window under the pointer, keys to the window with the keyboard. A press is matched with the
tree as it was before it. After a click, a Tab or another window, the field with the focus is unknown until it has been
read again; keys wait for that, but never long, and what stays unknown is said to be unknown.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from aboveboard.core.events import ButtonEdge, KeyEdge, Motion, Observed, RawInput, Snapshot, Surface, WheelStep
from aboveboard.desktop.accessibility import hit
from aboveboard.desktop.windows import Window, Windows
from aboveboard.recorder.platform.source import InputCounters
from aboveboard.recorder.platform.x11 import WindowsChanged, X11Source
from aboveboard.recorder.watcher import Watcher

FOCUS_S_MAX = 0.3
FOCUS_SETTLE_US = 25_000  # focus follows a click by 12 to 20 ms
# A key that is looked at later than this may have gone to a field that has lost the focus since: unknown, then.
LATE_US = 500_000
WHEEL_RUN_US = 1_000_000  # slow hands turn a wheel about twice a second
_MOVES_FOCUS = frozenset({"Tab", "ISO_Left_Tab", "Return", "KP_Enter", "Escape", "F6"})


class X11Observer:
    """See `Observer` in platform/source.py. One thread."""

    def __init__(self, display: str, xauthority: Path | None, session_bus: str, browsers: frozenset[str]) -> None:
        """Raises Unavailable when the display or the accessibility bus can't be used."""
        self._browsers = browsers
        self._windows = Windows(display)
        self._source = X11Source(display, xauthority, self._windows)
        self._watcher = Watcher(session_bus)
        self._disturbed_us = 0  # when the focus may have moved last
        self._wheel_us = 0
        self._scene_given: Snapshot | None = None
        self._keys_in: tuple[object, ...] = ()
        self._here: tuple[object, ...] | None = None
        self._front()

    @property
    def counters(self) -> InputCounters:
        return self._source.counters

    def close(self) -> None:
        self._watcher.close()
        self._source.close()
        self._windows.close()

    def wait(self, timeout_s: float) -> None:
        self._source.wait(timeout_s)

    def wake(self) -> None:
        self._source.wake()

    def read(self) -> list[Observed]:
        events = self._source.read()
        found: list[Observed] = []
        told = False
        for event in events:
            if isinstance(event, WindowsChanged):
                self._look()
                told = True
                continue
            for observed in self._observe(event):
                self._notice(observed.surface)
                found.append(observed)
        if not told:  # titles change without a word in the stream
            self._look()
        if found:
            self._watcher.at_work()
        return found

    def _look(self) -> None:
        """At the windows, if any changed."""
        if self._windows.update():
            self._disturbed_us = time.time_ns() // 1000
            self._front()

    def _notice(self, surface: Surface | None) -> None:
        """Back on a surface after another, what is to be seen there is said again."""
        here = None if surface is None else (surface.window, surface.site, surface.title)
        if here != self._here:
            self._here = here
            self.anew()

    def surface(self) -> Surface | None:
        """Where keys go now."""
        return self._surface(self._windows.active, time.time_ns() // 1000)

    def anew(self) -> None:
        self._scene_given = None
        self._keys_in = ()

    def _front(self) -> None:
        window = self._windows.active
        if window is not None:
            self._watcher.watch(window.number, window.pid, window.title)

    def _surface(self, window: Window | None, t_us: int) -> Surface | None:
        if window is None or window.app is None:
            return None
        is_browser = window.app in self._browsers
        active = self._windows.active
        site = None
        if is_browser and active is not None:
            # A browser's menus are windows of their own, of the same process: they belong to its front page.
            own = window.number == active.number or (window.pid is not None and window.pid == active.pid)
            site = self._watcher.site(active.number, t_us) if own else None
        title = window.title or (active.title if active is not None and active.pid == window.pid else "")
        return Surface(window.number, window.app, is_browser, site, title, window.box)

    def _observe(self, event: RawInput) -> Iterator[Observed]:
        match event:
            case Motion():
                yield from self._motion(event)
            case ButtonEdge():
                yield self._button(event)
            case WheelStep():
                window = self._windows.at(event.x, event.y)
                tree = self._tree(window, event.t_us)
                # What a run of notches starts from is told; what slides by under it is not.
                scene = self._new_scene(tree) if event.t_us - self._wheel_us > WHEEL_RUN_US else None
                self._wheel_us = event.t_us
                target = hit(tree, event.x, event.y) if tree else None
                yield Observed(event, self._surface(window, event.t_us), target, scene)
            case KeyEdge():
                yield self._key(event)

    def _motion(self, event: Motion) -> Iterator[Observed]:
        """Cut where the pointer goes from one window to another."""
        places = self._windows.which(event.x, event.y)
        if (places == places[0]).all():
            yield Observed(event, self._surface(self._windows.window(int(places[0])), int(event.t_us[0])))
            return
        cuts = np.flatnonzero(np.diff(places)) + 1
        for part in np.split(np.arange(len(places)), cuts):
            window = self._windows.window(int(places[part[0]]))
            yield Observed(
                Motion(event.t_us[part], event.x[part], event.y[part]), self._surface(window, int(event.t_us[part][0]))
            )

    def _tree(self, window: Window | None, t_us: int) -> Snapshot | None:
        active = self._windows.active
        if window is None or active is None or window.pid != active.pid:
            return None
        return self._watcher.before(active.number, t_us)

    def _button(self, event: ButtonEdge) -> Observed:
        window = self._windows.at(event.x, event.y)
        surface = self._surface(window, event.t_us)
        self._disturbed_us = event.t_us
        if not event.pressed:
            return Observed(event, surface)
        tree = self._tree(window, event.t_us)
        return Observed(event, surface, hit(tree, event.x, event.y) if tree else None, self._new_scene(tree))

    def _key(self, event: KeyEdge) -> Observed:
        active = self._windows.active
        surface = self._surface(active, event.t_us)
        if active is None or not event.pressed:
            return Observed(event, surface)
        since_us = self._disturbed_us + FOCUS_SETTLE_US if self._disturbed_us else 0
        target, tree = self._watcher.focused(active.number, since_us, event.t_us, FOCUS_S_MAX)
        if time.time_ns() // 1000 - event.t_us > LATE_US:
            target = None
        if surface is not None and surface.is_browser and surface.site is None:
            surface = self._surface(active, event.t_us)  # the page may have been read meanwhile
        if event.key in _MOVES_FOCUS:
            self._disturbed_us = event.t_us
        field = (active.number, None if target is None else (target.role, target.path))
        scene = self._new_scene(tree) if field != self._keys_in else None
        self._keys_in = field
        return Observed(event, surface, target, scene)

    def _new_scene(self, tree: Snapshot | None) -> Snapshot | None:
        """The tree, if it differs from the last one given."""
        if tree is None or (self._scene_given is not None and tree.elements == self._scene_given.elements):
            return None
        self._scene_given = tree
        return tree
