"""Where the pointer was at each movement, whatever kind of device tells it.

A mouse tells steps, a tablet or a virtual machine's pointer tells places on its own scale, and XTEST's device, by which
programs move the pointer, tells either. Places of a device are spread over the whole screen, as the server does it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np

from aboveboard.core.events import I32
from aboveboard.recorder.platform.x11events import F64, Moves
from aboveboard.recorder.platform.x11wire import Connection, Pointer

CORNER, FAR = 64, 200  # pixels: steps read as places would lead into the corner, from afar
_EITHER = Pointer("either", (0.0, 0.0), (0.0, 0.0))


@dataclass(frozen=True, slots=True)
class _Arrays:
    """Of a run of movement, each of the shape (n,)."""

    x: F64
    y: F64


class Places:
    """Not for several threads at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.refresh()

    def refresh(self) -> None:
        """Looks anew at devices, the screen's size and the pointer."""
        self._pointers = self._connection.pointers()
        self._size = self._connection.size()
        self._x, self._y, _ = self._connection.pointer()

    @property
    def now(self) -> tuple[int, int]:
        """After the last movement."""
        return self._x, self._y

    def of(self, moves: Moves, *, newest: bool) -> tuple[I32, I32] | tuple[list[int], list[int]]:
        """x and y in pixels of the whole screen (root window), each of the length n. newest: nothing that is known of
        has moved since."""
        device = self._pointers.get(moves.source, _EITHER)
        if device.told == "either" and isinstance(moves.x, list) and isinstance(moves.y, list):
            short = self._short(moves.x, moves.y)
            if short is not None:
                return short
        at = _Arrays(np.asarray(moves.x), np.asarray(moves.y))
        if device.told == "places":
            xs = _carry(_scaled(at.x, device.x, self._size[0]), self._x)
            ys = _carry(_scaled(at.y, device.y, self._size[1]), self._y)
        elif device.told == "steps" or not self._are_places(at):
            xs, ys = self._summed(at, newest=newest)
        else:
            xs, ys = _carry(at.x, self._x), _carry(at.y, self._y)
        x, y = np.rint(xs).astype(np.int32), np.rint(ys).astype(np.int32)
        self._x, self._y = int(x[-1]), int(y[-1])
        return x, y

    def _short(self, xs: list[float], ys: list[float]) -> tuple[list[int], list[int]] | None:
        """The same for a few places; None for steps, and where something is missing."""
        high_x, high_y = max(xs), max(ys)
        if min(xs) < 0 or min(ys) < 0 or high_x >= self._size[0] or high_y >= self._size[1]:
            return None
        if high_x < CORNER and high_y < CORNER and (self._x > FAR or self._y > FAR):
            return None
        x, y = _whole(xs), _whole(ys)
        if x is None or y is None:
            return None
        self._x, self._y = x[-1], y[-1]
        return x, y

    def _are_places(self, moves: _Arrays) -> bool:
        """Steps are told by what they are: they go below zero, or lead to a corner far from where the pointer was."""
        x, y = np.nan_to_num(moves.x), np.nan_to_num(moves.y)
        high_x, high_y = float(x.max()), float(y.max())
        if min(x.min(), y.min()) < 0 or high_x >= self._size[0] or high_y >= self._size[1]:
            return False
        return not (high_x < CORNER and high_y < CORNER and (self._x > FAR or self._y > FAR))

    def _summed(self, moves: _Arrays, *, newest: bool) -> tuple[F64, F64]:
        """Steps from where the pointer was. The server rounds acceleration and knows walls between monitors: its word
        for the end is taken, if nothing has moved since."""
        xs = np.clip(self._x + np.cumsum(np.nan_to_num(moves.x)), 0, self._size[0] - 1)
        ys = np.clip(self._y + np.cumsum(np.nan_to_num(moves.y)), 0, self._size[1] - 1)
        if newest:
            now_x, now_y, _ = self._connection.pointer()
            if not self._connection.waits():
                xs, ys = xs + (now_x - xs[-1]), ys + (now_y - ys[-1])
        return np.clip(xs, 0, self._size[0] - 1), np.clip(ys, 0, self._size[1] - 1)


def _whole(values: list[float]) -> list[int] | None:
    """In whole pixels; None when one is missing."""
    total = sum(values)
    if isinstance(total, int):  # of whole numbers alone it is one
        return cast("list[int]", values)
    return None if math.isnan(total) else [round(value) for value in values]  # a NaN anywhere makes the sum one


def _scaled(values: F64, span: tuple[float, float], pixels: int) -> F64:
    low, high = span
    return np.clip(np.floor((values - low) * pixels / (high + 1 - low)), 0, pixels - 1)


def _carry(values: F64, start: int) -> F64:
    """Fills NaN with the last value before it, `start` at the beginning."""
    known = ~np.isnan(values)
    if known.all():
        return values
    at = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.where(at >= 0, values[at], float(start))
