"""From an X11 display's bytes to events, in their order: movement in runs, everything else one by one.

A long run of movement is decoded as one array. A short one is not: a hand makes a handful at a time, for which arrays
cost several times as much.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

F64: TypeAlias = npt.NDArray[np.float64]
I64: TypeAlias = npt.NDArray[np.int64]

RAW_KEY_PRESS, RAW_KEY_RELEASE, RAW_BUTTON_PRESS, RAW_BUTTON_RELEASE, RAW_MOTION = 13, 14, 15, 16, 17
HIERARCHY_CHANGED = 11  # XInput2: a device came or went
KEY_REPEAT = 1 << 16  # XIKeyRepeat in an event's flags
CONFIGURE_NOTIFY, PROPERTY_NOTIFY, MAPPING_NOTIFY, GENERIC_EVENT = 22, 28, 34, 35
_WINDOW_EVENTS = frozenset(
    {16, 17, 18, 19, 21, CONFIGURE_NOTIFY, 24, 26, PROPERTY_NOTIFY}
)  # of the root window's children
RUN_MIN, ROWS_MAX = 64, 8192  # events from which an array pays, and to which it is bounded

_RAW = struct.Struct("<8xHHIIHHI")  # evtype, device, time, detail, source, words of valuator mask, flags
# The same with one word of mask and two valuators, each also as it was before acceleration.
_MOVE = struct.Struct("<BB2xIH2xI4xH2x8xIiIiI16x")
_FP3232 = struct.Struct("<iI")  # signed 32.32 fixed point: integral part, then fraction
_FP = float(1 << 32)
_U32 = struct.Struct("<I")
# The bytes that two events of one run share: kind, extension, length, evtype; source, words of mask, mask.
_SAME = np.array([0, 1, 4, 5, 6, 7, 8, 9, 20, 21, 22, 23, 32, 33, 34, 35])


@dataclass(frozen=True, slots=True)
class Moves:
    """A run of movement of one device: time in ms of the server (32 bits); x, y as the device says them, NaN where it
    says nothing of that axis. All have the shape (n,): lists for a short run."""

    source: int
    time_ms: I64 | list[int]
    x: F64 | list[float]
    y: F64 | list[float]


@dataclass(frozen=True, slots=True)
class Edge:
    """A key or button. kind: RAW_KEY_PRESS, ...; detail: keycode or button."""

    kind: int
    time_ms: int
    detail: int
    flags: int


@dataclass(frozen=True, slots=True)
class KeyState:
    """XkbStateNotify: what holds for keys from here on. mods: effective; group: effective, from 0."""

    mods: int
    group: int


@dataclass(frozen=True, slots=True)
class Changed:
    """Something else is another from here on: "windows", "keyboard" or "devices"."""

    what: str


Item: TypeAlias = Moves | Edge | KeyState | Changed


class Decoder:
    """opcode: of XInput; xkb_event: XKB's event code, 0 without it."""

    def __init__(self, opcode: int, xkb_event: int) -> None:
        self._opcode, self._xkb = opcode, xkb_event

    def decode(self, data: bytes) -> tuple[list[Item], int]:
        """What is whole in `data`, in order, and how many bytes that was."""
        out: list[Item] = []
        run: list[tuple[int, float, float]] = []
        source = -1
        at, end = 0, len(data)
        while at + 32 <= end:
            # By far the most there is: a movement along both axes and of nothing else, of the device that moved before.
            if run and at + _MOVE.size <= end:
                kind, extension, words, evtype, time_ms, its, mask, x, x_part, y, y_part = _MOVE.unpack_from(data, at)
                if (evtype, kind, words, its, mask, extension) == (RAW_MOTION, 35, 9, source, 3, self._opcode):
                    if len(run) == RUN_MIN and (n := self._long_run(data, at, _MOVE.size, end, out, run, source)):
                        at += n * _MOVE.size
                        continue
                    run.append((time_ms, x + x_part / _FP, y + y_part / _FP))
                    at += _MOVE.size
                    continue
            kind = data[at] & 0x7F
            size = 32 + 4 * _U32.unpack_from(data, at + 4)[0] if kind in (1, GENERIC_EVENT) else 32
            if at + size > end:
                break
            if kind == GENERIC_EVENT and data[at + 1] == self._opcode:
                evtype, _, time_ms, detail, its, words, flags = _RAW.unpack_from(data, at)
                if evtype == RAW_MOTION:
                    if run and its != source:
                        _close(out, run, source)
                    source = its
                    if words and data[at + 32] & 3:  # else only a wheel moved
                        run.append((time_ms, *_place(data, at + 32, words)))
                else:
                    _close(out, run, source)
                    if RAW_KEY_PRESS <= evtype <= RAW_BUTTON_RELEASE:
                        out.append(Edge(evtype, time_ms, detail, flags))
                    elif evtype == HIERARCHY_CHANGED:
                        out.append(Changed("devices"))
            elif kind == MAPPING_NOTIFY or (kind == self._xkb and data[at + 1] in (0, 1)):  # New keyboard, map
                _close(out, run, source)
                out.append(Changed("keyboard"))
            elif kind == self._xkb and data[at + 1] == 2:  # State
                _close(out, run, source)
                out.append(KeyState(data[at + 9], data[at + 13]))
            elif kind in _WINDOW_EVENTS:
                _close(out, run, source)
                its_own = kind == CONFIGURE_NOTIFY and data[at + 4 : at + 8] == data[at + 8 : at + 12]
                out.append(Changed("devices" if its_own else "windows"))  # of the root itself: another size
            at += size
        _close(out, run, source)
        return out, at

    @staticmethod
    def _long_run(
        data: bytes, at: int, size: int, end: int, out: list[Item], run: list[tuple[int, float, float]], source: int
    ) -> int:
        """How many events of the same form follow each other from `at`, put out as one array; 0 for too few."""
        n = min((end - at) // size, ROWS_MAX)
        if (
            n < RUN_MIN
            or data[at + 8 : at + 10] != data[at + (RUN_MIN - 1) * size + 8 : at + (RUN_MIN - 1) * size + 10]
        ):
            return 0
        rows = np.frombuffer(data, np.uint8, n * size, at).reshape(-1, size)
        heads = rows[:, _SAME]
        other = np.flatnonzero((heads != heads[0]).any(axis=1))
        n = int(other[0]) if other.size else len(rows)
        if n < RUN_MIN:
            return 0
        _close(out, run, source)
        words = int.from_bytes(data[at + 22 : at + 24], "little")
        value = 32 + 4 * words
        rows = rows[:n]
        times = np.ascontiguousarray(rows[:, 12:16]).view("<u4")[:, 0].astype(np.int64)
        whole = np.ascontiguousarray(rows[:, value : value + 16]).view("<i4")
        parts = np.ascontiguousarray(rows[:, value : value + 16]).view("<u4")
        out.append(Moves(source, times, whole[:, 0] + parts[:, 1] / _FP, whole[:, 2] + parts[:, 3] / _FP))
        return n


def _place(data: bytes, mask_at: int, words: int) -> tuple[float, float]:
    x = y = float("nan")
    mask, value = data[mask_at], mask_at + 4 * words
    if mask & 1:
        whole, part = _FP3232.unpack_from(data, value)
        x = whole + part / _FP
        value += 8
    if mask & 2:
        whole, part = _FP3232.unpack_from(data, value)
        y = whole + part / _FP
    return x, y


def _close(out: list[Item], run: list[tuple[int, float, float]], source: int) -> None:
    """Puts out the run in hand."""
    if run:
        times, xs, ys = zip(*run, strict=True)
        out.append(Moves(source, list(times), list(xs), list(ys)))
        run.clear()
