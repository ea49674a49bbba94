"""Names of keys: ours are X keysyms ("Return", "Page_Up"), others have their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# pyautogui's KEYBOARD_KEYS; what is not here is the keysym in lower case
PYAUTOGUI: Final = {
    "Return": "enter", "KP_Enter": "enter", "Escape": "esc", "BackSpace": "backspace", "Tab": "tab",
    "ISO_Left_Tab": "tab", "Page_Up": "pageup", "Prior": "pageup", "Page_Down": "pagedown", "Next": "pagedown",
    "Control": "ctrl", "Super": "win", "Alt": "alt", "Shift": "shift", "AltGr": "altright", "Print": "printscreen",
    "plus": "+", "minus": "-", "equal": "=", "comma": ",", "period": ".", "slash": "/",
}  # fmt: skip
# KeyboardEvent.key of the DOM, as Playwright takes it
DOM: Final = {
    "Return": "Enter", "KP_Enter": "Enter", "BackSpace": "Backspace", "ISO_Left_Tab": "Tab", "Page_Up": "PageUp",
    "Prior": "PageUp", "Page_Down": "PageDown", "Next": "PageDown", "Left": "ArrowLeft", "Right": "ArrowRight",
    "Up": "ArrowUp", "Down": "ArrowDown", "Super": "Meta", "AltGr": "AltGraph", "space": " ", "plus": "+",
    "minus": "-", "equal": "=", "comma": ",", "period": ".", "slash": "/",
}  # fmt: skip
XDOTOOL: Final = {"Control": "ctrl", "Shift": "shift", "Alt": "alt", "Super": "super", "ISO_Left_Tab": "Tab"}
# Virtual-key codes of Windows, which OWA records on every system
VK: Final = {
    "BackSpace": 0x08, "Tab": 0x09, "ISO_Left_Tab": 0x09, "Return": 0x0D, "KP_Enter": 0x0D, "Shift": 0x10,
    "Control": 0x11, "Alt": 0x12, "Escape": 0x1B, "space": 0x20, "Page_Up": 0x21, "Prior": 0x21, "Page_Down": 0x22,
    "Next": 0x22, "End": 0x23, "Home": 0x24, "Left": 0x25, "Up": 0x26, "Right": 0x27, "Down": 0x28, "Insert": 0x2D,
    "Delete": 0x2E, "Super": 0x5B,
    **{chr(c): c - 32 for c in range(ord("a"), ord("z") + 1)}, **{str(d): 0x30 + d for d in range(10)},
    **{f"F{n}": 0x6F + n for n in range(1, 13)},
}  # fmt: skip


def named(key: str, names: Mapping[str, str], *, lower: bool = False) -> str:
    return names.get(key, key.lower() if lower else key)
