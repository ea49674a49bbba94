"""Input together with what it landed on: the X11 observer.

Pointer input belongs to the window under the pointer, keys to the window with the keyboard. A press is matched with the
tree as it was before it. After a click, a Tab or another window, the field with the focus is unknown until it has been
read again; keys wait for that, but never long, and what stays unknown is said to be unknown.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import (
    ButtonEdge,
    KeyEdge,
    Motion,
    Observed,
    ObservedElement,
    Snapshot,
    Surface,
    WheelStep,
)
from aboveboard.core.policy import FrameLevel
from aboveboard.desktop.hit import hit
from aboveboard.desktop.windows import Window, Windows, same_page
from aboveboard.recorder.platform.source import InputCounters
from aboveboard.recorder.platform.x11 import FRONT_CHANGED, Taken, WindowsChanged, X11Source
from aboveboard.recorder.watcher import Watcher

if TYPE_CHECKING:
    from aboveboard.recorder.screen.glances import Glances
    from aboveboard.recorder.screen.watch import ScreenWatch

SCENES_APART_US = 300_000  # of those that come with movement alone
FOCUS_SETTLE_US = 25_000  # focus follows a click by 12 to 20 ms
# A field that was looked at later than this after a key may have got the focus only since: unknown, then.
LATE_US = 500_000
WHEEL_RUN_US = 1_000_000  # slow hands turn a wheel about twice a second
GLANCE_WAIT_S = 0.2
SURFACES_MAX = 8  # and no more, so that what was not kept is soon forgotten
_MOVES_FOCUS = frozenset({"Tab", "ISO_Left_Tab", "Return", "KP_Enter", "Escape", "F6"})
_CHANGES = _MOVES_FOCUS | {"Up", "Down", "Left", "Right", "Home", "End", "Prior", "Next", "space"}


class X11Observer:
    """See `Observer` in platform/source.py. One thread."""

    def __init__(self, display: str, xauthority: Path | None, session_bus: str, browsers: frozenset[str]) -> None:
        """Raises Unavailable when the display or the accessibility bus can't be used."""
        self._browsers, self._display = browsers, display
        self._screen: ScreenWatch | None = None
        self._glances: Glances | None = None
        self.picture_problem = ""
        with contextlib.ExitStack() as made:  # what is there by then is closed where the next one can't be made
            self._windows = made.enter_context(contextlib.closing(Windows(display, told_of_front=True)))
            self._watcher = made.enter_context(contextlib.closing(Watcher(session_bus)))
            self._source = made.enter_context(contextlib.closing(X11Source(display, xauthority, self._windows)))
            self._source.on_stir = self._watcher.stirred  # what a hand on its way acts on is read before it is there
            self._windows.update(front=True)  # from here on the source tells of it, and there is input
            made.pop_all()
        self._disturbed_us = 0  # when the focus may have moved last
        self._wheel_us = 0
        # Where a button went down that is still down. Forgotten where its release may not be heard: what is dragged
        # from then on is in nobody's window, and not kept.
        self._held: Window | None = None
        self._scene_given: Snapshot | None = None
        self._scene_compared: Snapshot | None = None
        self._scene_given_us = 0  # with movement
        self._keys_in: tuple[object, ...] = ()
        self._here: Surface | None = None
        self._surfaces: dict[tuple[Window, Window | None, str | None], Surface] = {}
        self._last_surface: tuple[Window | None, Window | None, str | None, Surface | None] = (None, None, None, None)
        self._front()

    @property
    def counters(self) -> InputCounters:
        return self._source.counters

    def pictures(self, level: FrameLevel, may_show: Callable[[Surface], bool]) -> None:
        self._end_pictures()
        self.picture_problem = ""
        if level == "none":
            return
        # Its libraries are loaded only where a policy asks for pictures.
        from aboveboard.recorder.screen.glances import Glances
        from aboveboard.recorder.screen.watch import ScreenWatch

        try:
            self._screen = ScreenWatch(self._display, self._surface, may_show, self._watcher.visit)
        except Unavailable as error:
            self.picture_problem = str(error)
            return
        self._glances = Glances(self._screen, level, may_show, self._watcher.stayed, self._now_is)

    def _end_pictures(self) -> None:
        if self._screen is not None:
            self._screen.close()
        self._screen = self._glances = None

    def unsee(self) -> None:
        self._held = None
        if self._glances is not None:
            self._glances.forget()

    def _now_is(self, window: Window) -> Surface | None:
        active = self._windows.active
        now = next((each for _, each in self._windows.stack if each.number == window.number), None)
        return self._surface(now, active, time.time_ns() // 1000)

    def close(self) -> None:
        self._end_pictures()
        self._watcher.close()
        self._source.close()
        self._windows.close()

    def wait(self, timeout_s: float) -> None:
        waiting = self._glances is not None and self._glances.waiting
        self._source.wait(min(timeout_s, GLANCE_WAIT_S) if waiting else timeout_s)

    def wake(self) -> None:
        self._source.wake()

    def read(self) -> list[Observed]:
        try:
            events = self._heard()
        except Unavailable:
            self._held = None
            raise
        found: list[Observed] = []
        told = False
        for event in events:
            if isinstance(event, WindowsChanged):
                self._look(front=event is FRONT_CHANGED)
                told = True
                continue
            if isinstance(event, Motion):
                self._motion(event, found)
                continue
            observed = self._observe(event)
            self._notice(observed.surface)
            found.append(observed)
        if not told:  # titles change without a word in the stream
            self._look()
        if found:
            self._watcher.at_work()
        active = self._windows.active
        self._source.patient = active is not None and self._watcher.treeless(active.number)
        return found + self._seen(found)

    def _heard(self) -> list[Taken]:
        if self._watcher.lost:
            raise Unavailable("the accessibility bus is gone")
        return self._source.read()

    def _seen(self, found: list[Observed]) -> list[Observed]:
        """Pictures that are known well enough by now. After that the screen may be looked at anew."""
        if self._screen is None or self._glances is None:
            return []
        if self._screen.lost:
            self.picture_problem = "the screen can't be looked at any more: no pictures are kept"
            self._end_pictures()
            return []
        if found:
            self._screen.at_work()
            self._glances.between(self.surface(), time.time_ns() // 1000)
        return self._glances.ready()

    def _look(self, *, front: bool = False) -> None:
        """At the windows, if any changed. front: another one may be in front."""
        before = self._windows.active
        if self._windows.update(front=front):
            if not same_page(before, self._windows.active):
                self._disturbed_us = time.time_ns() // 1000
            self._front()

    def _notice(self, surface: Surface | None) -> None:
        """Back on a surface after another, what is to be seen there is said again."""
        before, self._here = self._here, surface
        if before is surface:
            return
        if before is None or surface is None or _page(before) != _page(surface):
            self.anew()

    def surface(self) -> Surface | None:
        """Where keys go now."""
        active = self._windows.active
        return self._surface(active, active, time.time_ns() // 1000)

    def anew(self) -> None:
        self._scene_given = None
        self._keys_in = ()

    def _front(self) -> None:
        window = self._windows.active
        if window is not None:
            self._watcher.watch(window.number, window.pid, window.title)

    def _surface(self, window: Window | None, active: Window | None, t_us: int) -> Surface | None:
        """What a window is while `active` has the keyboard. Safe on any thread."""
        if window is None or window.app is None:
            return None
        is_browser = window.app in self._browsers
        site = None
        if is_browser and active is not None:
            # A browser's menus are windows of their own, of the same process: they belong to its front page.
            own = window.number == active.number or (window.pid is not None and window.pid == active.pid)
            site = self._watcher.site(active.number, t_us) if own else None
        last_window, last_active, last_site, last = self._last_surface  # of a run of input, which is mostly on one
        if last is not None and window is last_window and active is last_active and site == last_site:
            return last
        found = self._surfaces.get((window, active, site))
        if found is None:
            title = window.title or (active.title if active is not None and active.pid == window.pid else "")
            found = Surface(window.number, window.app, is_browser, site, title, window.box)
            if len(self._surfaces) >= SURFACES_MAX:
                self._surfaces.clear()
            self._surfaces[window, active, site] = found
        self._last_surface = (window, active, site, found)
        return found

    def _observe(self, event: ButtonEdge | WheelStep | KeyEdge) -> Observed:
        if isinstance(event, KeyEdge):
            return self._key(event)
        return self._button(event) if isinstance(event, ButtonEdge) else self._wheel(event)

    def _wheel(self, event: WheelStep) -> Observed:
        window = self._windows.at(event.x, event.y)
        tree = self._tree(window, event.t_us)
        # What a run of notches starts from is told; what slides by under it is not.
        scene = self._new_scene(tree) if event.t_us - self._wheel_us > WHEEL_RUN_US else None
        self._wheel_us = event.t_us
        self._watcher.turned(event.t_us)
        target = self._hit(tree, window, event)
        return self._acted(Observed(event, self._at(window, event.t_us), target, scene), tree)

    def _motion(self, event: Motion, found: list[Observed]) -> None:
        """Cut where the pointer goes from one window to another."""
        place = self._windows.around(event.x, event.y)
        if place is not None:
            found.append(self._moved(event, place))
            return
        places = self._windows.which(event.x, event.y)
        cuts = [0, *(np.flatnonzero(np.diff(places)) + 1).tolist(), len(places)]
        for first, end in itertools.pairwise(cuts):
            part = slice(first, end)
            motion = Motion(event.t_us[part], event.x[part], event.y[part])
            found.append(self._moved(motion, int(places[first])))

    def _moved(self, event: Motion, place: int) -> Observed:
        """Movement over one window."""
        window, first_us = self._grabbed(self._windows.window(place)), int(event.t_us[0])
        surface = self._at(window, first_us)
        self._notice(surface)
        return Observed(event, surface, None, self._changed_scene(window, first_us))

    def _tree(self, window: Window | None, t_us: int) -> Snapshot | None:
        active = self._windows.active
        if window is None or active is None or window.pid != active.pid:
            return None
        return self._watcher.before(active.number, t_us)

    def _grabbed(self, window: Window | None) -> Window | None:
        """While a button is down the display gives all of the pointer to where it went down. What a hand drags is often
        a window of nobody's, right under the pointer; another program's window stays what it is."""
        return self._held if self._held is not None and (window is None or window.app is None) else window

    def _button(self, event: ButtonEdge) -> Observed:
        window = self._grabbed(self._windows.at(event.x, event.y))
        surface = self._at(window, event.t_us)
        self._disturbed_us = event.t_us
        self._watcher.pressed(event.t_us)  # and let go, where it is held: what was dragged is elsewhere
        if not event.pressed:
            self._held = None
            return Observed(event, surface)
        self._held = window
        tree = self._tree(window, event.t_us)
        target = self._hit(tree, window, event)
        return self._acted(Observed(event, surface, target, self._new_scene(tree)), tree)

    def _hit(
        self, tree: Snapshot | None, window: Window | None, event: ButtonEdge | WheelStep
    ) -> ObservedElement | None:
        """What was acted on: where a menu or the like pops up, something of it and nothing beneath it."""
        if tree is None or window is None:
            return None
        active = self._windows.active
        popup = window.box if active is not None and window.number != active.number else None
        return hit(tree, event.x, event.y, popup)

    def _at(self, window: Window | None, t_us: int) -> Surface | None:
        return self._surface(window, self._windows.active, t_us)

    def _acted(self, observed: Observed, tree: Snapshot | None) -> Observed:
        if self._glances is not None:
            self._glances.acted(observed, tree)
        return observed

    def _key(self, event: KeyEdge) -> Observed:
        active = self._windows.active
        surface = self._at(active, event.t_us)
        if active is None or not event.pressed:
            return Observed(event, surface)
        since_us = self._disturbed_us + FOCUS_SETTLE_US if self._disturbed_us else 0
        target, tree = self._watcher.focused(active.number, since_us, event.t_us, LATE_US)
        if time.time_ns() // 1000 - event.t_us > LATE_US and self._watcher.moved_since(event.t_us):
            target = None  # who is as late with keys may have heard as late of a focus that moved before this one
        if surface is not None and surface.is_browser and surface.site is None:
            surface = self._at(active, event.t_us)  # the page may have been read meanwhile
        if event.key in _MOVES_FOCUS:
            self._disturbed_us = event.t_us
        if event.key in _CHANGES:
            self._watcher.pressed(event.t_us)
        field = (active.number, None if target is None else (target.role, target.path))
        scene = self._new_scene(tree) if field != self._keys_in else None
        self._keys_in = field
        return self._acted(Observed(event, surface, target, scene), tree)

    def _changed_scene(self, window: Window | None, t_us: int) -> Snapshot | None:
        """The tree, when other things stand in it than in the last one given: something opened under the pointer, or
        closed. What only reads otherwise now waits for the next press."""
        tree = self._tree(window, t_us)
        given = self._scene_given
        if tree is None or (tree is self._scene_compared and given is not None):
            return None
        self._scene_compared = tree
        if t_us - self._scene_given_us < SCENES_APART_US or (given is not None and _things(tree) == _things(given)):
            return None
        self._scene_given_us = t_us
        return self._new_scene(tree)

    def _new_scene(self, tree: Snapshot | None) -> Snapshot | None:
        """The tree, if it differs from the last one given."""
        if tree is None or (self._scene_given is not None and tree.elements == self._scene_given.elements):
            return None
        self._scene_given = tree
        return tree


def _page(surface: Surface) -> tuple[object, ...]:
    """What is to be seen there is another where one of these is."""
    return surface.window, surface.site, surface.title


def _things(tree: Snapshot) -> frozenset[tuple[str, tuple[int, ...]]]:
    return frozenset((each.role, each.path) for each in tree.elements)
