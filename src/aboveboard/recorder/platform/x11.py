"""Input of an X11 display as raw events of ours: pointer runs as arrays, edges one by one, wall-clock times.

The display's own times are used, never the time of receipt: they are mapped by an offset measured at the start and
again every minute. While all that arrives is movement, it waits in the socket for more; a press rings a bell.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from aboveboard.core.events import ButtonEdge, KeyEdge, Motion, WheelStep
from aboveboard.desktop.windows import Windows
from aboveboard.recorder.platform.compose import session_locale
from aboveboard.recorder.platform.displayclock import DisplayClock
from aboveboard.recorder.platform.keyboard import Keyboard
from aboveboard.recorder.platform.places import Places
from aboveboard.recorder.platform.source import InputCounters
from aboveboard.recorder.platform.x11events import (
    KEY_REPEAT,
    RAW_BUTTON_PRESS,
    RAW_BUTTON_RELEASE,
    RAW_KEY_PRESS,
    Changed,
    Edge,
    KeyState,
    Moves,
)
from aboveboard.recorder.platform.x11wire import PRESSES, Connection

GATHER_S = 0.85  # movement waits this long for more, if nothing else happens
# After a press; after one that soon follows another, unless windows change; between looks at a hand that types. A press
# that there is no need to look up waits as movement does.
LINGER_S, LINGER_BUSY_S = 0.02, 0.27
BUSY_S = 0.6
OFFSET_EVERY_S = 60.0
_WHEEL = {4: (0, -1), 5: (0, 1), 6: (-1, 0), 7: (1, 0)}


class WindowsChanged:
    """Stands among the input where windows changed."""


WINDOWS_CHANGED, FRONT_CHANGED = WindowsChanged(), WindowsChanged()
Taken: TypeAlias = Motion | ButtonEdge | WheelStep | KeyEdge | WindowsChanged


class X11Source:
    """`wait`, then `read`, again and again. Not for several threads at once, but for `wake`."""

    def __init__(self, display: str, xauthority: Path | None = None, windows: Windows | None = None) -> None:
        """windows: what else ends a wait. Raises Unavailable when the display can't be used."""
        self._connection = Connection(display, xauthority)
        self._bell = Connection(display, xauthority, PRESSES)
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._moved = Connection(display, xauthority, ())  # rings when windows come, go or move
        bell, moved, woken = self._bell.fileno(), self._moved.fileno(), self._woken.fileno()
        titles = [] if windows is None else [windows.fileno()]
        self._any = _poll(self._connection.fileno(), bell, moved, woken, *titles)
        self._urgent = _poll(bell, moved, woken)
        self._changes = _poll(moved, woken)
        self._rung = _poll(bell, moved)
        if windows is not None:
            self._connection.follow_windows()
            self._moved.follow_places()
        state = self._connection.follow_keyboard()
        self.keyboard = Keyboard(self._connection.keymap(), self._connection.modifier_map(), session_locale())
        self.keyboard.now(state.mods, state.group)
        self.counters = InputCounters()
        self._places = Places(self._connection)
        self.patient = False  # nothing is to be looked up at a press: it may wait
        self._rang = 0.0  # when a press was heard of last
        self.on_stir: Callable[[], None] = lambda: None  # told of the first input after none
        self._flowing = False  # the last reading found something
        self._clock = DisplayClock(self._connection.read_clock)
        self._measured = time.monotonic()

    def close(self) -> None:
        self._connection.close()
        self._bell.close()
        self._moved.close()
        self._woken.close()
        self._waker.close()

    def wake(self) -> None:
        """Ends a wait, from any thread."""
        with contextlib.suppress(OSError):  # full, so it is awake anyway; or closed
            self._waker.send(b"\0")

    def wait(self, timeout_s: float) -> None:
        """Until there is input, a change of windows, or a call of `wake`; input is gathered for a while, but within
        timeout_s: what was read before may wait for this one's end to be written."""
        if self._connection.pending or not timeout_s:
            return
        own, bell = self._connection.fileno(), self._bell.fileno()
        now = time.monotonic()
        if self._flowing and self._typing():  # it goes on typing, and each key need not wake anybody
            self._woken_by(self._changes.poll(min(LINGER_BUSY_S, timeout_s) * 1000))
            return
        if self._flowing:  # more is expected: what is heard of it first need not wake anybody
            ready, said = [], {own}
            end = now + min(timeout_s, GATHER_S)
        else:
            ready = self._any.poll(timeout_s * 1000)
            end = min(now + timeout_s, time.monotonic() + GATHER_S)
            said = {descriptor for descriptor, _ in ready}
            if any(what & select.POLLHUP for _, what in ready):
                return
            if own in said:
                self.on_stir()
        if self.patient and said and said <= {own, bell}:
            ready = self._changes.poll(_ms_until(end))
        elif said == {own}:
            ready = self._urgent.poll(_ms_until(end))
            said = {descriptor for descriptor, _ in ready}
        if bell in said and not self.patient:
            # A press seldom comes alone: its release, or the next key. What it lands on is looked up by its time.
            if self._typing():
                ready = self._changes.poll(min(LINGER_BUSY_S * 1000, _ms_until(end)))
            else:
                time.sleep(LINGER_S)
        self._woken_by(ready)

    def _typing(self) -> bool:
        return time.monotonic() - self._rang < BUSY_S and not self.patient

    def _woken_by(self, ready: list[tuple[int, int]]) -> None:
        if any(descriptor == self._woken.fileno() for descriptor, _ in ready):
            self._woken.recv(4096)

    def read(self) -> list[Taken]:
        """All that has arrived, in order. Raises Unavailable when the display is gone."""
        for descriptor, _ in self._rung.poll(0):
            if descriptor == self._bell.fileno():
                self._rang = time.monotonic()
                self._bell.hush()
            else:
                self._moved.hush()
        items = self._connection.take()
        self._flowing = bool(items)
        if items and time.monotonic() - self._measured > OFFSET_EVERY_S:
            self._clock.measure()
            self._measured = time.monotonic()
        out: list[Taken] = []
        # What is asked of the display is as it is now: that is true after the last word of a change, not before it.
        last = {item.what if isinstance(item, Changed) else "moves": id(item)
                for item in items if isinstance(item, Moves | Changed)}  # fmt: skip
        newest = set(last.values())
        for item in items:
            if isinstance(item, Edge):
                edge = self._edge(item)
                if edge is not None:
                    out.append(edge)
            elif isinstance(item, Moves):
                x, y = self._places.of(item, newest=id(item) in newest)
                self.counters.motion += len(x)
                out.append(_joined(out, Motion(self._clock.wall(item.time_ms), x, y)))
            elif isinstance(item, KeyState):
                self.keyboard.now(item.mods, item.group)
            else:
                self._changed(item.what, id(item) in newest, out)
        return out

    def _changed(self, what: str, newest: bool, out: list[Taken]) -> None:
        if what == "keyboard" and newest:
            self.keyboard.map(self._connection.keymap(), self._connection.modifier_map())
        elif what == "devices" and newest:
            self._places.refresh()
        elif what == "front":
            out.append(FRONT_CHANGED)
        elif what == "windows" and (not out or not isinstance(out[-1], WindowsChanged)):
            out.append(WINDOWS_CHANGED)

    def _edge(self, edge: Edge) -> ButtonEdge | WheelStep | KeyEdge | None:
        t_us, detail = self._clock.wall_us(edge.time_ms), edge.detail
        if edge.kind in (RAW_BUTTON_PRESS, RAW_BUTTON_RELEASE):
            x, y = self._places.now
            if detail in _WHEEL:
                if edge.kind == RAW_BUTTON_RELEASE:
                    return None
                self.counters.wheel += 1
                return WheelStep(t_us, x, y, *_WHEEL[detail])
            self.counters.buttons += 1
            return ButtonEdge(t_us, x, y, detail, edge.kind == RAW_BUTTON_PRESS, self.keyboard.modifiers)
        repeat = bool(edge.flags & KEY_REPEAT)
        self.counters.keys += not repeat
        pressed = edge.kind == RAW_KEY_PRESS
        key, text, modifiers = self.keyboard.edge(detail, pressed)
        return KeyEdge(t_us, key, text, pressed, modifiers, repeat)


def _joined(out: list[Taken], motion: Motion) -> Motion:
    """One run of what would stand as two beside each other."""
    before = out[-1] if out else None
    if not isinstance(before, Motion):
        return motion
    out.pop()
    return Motion(_one(before.t_us, motion.t_us), _one(before.x, motion.x), _one(before.y, motion.y))


def _one(first: Any, second: Any) -> Any:
    """Two columns as one: a list of two lists, else an array."""
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    return np.concatenate([first, second])


def _ms_until(end: float) -> float:
    """Until a moment of time.monotonic(), never negative: that would be for ever."""
    return max((end - time.monotonic()) * 1000, 0.0)


def _poll(*descriptors: int) -> select.poll:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return poll
