"""Which pictures are kept: before an action, and in between where the policy says keyframes.

A picture waits a moment until what its windows were is known for sure: a page that was left meanwhile, a title that
says now that nothing may be kept. What is not known by then is blank.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from aboveboard.core.events import (
    ButtonEdge,
    Glance,
    KeyEdge,
    Layer,
    MemoryOnly,
    Motion,
    Observed,
    RawInput,
    Snapshot,
    Surface,
    WheelStep,
)
from aboveboard.core.policy import FrameLevel
from aboveboard.desktop.windows import Window
from aboveboard.recorder.screen.watch import Look, MayShow, ScreenWatch

CONFIRM_US = 200_000  # a title follows what is drawn by less
CONFIRM_US_MAX = 1_500_000
RUN_US = 1_000_000  # keys or notches that follow each other by less are one act
KEYFRAME_US = 2_000_000
WAITING_MAX = 8


@dataclass(frozen=True, slots=True, repr=False)
class _Waiting(MemoryOnly):
    glance: Glance
    look: Look
    observed: Observed
    tree: Snapshot | None


class Glances:
    """One thread, the observer's."""

    def __init__(
        self,
        screen: ScreenWatch,
        level: FrameLevel,
        may_show: MayShow,
        stayed: Callable[[int, int, str | None], bool | None],
        now_is: Callable[[Window], Surface | None],
    ) -> None:
        """stayed: Watcher.stayed; now_is: what a window is now, None
        for one that is gone."""
        self._screen, self._level, self._may_show = screen, level, may_show
        self._stayed, self._now_is = stayed, now_is
        self._waiting: deque[_Waiting] = deque(maxlen=WAITING_MAX)
        self._key_us = self._wheel_us = self._glance_us = 0
        self._last: Look | None = None
        self.missed = 0  # actions without a picture

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    def forget(self) -> None:
        """What was seen is not kept."""
        self._waiting.clear()
        self._last = None
        self._screen.forget()

    def acted(self, observed: Observed, tree: Snapshot | None) -> None:
        """The person did this; tree: what there was to act on, for the crop."""
        event = observed.input
        if isinstance(event, Motion) or not self._is_act(event):
            return
        look = self._screen.before(event.t_us)
        if look is None:
            self.missed += 1
            return
        at = (event.x, event.y) if isinstance(event, ButtonEdge) else None
        if look is self._last and at is None:
            return  # the same picture again
        self._wait(event.t_us, look, at, observed, tree)

    def _is_act(self, event: RawInput) -> bool:
        match event:
            case ButtonEdge():
                return event.pressed
            case WheelStep():
                before, self._wheel_us = self._wheel_us, event.t_us
                return event.t_us - before > RUN_US
            case KeyEdge():
                if not event.pressed:
                    return False
                before, self._key_us = self._key_us, event.t_us
                return event.t_us - before > RUN_US or not event.text or bool(event.modifiers & {"Control", "Alt"})
            case _:
                return False

    def between(self, surface: Surface | None, now_us: int) -> None:
        """At the level keyframes: what has changed since the last picture, now and then."""
        look = self._screen.newest() if self._level == "keyframes" else None
        if look is None or look is self._last or now_us - self._glance_us < KEYFRAME_US:
            return
        glance = Glance(now_us, look.picture.t_us)
        self._wait(now_us, look, None, Observed(glance, surface), None)

    def _wait(
        self, t_us: int, look: Look, at: tuple[int, int] | None, observed: Observed, tree: Snapshot | None
    ) -> None:
        self._last, self._glance_us = look, t_us
        self._waiting.append(_Waiting(Glance(t_us, look.picture.t_us, at), look, observed, tree))

    def ready(self) -> list[Observed]:
        """Pictures whose windows are known by now."""
        found = []
        while self._waiting:
            age_us = time.time_ns() // 1000 - self._waiting[0].glance.t_us
            if age_us < CONFIRM_US:
                break
            layers = self._confirmed(self._waiting[0], late=age_us > CONFIRM_US_MAX)
            if layers is None:
                break
            item = self._waiting.popleft()
            picture = replace(item.look.picture, layers=layers)
            found.append(Observed(item.glance, item.observed.surface, item.observed.target, item.tree, picture))
        return found

    def _confirmed(self, item: _Waiting, *, late: bool) -> tuple[Layer, ...] | None:
        """The layers, blank where it is not sure what they were; None: that will be known in a moment."""
        layers = []
        for layer, window in zip(item.look.picture.layers, item.look.windows, strict=True):
            verdict = self._was_permitted(layer, window, item.look)
            if verdict is None and not late:
                return None
            layers.append(layer if verdict else Layer(None, layer.box))
        return tuple(layers)

    def _was_permitted(self, layer: Layer, window: Window, look: Look) -> bool | None:
        surface = layer.surface
        if surface is None or layer.pixels is None:
            return False
        if surface.is_browser:
            stayed = self._stayed(look.active, look.picture.t_us, surface.site)
            if not stayed:
                return stayed
        now = self._now_is(window)
        if now is None or (now.title, now.app) == (surface.title, surface.app):
            return True
        return self._may_show(now if now.site is not None else replace(now, site=surface.site))
