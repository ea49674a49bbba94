"""The little of the X11 protocol that capture needs, over the display's socket, in bulk.

One connection selects XInput2 raw events (XI2proto.txt 2.x), the keyboard's state (XKB) and changes of windows, and
reads whatever the socket holds at once: all in the order in which it was. Another one, a bell, selects presses alone,
so that movement can wait in the first without anything that is urgent having to.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aboveboard.core.errors import Unavailable
from aboveboard.recorder.platform.keymap import Keymap, parse_map
from aboveboard.recorder.platform.x11events import (
    GENERIC_EVENT,
    HIERARCHY_CHANGED,
    PROPERTY_NOTIFY,
    RAW_BUTTON_PRESS,
    RAW_KEY_PRESS,
    RAW_MOTION,
    Decoder,
    Item,
    KeyState,
)

_ALL_DEVICES, _ALL_MASTER_DEVICES = 0, 1
_CORE_KEYBOARD = 0x100
_READ_BYTES = 1 << 16
_ANSWER_S_MAX = 5.0
BACKLOG_BYTES = 12288  # the socket holds some 20 KB of movement, and a second of a mouse at 125 Hz is less than this
_VALUATOR = 2  # XIValuatorClass
EVERYTHING = tuple(range(RAW_KEY_PRESS, RAW_MOTION + 1))
PRESSES = (RAW_KEY_PRESS, RAW_BUTTON_PRESS)


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


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointing device. told: "steps", "places" within (low, high) of x and of y, or "either": XTEST's own device."""

    told: Literal["steps", "places", "either"]
    x: tuple[float, float]
    y: tuple[float, float]


class Connection:
    """A connection that has selected raw input events. Not for several threads at once."""

    def __init__(self, display: str, xauthority: Path | None = None, kinds: tuple[int, ...] = EVERYTHING) -> None:
        """display: ":N" or ":N.S", local. kinds: raw events to hear of. Raises Unavailable."""
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
        self._room = memoryview(bytearray(_READ_BYTES))
        self._setup(read_cookie(number, xauthority), display)
        self._opcode, _ = self._extension(b"XInputExtension")
        self._send(struct.pack("<BBHHH", self._opcode, 47, 2, 2, 2))
        self._answer()
        # An own window whose property changes tell the server's time.
        self._window = self._ids
        self._send(
            struct.pack("<BBHIIhhHHHHIIII", 1, 0, 9, self._window, self.root, 0, 0, 1, 1, 0, 2, 0, 0x800, 0x400000, 0)[
                :36
            ]
        )
        self._xkb, self._front, self._decoder = 0, 0, Decoder(self._opcode, 0)
        if kinds:
            self._select(_ALL_MASTER_DEVICES, kinds)

    def _select(self, devices: int, kinds: tuple[int, ...]) -> None:
        mask = sum(1 << each for each in kinds)
        self._send(struct.pack("<BBHIHHHHI", self._opcode, 46, 5, self.root, 1, 0, devices, 1, mask))

    def follow_windows(self) -> None:
        """From now on `take` also tells where in the stream windows or the screen changed: StructureNotify,
        SubstructureNotify, PropertyChange; of properties, _NET_ACTIVE_WINDOW."""
        name = b"_NET_ACTIVE_WINDOW"
        self._send(struct.pack("<BxHHxx", 16, 2 + (len(name) + 3) // 4, len(name)) + name + bytes(-len(name) % 4))
        (self._front,) = struct.unpack_from("<I", self._answer(), 8)  # InternAtom
        self._decoder = Decoder(self._opcode, 0, self._front)
        self._send(struct.pack("<BxHIII", 2, 4, self.root, 0x800, 0x20000 | 0x80000 | 0x400000))

    def follow_places(self) -> None:
        """For a bell: windows that come, go or move. SubstructureNotify."""
        self._send(struct.pack("<BxHIII", 2, 4, self.root, 0x800, 0x80000))

    def follow_keyboard(self) -> KeyState:
        """From now on `take` also tells each change of modifiers, group, map and devices. The state now."""
        self._xkb, event = self._extension(b"XKEYBOARD")
        self._send(struct.pack("<BBHHH", self._xkb, 0, 2, 1, 0))  # UseExtension 1.0
        self._answer()
        # New keyboard and map: all their details; of the state: effective modifiers and group.
        self._send(struct.pack("<BBHHHHHHHHH", self._xkb, 1, 5, _CORE_KEYBOARD, 7, 0, 3, 0, 0, 0x3FFF, 0x11))
        self._decoder = Decoder(self._opcode, event, self._front)
        self._select(_ALL_DEVICES, (HIERARCHY_CHANGED,))
        self._send(struct.pack("<BBHHxx", self._xkb, 4, 2, _CORE_KEYBOARD))  # GetState
        answer = self._answer()
        return KeyState(answer[8], answer[12])

    def keymap(self) -> Keymap:
        """XkbGetMap: key types and keysyms."""
        self._send(struct.pack("<BBHHHH18x", self._xkb, 8, 7, _CORE_KEYBOARD, 3, 0))
        return parse_map(self._answer())

    def modifier_map(self) -> list[list[int]]:
        """GetModifierMapping: for each of eight bits, the keycodes that set it."""
        self._send(struct.pack("<BxH", 119, 1))
        answer = self._answer()
        each = answer[1]
        return [list(answer[32 + bit * each : 32 + (bit + 1) * each]) for bit in range(8)]

    def pointers(self) -> dict[int, Pointer]:
        """XIQueryDevice: the devices with two valuators, by number."""
        self._send(struct.pack("<BBHHxx", self._opcode, 48, 2, _ALL_DEVICES))
        answer = self._answer()
        found: dict[int, Pointer] = {}
        at = 32
        for _ in range(struct.unpack_from("<H", answer, 8)[0]):
            device, _, _, classes, name = struct.unpack_from("<HHHHH", answer, at)
            synthetic = b"XTEST" in answer[at + 12 : at + 12 + name]
            at += 12 + name + -name % 4
            axes: dict[int, tuple[float, float]] = {}
            absolute = False
            for _ in range(classes):
                kind, words, _, number = struct.unpack_from("<HHHH", answer, at)
                if kind == _VALUATOR and number < 2:
                    low, high = struct.unpack_from("<i4xi", answer, at + 12)
                    absolute = answer[at + 40] == 1 and high > low
                    axes[number] = (float(low), float(high))
                at += 4 * words
            if len(axes) == 2:
                told: Literal["steps", "places", "either"] = "places" if absolute else "steps"
                found[device] = Pointer("either" if synthetic else told, axes[0], axes[1])
        return found

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

    @property
    def pending(self) -> bool:
        """Whether something lies here that was read while waiting for an answer."""
        return bool(self._buffer)

    def waits(self) -> bool:
        """Whether something has come, or lies here from before."""
        return bool(self._buffer) or bool(select.select([self._socket], [], [], 0)[0])

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

    def _extension(self, name: bytes) -> tuple[int, int]:
        """(major opcode, first event)."""
        pad = b"\0" * (-len(name) % 4)
        self._send(struct.pack("<BxHHxx", 98, 2 + (len(name) + len(pad)) // 4, len(name)) + name + pad)
        answer = self._answer()
        if not answer[8]:
            raise Unavailable(f"the display has no {name.decode()}: capture needs it")
        return answer[9], answer[10]

    def extension(self, name: bytes) -> int | None:
        """Its major opcode; None when the display has none of that name."""
        try:
            return self._extension(name)[0]
        except Unavailable:
            return None

    def ask(self, request: bytes) -> bytes:
        """The answer to a request of any kind. Raises Unavailable when it is refused."""
        self._send(request)
        return self._answer()

    def size(self) -> tuple[int, int]:
        """Width and height of the whole screen now, over all monitors: GetGeometry of the root window."""
        self._send(struct.pack("<BxHI", 14, 2, self.root))
        width, height = struct.unpack_from("<HH", self._answer(), 16)
        return int(width), int(height)

    def pointer(self) -> tuple[int, int, int]:
        """(x, y, modifier and button mask) now, by QueryPointer."""
        self._send(struct.pack("<BxHI", 38, 2, self.root))
        x, y = struct.unpack_from("<hh", (answer := self._answer()), 16)
        return int(x), int(y), int(struct.unpack_from("<H", answer, 24)[0])

    def read_clock(self) -> tuple[int, int, int]:
        """(wall µs before, the server's ms, wall µs after), from a change of our own property."""
        before_us = time.time_ns() // 1000
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
                return before_us, int(time_ms), time.time_ns() // 1000
            at += 32 + extra

    def take(self) -> list[Item]:
        """Everything whole that has arrived, in order, without waiting. Raises Unavailable when the display is gone."""
        gone = self._drain()
        backlog = len(self._buffer) > BACKLOG_BYTES
        items = self._decoded()
        if not gone and backlog:
            # The socket holds some hundred events; the display keeps the rest until there is room. Its answer to any
            # request comes after all that was before it.
            try:
                answers = self._decoder.answers
                self._send(struct.pack("<BxHI", 38, 2, self.root))  # QueryPointer
                deadline = time.monotonic() + _ANSWER_S_MAX
                while self._decoder.answers == answers:
                    self._fill(max(deadline - time.monotonic(), 0.001))
                    items += self._decoded()
            except Unavailable:
                gone = True
        if gone and not items:
            raise Unavailable("the display is gone")
        return items

    def _decoded(self) -> list[Item]:
        items, used = self._decoder.decode(bytes(self._buffer))
        del self._buffer[:used]
        return items

    def _drain(self) -> bool:
        """Into the buffer; whether the connection has ended."""
        if self._socket.gettimeout() != 0.0:
            self._socket.setblocking(False)
        while True:
            try:
                n = self._socket.recv_into(self._room)
            except BlockingIOError:
                return False
            except OSError:
                return True
            if not n:
                return True
            self._buffer += self._room[:n]
            if n < _READ_BYTES:
                return False

    def hush(self) -> None:
        """For a bell: what it said is not looked at."""
        self._drain()
        self._buffer.clear()

    def close(self) -> None:
        self._socket.close()
