"""From an X11 display's bytes to events, in their order: movement in runs, everything else one by one.

Where movements of one form follow each other is found by one search over the bytes. A long run is then decoded as one
array; a short one is not: a hand makes a handful at a time, for which arrays cost several times as much.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TypeAlias, cast

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
RUN_MIN, ROWS_MAX = 128, 8192  # events from which an array pays, and to which it is bounded
FORMS_MAX = 32  # of movement, kept ready: a device and which of its axes moved

_RAW = struct.Struct("<8xHHIIHHI")  # evtype, device, time, detail, source, words of valuator mask, flags
_FP3232 = struct.Struct("<iI")  # signed 32.32 fixed point: integral part, then fraction
_FP = float(1 << 32)
_U32 = struct.Struct("<I")


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
    """Something else is another from here on: "windows", "front" (the window in front), "keyboard" or "devices"."""

    what: str


Item: TypeAlias = Moves | Edge | KeyState | Changed


class _Form:
    """Movements that differ in sequence number, time and values only: of one device, along the same axes."""

    def __init__(self, data: bytes, at: int, size: int, words: int) -> None:
        """As the event at `at` is, which tells both axes."""
        value = 32 + 4 * words
        same = (data[at : at + 2], data[at + 4 : at + 12], data[at + 16 : at + value])
        head, kind, rest = (re.escape(each) for each in same)
        event = head + b".." + kind + b"...." + rest + b".{%d}" % (size - value)
        self.size = size
        self._run = re.compile(b"(?:" + event + b"){1,%d}" % ROWS_MAX, re.DOTALL)
        self._value, self._words = value // 4, size // 4
        self._array = np.dtype(
            {"names": ["t", "x", "xf", "y", "yf"], "formats": ["<u4", "<i4", "<u4", "<i4", "<u4"],
             "offsets": [12, value, value + 4, value + 8, value + 12], "itemsize": size}
        )  # fmt: skip

    def end(self, data: bytes, at: int) -> int:
        """Where the run that begins at `at` ends; `at` for none."""
        found = self._run.match(data, at)
        return found.end() if found is not None else at

    def short(self, data: bytes) -> tuple[list[int], list[float], list[float]]:
        """Times and places of a run."""
        words, at, every = memoryview(data).cast("i"), self._value, self._words
        times, xs, x_parts, ys, y_parts = (words[first::every].tolist() for first in (3, at, at + 1, at + 2, at + 3))
        if times[0] < 0 or times[-1] < 0:  # the second half of the counter of 32 bits
            times = [time_ms & 0xFFFFFFFF for time_ms in times]
        if any(x_parts) or any(y_parts):
            return times, _joined(xs, x_parts), _joined(ys, y_parts)
        return times, cast("list[float]", xs), cast("list[float]", ys)

    def long(self, data: bytes) -> tuple[I64, F64, F64]:
        """The same as arrays."""
        rows = np.frombuffer(data, self._array)
        return rows["t"].astype(np.int64), rows["x"] + rows["xf"] / _FP, rows["y"] + rows["yf"] / _FP


def _joined(whole: list[int], parts: list[int]) -> list[float]:
    return [each + (part & 0xFFFFFFFF) / _FP for each, part in zip(whole, parts, strict=True)]


class _Run:
    """Movement in hand, of one device."""

    def __init__(self, out: list[Item]) -> None:
        self._out = out
        self._source = -1
        self._times: list[int] = []
        self._xs: list[float] = []
        self._ys: list[float] = []

    def of(self, source: int) -> None:
        if source != self._source:
            self.close()
            self._source = source

    def add(self, times: list[int], xs: list[float], ys: list[float]) -> None:
        self._times += times
        self._xs += xs
        self._ys += ys

    def close(self) -> None:
        """Puts it out."""
        if self._times:
            self._out.append(Moves(self._source, self._times, self._xs, self._ys))
            self._times, self._xs, self._ys = [], [], []


class Decoder:
    """opcode: of XInput; xkb_event: XKB's event code, 0 without it; front: the property of the root window that tells
    the window in front, the one whose change says anything (0: any). At each click others change: lists, selections."""

    def __init__(self, opcode: int, xkb_event: int, front: int = 0) -> None:
        self._opcode, self._xkb, self._front = opcode, xkb_event, front
        self._forms: dict[tuple[bytes, bytes], _Form] = {}
        self.answers = 0  # to requests, passed over so far

    def decode(self, data: bytes) -> tuple[list[Item], int]:
        """What is whole in `data`, in order, and how many bytes that was."""
        out: list[Item] = []
        run = _Run(out)
        at, end = 0, len(data)
        while at + 32 <= end:
            kind = data[at] & 0x7F
            size = 32 + 4 * _U32.unpack_from(data, at + 4)[0] if kind in (1, GENERIC_EVENT) else 32
            if at + size > end:
                break
            if kind == GENERIC_EVENT and data[at + 1] == self._opcode:
                evtype, _, time_ms, detail, its, words, flags = _RAW.unpack_from(data, at)
                if evtype == RAW_MOTION:
                    run.of(its)
                    at = self._moves(data, at, size, words, run, out)
                    continue
                run.close()
                if RAW_KEY_PRESS <= evtype <= RAW_BUTTON_RELEASE:
                    out.append(Edge(evtype, time_ms, detail, flags))
                elif evtype == HIERARCHY_CHANGED:
                    out.append(Changed("devices"))
            elif kind < 2:  # an error is an answer, too
                self.answers += 1
            elif (item := self._other(data, at, kind)) is not None:
                run.close()
                out.append(item)
            at += size
        run.close()
        return out, at

    def _other(self, data: bytes, at: int, kind: int) -> Item | None:
        """Anything but input."""
        if kind == MAPPING_NOTIFY or (kind == self._xkb and data[at + 1] in (0, 1)):  # New keyboard, map
            return Changed("keyboard")
        if kind == self._xkb and data[at + 1] == 2:  # State
            return KeyState(data[at + 9], data[at + 13])
        if kind == PROPERTY_NOTIFY and self._front:
            return Changed("front") if _U32.unpack_from(data, at + 8)[0] == self._front else None
        if kind in _WINDOW_EVENTS:
            its_own = kind == CONFIGURE_NOTIFY and data[at + 4 : at + 8] == data[at + 8 : at + 12]
            return Changed("devices" if its_own else "windows")  # of the root itself: another size
        return None

    def _moves(self, data: bytes, at: int, size: int, words: int, run: _Run, out: list[Item]) -> int:
        """Takes the movement at `at` and what follows in the same form; where that ends."""
        axes = data[at + 32] & 3 if words else 0
        if axes != 3:
            if axes:  # else only a wheel moved
                time_ms = _U32.unpack_from(data, at + 12)[0]
                x, y = _place(data, at + 32, words)
                run.add([time_ms], [x], [y])
            return at + size
        key = (data[at : at + 2] + data[at + 4 : at + 12], data[at + 16 : at + 32 + 4 * words])
        form = self._forms.get(key)
        if form is None:
            if len(self._forms) == FORMS_MAX:
                self._forms.clear()
            form = self._forms[key] = _Form(data, at, size, words)
        until = form.end(data, at)
        if until - at < RUN_MIN * size:
            run.add(*form.short(data[at:until]))
        else:
            run.close()
            out.append(Moves(_U32.unpack_from(data, at + 20)[0] & 0xFFFF, *form.long(data[at:until])))
        return until


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
