"""The little of the X11 protocol that capture needs, over the display's socket, in bulk.

One connection selects XInput2 raw events (XI2proto.txt 2.x) on the root window and reads whatever the socket holds at
once. Events are then found by their lengths and decoded into columns: no object of ours per movement.
"""

from __future__ import annotations

import math
import os
import select
import socket
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import I32, I64

F64: TypeAlias = npt.NDArray[np.float64]

RAW_KEY_PRESS, RAW_KEY_RELEASE, RAW_BUTTON_PRESS, RAW_BUTTON_RELEASE, RAW_MOTION = 13, 14, 15, 16, 17
KEY_REPEAT = 1 << 16  # XIKeyRepeat in an event's flags
MAPPING_NOTIFY, PROPERTY_NOTIFY, GENERIC_EVENT = 34, 28, 35
_ALL_MASTER_DEVICES = 1
_READ_BYTES = 1 << 18
_ANSWER_S_MAX = 5.0
_FP = float(1 << 32)


@dataclass(frozen=True, slots=True)
class RawEvents:
    """n raw events in order; every array has the shape (n,). time in ms of the server, 32 bits. dx, dy: pointer
    valuators in pixels, NaN where the event has none."""

    evtype: I32
    time_ms: I64
    detail: I32
    flags: I64
    dx: F64
    dy: F64


_NONE = RawEvents(*(np.empty(0, dtype=kind) for kind in ("i4", "i8", "i4", "i8", "f8", "f8")))
_HEAD = struct.Struct("<8xHHIIHHI")  # evtype, device, time, detail, source, words of valuator mask, flags
_FP3232 = struct.Struct("<iI")  # signed 32.32 fixed point: integral part, then fraction


def decode(data: bytes, offsets: list[int]) -> RawEvents:
    """offsets: where each raw event begins in `data`.

    One by one on purpose: a hand makes a handful at a time, for which arrays cost several times as much.
    """
    rows = []
    for at in offsets:
        evtype, _, time_ms, detail, _, words, flags = _HEAD.unpack_from(data, at)
        dx = dy = math.nan
        mask = data[at + 32] if words else 0
        value = at + 32 + 4 * words
        if mask & 1:
            integral, fraction = _FP3232.unpack_from(data, value)
            dx = integral + fraction / _FP
            value += 8
        if mask & 2:
            integral, fraction = _FP3232.unpack_from(data, value)
            dy = integral + fraction / _FP
        rows.append((evtype, time_ms, detail, flags, dx, dy))
    if not rows:
        return _NONE
    evtype, time_ms, detail, flags, dxs, dys = zip(*rows, strict=True)
    return RawEvents(
        np.array(evtype, dtype=np.int32), np.array(time_ms, dtype=np.int64), np.array(detail, dtype=np.int32),
        np.array(flags, dtype=np.int64), np.array(dxs), np.array(dys),
    )  # fmt: skip


def read_cookie(display_number: str, xauthority: Path | None) -> bytes:
    """The MIT-MAGIC-COOKIE-1 for a local display; empty when there is none. Raises Unavailable for a broken file."""
    path = xauthority or Path(os.environ.get("XAUTHORITY", str(Path.home() / ".Xauthority")))
    try:
        data = path.read_bytes()
    except OSError:
        return b""
    at = 0
    try:
        while at < len(data):
            (family,) = struct.unpack_from(">H", data, at)
            at += 2
            fields = []
            for _ in range(4):
                (length,) = struct.unpack_from(">H", data, at)
                fields.append(data[at + 2 : at + 2 + length])
                at += 2 + length
            _address, number, name, cookie = fields
            if family in (256, 0xFFFF) and number in (b"", display_number.encode()) and name == b"MIT-MAGIC-COOKIE-1":
                return cookie
    except struct.error as error:
        raise Unavailable(f"{path} is cut off: make it anew with xauth") from error
    return b""


class Connection:
    """A connection that has selected raw input events. Not for several threads at once."""

    def __init__(self, display: str, xauthority: Path | None = None) -> None:
        """display: ":N" or ":N.S", local. Raises Unavailable."""
        number = display.removeprefix("unix").lstrip(":").split(".")[0]
        if not display.removeprefix("unix").startswith(":") or not number.isdigit():
            raise Unavailable(f"the display {display!r} is not a local X display such as :0")
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(f"/tmp/.X11-unix/X{number}")  # noqa: S108  # where X servers listen
        except OSError as error:
            self._socket.close()
            raise Unavailable(f"there is no X display {display}: start one, or set DISPLAY") from error
        self._buffer = bytearray()
        self._sequence = 0
        self._setup(read_cookie(number, xauthority), display)
        self._opcode = self._extension(b"XInputExtension")
        self._send(struct.pack("<BBHHH", self._opcode, 47, 2, 2, 2))
        self._answer()
        # An own window whose property changes tell the server's time.
        self._window = self._ids
        self._send(
            struct.pack("<BBHIIhhHHHHIIII", 1, 0, 9, self._window, self.root, 0, 0, 1, 1, 0, 2, 0, 0x800, 0x400000, 0)[
                :36
            ]
        )
        mask = sum(1 << each for each in range(RAW_KEY_PRESS, RAW_MOTION + 1))
        self._send(struct.pack("<BBHIHHHHI", self._opcode, 46, 5, self.root, 1, 0, _ALL_MASTER_DEVICES, 1, mask))

    def _setup(self, cookie: bytes, display: str) -> None:
        name = b"MIT-MAGIC-COOKIE-1" if cookie else b""
        pad = [b"\0" * (-len(each) % 4) for each in (name, cookie)]
        self._send(struct.pack("<BxHHHHxx", 0x6C, 11, 0, len(name), len(cookie)) + name + pad[0] + cookie + pad[1])
        head = self._exactly(8)
        body = self._exactly(4 * struct.unpack_from("<H", head, 6)[0])
        if head[0] != 1:
            raise Unavailable(f"the display {display} refuses the connection: is XAUTHORITY right?")
        self._ids, _mask = struct.unpack_from("<II", body, 4)
        vendor, _max, _screens, formats = struct.unpack_from("<HHBB", body, 16)
        self.root = int(struct.unpack_from("<I", body, 32 + vendor + (-vendor % 4) + 8 * formats)[0])

    def fileno(self) -> int:
        return self._socket.fileno()

    def waits(self, timeout_s: float) -> bool:
        """Whether something has come by then, or lies here from before."""
        return bool(self._buffer) or bool(select.select([self._socket], [], [], timeout_s)[0])

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Unavailable("the display is gone") from error

    def _exactly(self, n: int) -> bytes:
        deadline = time.monotonic() + _ANSWER_S_MAX
        while len(self._buffer) < n:
            self._fill(max(deadline - time.monotonic(), 0.001))
        data = bytes(self._buffer[:n])
        del self._buffer[:n]
        return data

    def _fill(self, s_max: float) -> None:
        self._socket.settimeout(s_max)
        try:
            piece = self._socket.recv(_READ_BYTES)
        except TimeoutError as error:
            raise Unavailable("the display does not answer") from error
        except OSError as error:
            raise Unavailable("the display is gone") from error
        if not piece:
            raise Unavailable("the display is gone")
        self._buffer += piece

    def _answer(self) -> bytes:
        """The next reply; events before it stay for `take`."""
        deadline = time.monotonic() + _ANSWER_S_MAX
        at = 0
        while True:
            while len(self._buffer) < at + 32:
                self._fill(max(deadline - time.monotonic(), 0.001))
            kind = self._buffer[at]
            extra = 4 * struct.unpack_from("<I", self._buffer, at + 4)[0] if kind in (1, GENERIC_EVENT) else 0
            while len(self._buffer) < at + 32 + extra:
                self._fill(max(deadline - time.monotonic(), 0.001))
            if kind == 0:
                del self._buffer[at : at + 32]
                raise Unavailable("the display refused a request that capture needs: does it have XInput 2?")
            if kind == 1:
                data = bytes(self._buffer[at : at + 32 + extra])
                del self._buffer[at : at + 32 + extra]
                return data
            at += 32 + extra

    def _extension(self, name: bytes) -> int:
        pad = b"\0" * (-len(name) % 4)
        self._send(struct.pack("<BxHHxx", 98, 2 + (len(name) + len(pad)) // 4, len(name)) + name + pad)
        answer = self._answer()
        if not answer[8]:
            raise Unavailable(f"the display has no {name.decode()}: capture needs it")
        return answer[9]

    def pointer(self) -> tuple[int, int, int]:
        """(x, y, modifier and button mask) now, by QueryPointer."""
        self._send(struct.pack("<BxHI", 38, 2, self.root))
        x, y = struct.unpack_from("<hh", (answer := self._answer()), 16)
        return int(x), int(y), int(struct.unpack_from("<H", answer, 24)[0])

    def measure_offset_us(self) -> tuple[int, int]:
        """(wall µs minus server µs, server ms), from a change of our own property: the round trip's midpoint."""
        before = time.time_ns() // 1000
        self._send(struct.pack("<BBHIIIB3xI", 18, 2, 6, self._window, 39, 31, 8, 0))  # append nothing to WM_NAME
        deadline = time.monotonic() + _ANSWER_S_MAX
        at = 0
        while True:
            while len(self._buffer) < at + 32:
                self._fill(max(deadline - time.monotonic(), 0.001))
            kind = self._buffer[at] & 0x7F
            extra = 4 * struct.unpack_from("<I", self._buffer, at + 4)[0] if kind in (1, GENERIC_EVENT) else 0
            while len(self._buffer) < at + 32 + extra:
                self._fill(max(deadline - time.monotonic(), 0.001))
            if kind == PROPERTY_NOTIFY:
                (time_ms,) = struct.unpack_from("<I", self._buffer, at + 12)
                del self._buffer[at : at + 32]
                return (before + time.time_ns() // 1000) // 2 - time_ms * 1000, int(time_ms)
            at += 32 + extra

    def take(self) -> tuple[RawEvents, bool]:
        """Everything whole that has arrived, without waiting: raw events, and whether the keyboard's map changed.

        Raises Unavailable when the display is gone.
        """
        self._socket.setblocking(False)
        gone = False
        while True:
            try:
                piece = self._socket.recv(_READ_BYTES)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            if not piece:
                gone = True
                break
            self._buffer += piece
        data = bytes(self._buffer)
        offsets: list[int] = []
        at, mapping = 0, False
        while at + 32 <= len(data):
            kind = data[at] & 0x7F
            size = 32 + (4 * int.from_bytes(data[at + 4 : at + 8], "little") if kind in (1, GENERIC_EVENT) else 0)
            if at + size > len(data):
                break
            if kind == GENERIC_EVENT and data[at + 1] == self._opcode:
                offsets.append(at)
            elif kind == MAPPING_NOTIFY:
                mapping = True
            at += size
        del self._buffer[:at]
        if gone and not offsets:
            raise Unavailable("the display is gone")
        return decode(data, offsets), mapping

    def close(self) -> None:
        self._socket.close()
