"""Input of an X11 display as raw events of ours: pointer runs as arrays, edges one by one, wall-clock times.

The display's own times are used, never the time of receipt: they are mapped by an offset measured at the start and
again every minute. While all that has arrived is movement, reading waits a little for more.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from Xlib import display as xdisplay

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import I32, I64, ButtonEdge, KeyEdge, Motion, RawInput, WheelStep
from aboveboard.recorder.platform.keyboard import Keyboard
from aboveboard.recorder.platform.source import InputCounters
from aboveboard.recorder.platform.x11wire import (
    F64,
    KEY_REPEAT,
    RAW_BUTTON_PRESS,
    RAW_BUTTON_RELEASE,
    RAW_KEY_PRESS,
    RAW_KEY_RELEASE,
    RAW_MOTION,
    Connection,
    RawEvents,
)

BATCH_S = 0.08  # less than a click takes to press
OFFSET_EVERY_S = 60.0
_WHEEL = {4: (0, -1), 5: (0, 1), 6: (-1, 0), 7: (1, 0)}


class X11Source:
    """`read` returns what has arrived, in order. Not for several threads at once."""

    def __init__(self, display: str, xauthority: Path | None = None) -> None:
        """Raises Unavailable when the display can't be used."""
        self._connection = Connection(display, xauthority)
        try:
            self._display = xdisplay.Display(display)
        except Exception as error:  # the library raises many kinds; each means the same to the caller
            raise Unavailable(f"the display {display} can't be opened: is it running, and XAUTHORITY set?") from error
        screen = self._display.screen()
        self._size = (int(screen.width_in_pixels), int(screen.height_in_pixels))
        self.keyboard = Keyboard(self._display)
        self.counters = InputCounters()
        self.x, self.y, _ = self._connection.pointer()
        self._offset_us, self._base_ms = self._connection.measure_offset_us()
        self._measured = time.monotonic()

    def close(self) -> None:
        self._connection.close()
        self._display.close()

    def read(self, timeout_s: float) -> list[RawInput]:
        """Waits at most timeout_s for the first event. Raises Unavailable when the display is gone."""
        if time.monotonic() - self._measured > OFFSET_EVERY_S:
            self._offset_us, self._base_ms = self._connection.measure_offset_us()
            self._measured = time.monotonic()
        if not self._connection.waits(timeout_s):
            return []
        events, mapping = self._connection.take()
        if timeout_s > 0 and len(events.evtype) and (events.evtype == RAW_MOTION).all():
            time.sleep(BATCH_S)  # only movement so far: more of it may come cheaper together
            more, again = self._connection.take()
            events, mapping = _join(events, more), mapping or again
        if mapping:
            self.keyboard.refresh()
        return self._convert(events) if len(events.evtype) else []

    def _wall_us(self, time_ms: I64) -> I64:
        """Server milliseconds to µs since 1970; the 32-bit counter wraps every 49.7 days."""
        since = (time_ms - self._base_ms + (1 << 31)) % (1 << 32) - (1 << 31)
        return (self._base_ms + since) * 1000 + self._offset_us

    def _convert(self, events: RawEvents) -> list[RawInput]:
        times = self._wall_us(events.time_ms)
        x, y = self._positions(events)
        moving = events.evtype == RAW_MOTION
        out: list[RawInput] = []
        # Runs of movement stay arrays; only edges become objects.
        cuts = np.flatnonzero(np.diff(moving.astype(np.int8))) + 1
        for part in np.split(np.arange(len(moving)), cuts):
            if moving[part[0]]:
                out.append(Motion(times[part], x[part], y[part]))
                self.counters.motion += len(part)
                continue
            for i in part.tolist():
                edge = self._edge(events, i, int(times[i]), int(x[i]), int(y[i]))
                if edge is not None:
                    out.append(edge)
        return out

    def _positions(self, events: RawEvents) -> tuple[I32, I32]:
        """Where the pointer was at each event.

        Some devices (tablets, XTEST) send positions, others (mice) send steps. Steps are told by what they are: they
        go below zero, or do not lead to where the pointer now is; the pointer's true place then anchors the run.
        """
        moving = events.evtype == RAW_MOTION
        dx = np.where(np.isnan(events.dx), 0.0, events.dx)
        dy = np.where(np.isnan(events.dy), 0.0, events.dy)
        if not moving.any():
            n = len(moving)
            return np.full(n, self.x, dtype=np.int32), np.full(n, self.y, dtype=np.int32)
        xs, ys = self._as_positions(events)
        absolute = not (dx < 0).any() and not (dy < 0).any() and self._plausible(xs, ys)
        if not absolute:
            now_x, now_y, _ = self._connection.pointer()
            last = np.flatnonzero(moving)[-1]
            xs = np.clip(self.x + np.cumsum(np.where(moving, dx, 0)), 0, self._size[0] - 1)
            ys = np.clip(self.y + np.cumsum(np.where(moving, dy, 0)), 0, self._size[1] - 1)
            # Acceleration rounds in the server: take its word for the end, if nothing has moved since.
            if not self._connection.waits(0):
                xs, ys = xs + (now_x - xs[last]), ys + (now_y - ys[last])
        self.x, self.y = round(float(xs[-1])), round(float(ys[-1]))
        return np.rint(xs).astype(np.int32), np.rint(ys).astype(np.int32)

    def _as_positions(self, events: RawEvents) -> tuple[F64, ...]:
        """Each event's position, carried forward from the last one known."""
        return _carry(events.dx, self.x), _carry(events.dy, self.y)

    def _plausible(self, xs: F64, ys: F64) -> bool:
        """Positions lie on the screen, and the first is not a jump to the corner, as steps are."""
        on_screen = xs.max() < self._size[0] and ys.max() < self._size[1]
        return bool(on_screen) and not (xs.max() < 64 and ys.max() < 64 and (self.x > 200 or self.y > 200))

    def _edge(self, events: RawEvents, i: int, t_us: int, x: int, y: int) -> RawInput | None:
        kind, detail = int(events.evtype[i]), int(events.detail[i])
        if kind in (RAW_BUTTON_PRESS, RAW_BUTTON_RELEASE):
            if detail in _WHEEL:
                if kind == RAW_BUTTON_RELEASE:
                    return None
                self.counters.wheel += 1
                return WheelStep(t_us, x, y, *_WHEEL[detail])
            self.counters.buttons += 1
            return ButtonEdge(t_us, x, y, detail, kind == RAW_BUTTON_PRESS, self.keyboard.modifiers)
        if kind in (RAW_KEY_PRESS, RAW_KEY_RELEASE):
            pressed = kind == RAW_KEY_PRESS
            repeat = bool(events.flags[i] & KEY_REPEAT)
            self.counters.keys += not repeat
            key, text, modifiers = self.keyboard.edge(detail, pressed)
            return KeyEdge(t_us, key, text, pressed, modifiers, repeat)
        return None


def _carry(values: F64, start: int) -> F64:
    """Fills NaN with the last value before it, `start` at the beginning."""
    known = ~np.isnan(values)
    at = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.where(at >= 0, values[at], float(start))


def _join(one: RawEvents, other: RawEvents) -> RawEvents:
    if not len(other.evtype):
        return one
    return RawEvents(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in RawEvents.__slots__))
