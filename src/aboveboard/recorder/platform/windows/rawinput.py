"""Raw Input's structures (winuser.h) as events. Pure but for what it asks `Api`; byte-exact for 64-bit Windows.

RAWINPUTHEADER  dwType u32, dwSize u32, hDevice u64, wParam u64
RAWMOUSE        usFlags u16, - u16, usButtonFlags u16, usButtonData i16, ulRawButtons u32, lLastX i32, lLastY i32,
                ulExtraInformation u32
RAWKEYBOARD     MakeCode u16, Flags u16, Reserved u16, VKey u16, Message u32, ExtraInformation u32
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from aboveboard.core.errors import Corrupt
from aboveboard.core.events import ButtonEdge, KeyEdge, Motion, RawInput, WheelStep
from aboveboard.recorder.platform.windows.virtualkeys import MODIFIERS, PACKET, PROCESS, name_of

HEADER = struct.Struct("<IIQQ")
MOUSE = struct.Struct("<HxxHhIiiI")
KEYBOARD = struct.Struct("<HHHHII")
RIM_TYPEMOUSE, RIM_TYPEKEYBOARD = 0, 1
RI_KEY_BREAK, RI_KEY_E0 = 1, 2
WHEEL_DELTA = 120
_WHEEL, _HWHEEL = 0x400, 0x800
# button flag -> (button, pressed)
_BUTTONS = {
    0x001: (1, True), 0x002: (1, False), 0x004: (3, True), 0x008: (3, False), 0x010: (2, True), 0x020: (2, False),
    0x040: (8, True), 0x080: (8, False), 0x100: (9, True), 0x200: (9, False),
}  # fmt: skip
_COMMANDS = frozenset({"Control", "Alt", "Super"})
_ALT_GR = {0xA2, 0xA5}  # layouts that have it press the left Ctrl with the right Alt: text, not a command
UNKNOWN = "dead_unknown"  # see platform/keyboard.py: a run of typing with such a key is not known


class Api(Protocol):
    """What else Windows has to be asked while a message is handled."""

    def cursor(self) -> tuple[int, int]:
        """GetCursorPos, in physical pixels."""
        ...

    def message_us(self) -> int:
        """GetMessageTime as µs since 1970."""
        ...

    def text(self, virtual_key: int, scan_code: int, held: frozenset[int]) -> str | None:
        """ToUnicodeEx under the layout of the program in front, without touching its state; None for a dead key."""
        ...


class Decoder:
    """One thread. Follows which keys are held, from what it saw itself."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._held: set[int] = set()
        self._turned = {_WHEEL: 0, _HWHEEL: 0}

    def decode(self, data: bytes) -> Iterator[RawInput]:
        """One WM_INPUT. Raises Corrupt for bytes that are no RAWINPUT."""
        if len(data) < HEADER.size:
            raise Corrupt("a raw input is shorter than its header")
        kind, size, _, _ = HEADER.unpack_from(data)
        body = data[HEADER.size :]
        if size > len(data) or (kind, len(body) >= MOUSE.size) == (RIM_TYPEMOUSE, False):
            raise Corrupt("a raw input is cut off")
        if kind == RIM_TYPEMOUSE:
            yield from self._mouse(body)
        elif kind == RIM_TYPEKEYBOARD and len(body) >= KEYBOARD.size:
            yield from self._key(body)

    def _mouse(self, body: bytes) -> Iterator[RawInput]:
        _, flags, turned, _, dx, dy, _ = MOUSE.unpack_from(body)
        t_us, (x, y) = self._api.message_us(), self._api.cursor()
        if dx or dy:
            yield Motion(np.array([t_us], np.int64), np.array([x], np.int32), np.array([y], np.int32))
        for flag, (button, pressed) in _BUTTONS.items():
            if flags & flag:
                yield ButtonEdge(t_us, x, y, button, pressed, self.modifiers)
        for flag in (_WHEEL, _HWHEEL):
            if flags & flag:
                yield from self._wheel(flag, turned, t_us, x, y)

    def _wheel(self, flag: int, turned: int, t_us: int, x: int, y: int) -> Iterator[RawInput]:
        """Fine wheels tell parts of a notch; up is positive, and for us down is."""
        total = self._turned[flag] + turned
        notches = int(total / WHEEL_DELTA)
        self._turned[flag] = total - notches * WHEEL_DELTA
        if notches:
            yield WheelStep(t_us, x, y, notches, 0) if flag == _HWHEEL else WheelStep(t_us, x, y, 0, -notches)

    @property
    def modifiers(self) -> frozenset[str]:
        found = {MODIFIERS[name] for key in self._held if (name := name_of(key)) in MODIFIERS}
        if self._held >= _ALT_GR:
            found = found - {"Control", "Alt"} | {"AltGr"}
        return frozenset(found)

    def _key(self, body: bytes) -> Iterator[RawInput]:
        scan, flags, _, virtual_key, _, _ = KEYBOARD.unpack_from(body)
        if virtual_key == 0xFF:  # part of an escaped sequence: no key of its own
            return
        key = _sided(virtual_key, scan, bool(flags & RI_KEY_E0))
        pressed, modifiers = not flags & RI_KEY_BREAK, self.modifiers
        repeat = pressed and key in self._held
        name, text = self._meaning(key, virtual_key, scan, modifiers) if pressed else (name_of(key), "")
        if pressed:
            self._held.add(key)
        else:
            self._held.discard(key)
        yield KeyEdge(self._api.message_us(), name, text, pressed, modifiers, repeat)

    def _meaning(self, key: int, virtual_key: int, scan: int, modifiers: frozenset[str]) -> tuple[str, str]:
        """(name, text). What an input method takes, or a dead key begins, is not known."""
        if virtual_key in (PROCESS, PACKET):
            return UNKNOWN, ""
        name = name_of(key)
        if name in MODIFIERS or (len(name) > 1 and name != "space"):
            return name, ""
        if modifiers & _COMMANDS:
            return name or self._api.text(virtual_key, scan, frozenset()) or UNKNOWN, ""
        text = self._api.text(virtual_key, scan, frozenset(self._held))
        if text is None or not text.isprintable():
            return UNKNOWN, ""
        return (text if len(text) == 1 and text != " " else name), text


def _sided(virtual_key: int, scan: int, extended: bool) -> int:
    """VK_SHIFT, VK_CONTROL and VK_MENU as the left or right key they came from."""
    if virtual_key == 0x10:
        return 0xA1 if scan == 0x36 else 0xA0
    if virtual_key == 0x11:
        return 0xA3 if extended else 0xA2
    if virtual_key == 0x12:
        return 0xA5 if extended else 0xA4
    if virtual_key == 0x0D and extended:
        return 0x10D  # the keypad's Enter, which has no number of its own
    return virtual_key
