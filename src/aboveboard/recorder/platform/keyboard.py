"""From keycodes to what appeared: keysyms and text under the display's layout, with Shift, Caps Lock, AltGr.

Dead keys and input methods compose in the program, not here: their keys have names ("dead_acute") and no text, and a
run of typing that has one is not known in full. A second layout group is not followed yet.
"""

from __future__ import annotations

from Xlib import XK, X
from Xlib import display as xdisplay

XK.load_keysym_group("xkb")
XK.load_keysym_group("xf86")

MODIFIERS = {
    "Shift_L": "Shift", "Shift_R": "Shift", "Control_L": "Control", "Control_R": "Control", "Alt_L": "Alt",
    "Alt_R": "Alt", "Meta_L": "Alt", "Meta_R": "Alt", "Super_L": "Super", "Super_R": "Super",
    "ISO_Level3_Shift": "AltGr", "Mode_switch": "AltGr",
}  # fmt: skip
_NAMES = {
    getattr(XK, name): name.removeprefix("XK_")
    for name in sorted(dir(XK), reverse=True)
    if name.startswith("XK_") and isinstance(getattr(XK, name), int)
}
_TYPES = {"KP_Space": " ", "KP_Add": "+", "KP_Subtract": "-", "KP_Multiply": "*", "KP_Divide": "/", "KP_Decimal": "."}
_TYPES |= {f"KP_{digit}": str(digit) for digit in range(10)}


def name_of(keysym: int) -> str:
    """ "a", "Return", "Left"; "U+20AC" for what has no name."""
    if keysym in _NAMES:
        return _NAMES[keysym]
    return f"U+{keysym & 0xFFFFFF:04X}" if keysym & 0xFF000000 == 0x01000000 else f"0x{keysym:x}"


def text_of(keysym: int) -> str:
    """What the keysym types by itself; "" for a key that types nothing, or nothing we know."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
        return chr(keysym)
    if keysym & 0xFF000000 == 0x01000000:
        return chr(keysym & 0xFFFFFF)
    return _TYPES.get(name_of(keysym), "")


class Keyboard:
    """The layout, and which modifiers are down as far as events told."""

    def __init__(self, display: xdisplay.Display) -> None:
        self._display = display
        self._syms: dict[int, list[int]] = {}
        self._down: set[str] = set()
        self._caps = bool(display.screen().root.query_pointer().mask & X.LockMask)
        self.refresh()

    def refresh(self) -> None:
        """Reads the layout anew."""
        info = self._display.display.info
        first, count = info.min_keycode, info.max_keycode - info.min_keycode + 1
        rows = self._display.get_keyboard_mapping(first, count)
        self._syms = {first + i: [int(sym) for sym in row] for i, row in enumerate(rows)}

    @property
    def modifiers(self) -> frozenset[str]:
        """Which are held now."""
        return frozenset(MODIFIERS[name] for name in self._down)

    def edge(self, keycode: int, pressed: bool) -> tuple[str, str, frozenset[str]]:
        """(key, text, modifiers before this edge); remembers modifiers for the next."""
        modifiers = self.modifiers
        syms = self._syms.get(keycode, [])
        plain = name_of(syms[0]) if syms and syms[0] else f"keycode_{keycode}"
        if plain in MODIFIERS:
            (self._down.add if pressed else self._down.discard)(plain)
            return plain, "", modifiers
        if plain == "Caps_Lock" and pressed:
            self._caps = not self._caps
        keysym = self._keysym(syms, modifiers)
        return name_of(keysym) if keysym else plain, text_of(keysym), modifiers

    def _keysym(self, syms: list[int], modifiers: frozenset[str]) -> int:
        """Level by Shift and AltGr; Caps Lock turns letters over."""
        level = (1 if "Shift" in modifiers else 0) + (4 if "AltGr" in modifiers else 0)
        keysym = syms[level] if level < len(syms) and syms[level] else (syms[0] if syms else 0)
        if self._caps and (text := text_of(keysym)).isalpha():
            other = text.lower() if text.isupper() else text.upper()
            if len(other) == 1:
                return ord(other) if ord(other) < 0x100 else 0x01000000 | ord(other)
        return keysym
