"""Quartz events as ours. Pure over `Quartz`, the part of pyobjc's module of that name that is used.

Names and numbers: CGEventTypes.h, HIToolbox/Events.h.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from aboveboard.core.events import ButtonEdge, KeyEdge, Motion, RawInput, WheelStep

LEFT_DOWN, LEFT_UP, RIGHT_DOWN, RIGHT_UP = 1, 2, 3, 4
MOVED, LEFT_DRAGGED, RIGHT_DRAGGED = 5, 6, 7
KEY_DOWN, KEY_UP, FLAGS_CHANGED = 10, 11, 12
SCROLL, OTHER_DOWN, OTHER_UP, OTHER_DRAGGED = 22, 25, 26, 27
DISABLED_BY_TIMEOUT, DISABLED_BY_USER_INPUT = 0xFFFFFFFE, 0xFFFFFFFF
HEARD = (LEFT_DOWN, LEFT_UP, RIGHT_DOWN, RIGHT_UP, MOVED, LEFT_DRAGGED, RIGHT_DRAGGED, KEY_DOWN, KEY_UP, FLAGS_CHANGED,
         SCROLL, OTHER_DOWN, OTHER_UP, OTHER_DRAGGED)  # fmt: skip
BUTTON_NUMBER, AUTOREPEAT, KEYCODE = 3, 8, 9  # CGEventField
LINES_DOWN, LINES_ACROSS = 11, 12  # kCGScrollWheelEventDeltaAxis1, 2
_BUTTONS = {0: 1, 1: 3, 2: 2, 3: 8, 4: 9}
_EDGES = {LEFT_DOWN: True, LEFT_UP: False, RIGHT_DOWN: True, RIGHT_UP: False, OTHER_DOWN: True, OTHER_UP: False}
_FLAGS = {0x20000: "Shift", 0x40000: "Control", 0x80000: "Alt", 0x100000: "Super"}
_COMMANDS = frozenset({"Control", "Super"})
# keycode -> X's name; those that only the layout can name are not here
_KEYS = {
    36: "Return", 48: "Tab", 49: "space", 51: "BackSpace", 53: "Escape", 71: "Clear", 76: "KP_Enter", 114: "Help",
    115: "Home", 116: "Prior", 117: "Delete", 119: "End", 121: "Next", 123: "Left", 124: "Right", 125: "Down",
    126: "Up", 122: "F1", 120: "F2", 99: "F3", 118: "F4", 96: "F5", 97: "F6", 98: "F7", 100: "F8", 101: "F9",
    109: "F10", 103: "F11", 111: "F12", 105: "F13", 107: "F14", 113: "F15",
}  # fmt: skip
# keycode of a modifier -> (X's name, the flag that says whether it is down)
_MODIFIER_KEYS = {
    56: ("Shift_L", 0x20000), 60: ("Shift_R", 0x20000), 59: ("Control_L", 0x40000), 62: ("Control_R", 0x40000),
    58: ("Alt_L", 0x80000), 61: ("Alt_R", 0x80000), 55: ("Super_L", 0x100000), 54: ("Super_R", 0x100000),
    57: ("Caps_Lock", 0x10000),
}  # fmt: skip
UNKNOWN = "dead_unknown"  # see platform/keyboard.py: a run of typing with such a key is not known


class Quartz(Protocol):
    """event: a CGEventRef, of which nothing else is known here."""

    def location(self, event: Any) -> tuple[float, float]:
        """CGEventGetLocation: points from the upper left of the main screen."""
        ...

    def time_us(self, event: Any) -> int:
        """CGEventGetTimestamp as µs since 1970."""
        ...

    def number(self, event: Any, field: int) -> int:
        """CGEventGetIntegerValueField."""
        ...

    def flags(self, event: Any) -> int: ...

    def text(self, event: Any) -> str:
        """CGEventKeyboardGetUnicodeString: "" for a dead key, and never what an input method makes of it."""
        ...


class Decoder:
    """One thread."""

    def __init__(self, quartz: Quartz) -> None:
        self._quartz = quartz
        self._dead = False  # a dead key was pressed: what the next key types is not what it says

    def missed(self) -> None:
        """The tap was off for a moment: the next key may end anything."""
        self._dead = True

    def decode(self, kind: int, event: Any) -> Iterator[RawInput]:
        """What one callback's event means; nothing for kinds that are not heard."""
        if kind not in HEARD:
            return
        q = self._quartz
        t_us = q.time_us(event)
        x, y = (int(part) for part in q.location(event))
        modifiers = _modifiers(q.flags(event))
        if kind in _EDGES:
            yield ButtonEdge(t_us, x, y, _BUTTONS.get(q.number(event, BUTTON_NUMBER), 2), _EDGES[kind], modifiers)
        elif kind == SCROLL:
            down, across = -q.number(event, LINES_DOWN), -q.number(event, LINES_ACROSS)
            if down or across:
                yield WheelStep(t_us, x, y, across, down)
        elif kind in (KEY_DOWN, KEY_UP):
            yield self._key(event, t_us, kind == KEY_DOWN, modifiers)
        elif kind == FLAGS_CHANGED:
            yield from self._modifier(event, t_us, modifiers)
        else:
            yield Motion(np.array([t_us], np.int64), np.array([x], np.int32), np.array([y], np.int32))

    def _key(self, event: Any, t_us: int, pressed: bool, modifiers: frozenset[str]) -> KeyEdge:
        code = self._quartz.number(event, KEYCODE)
        repeat = bool(self._quartz.number(event, AUTOREPEAT))
        name, text = _KEYS.get(code, ""), ""
        if name in ("", "space"):
            text = self._quartz.text(event)
            if modifiers & _COMMANDS:
                name, text = name or text or f"keycode_{code}", ""
            elif not pressed:
                name, text = name or text or UNKNOWN, ""
            elif not text or not text.isprintable() or self._dead:
                self._dead = not text
                name, text = UNKNOWN, ""
            else:
                # Option with a letter types another one: text, as Alt Gr does elsewhere.
                modifiers = frozenset(modifiers - {"Alt"} | ({"AltGr"} if "Alt" in modifiers else set()))
                name = name or (text if len(text) == 1 else UNKNOWN)
        return KeyEdge(t_us, name, text, pressed, modifiers, repeat)

    def _modifier(self, event: Any, t_us: int, after: frozenset[str]) -> Iterator[RawInput]:
        known = _MODIFIER_KEYS.get(self._quartz.number(event, KEYCODE))
        if known is not None:
            name, flag = known
            pressed = bool(self._quartz.flags(event) & flag)
            before = after - {_FLAGS[flag]} if pressed and flag in _FLAGS else after
            yield KeyEdge(t_us, name, "", pressed, frozenset(before))


def _modifiers(flags: int) -> frozenset[str]:
    return frozenset(name for bit, name in _FLAGS.items() if flags & bit)
