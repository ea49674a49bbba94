"""Virtual-key codes (winuser.h) by the names that X keysyms have, which all of our events use."""

from __future__ import annotations

PROCESS, PACKET = 0xE5, 0xE7  # an input method has the key; a character sent as such
_NAMES = {
    0x08: "BackSpace", 0x09: "Tab", 0x0C: "Clear", 0x0D: "Return", 0x10D: "KP_Enter", 0x13: "Pause",
    0x14: "Caps_Lock", 0x1B: "Escape", 0x20: "space", 0x21: "Prior", 0x22: "Next", 0x23: "End", 0x24: "Home",
    0x25: "Left", 0x26: "Up", 0x27: "Right", 0x28: "Down", 0x2C: "Print", 0x2D: "Insert", 0x2E: "Delete",
    0x2F: "Help", 0x5B: "Super_L", 0x5C: "Super_R", 0x5D: "Menu", 0x90: "Num_Lock", 0x91: "Scroll_Lock",
    0xA0: "Shift_L", 0xA1: "Shift_R", 0xA2: "Control_L", 0xA3: "Control_R", 0xA4: "Alt_L", 0xA5: "Alt_R",
    0xA6: "XF86Back", 0xA7: "XF86Forward", 0xA8: "XF86Refresh", 0xAD: "XF86AudioMute", 0xAE: "XF86AudioLowerVolume",
    0xAF: "XF86AudioRaiseVolume", 0xB0: "XF86AudioNext", 0xB1: "XF86AudioPrev", 0xB2: "XF86AudioStop",
    0xB3: "XF86AudioPlay",
}  # fmt: skip
MODIFIERS = {
    "Shift_L": "Shift", "Shift_R": "Shift", "Control_L": "Control", "Control_R": "Control", "Alt_L": "Alt",
    "Alt_R": "Alt", "Super_L": "Super", "Super_R": "Super",
}  # fmt: skip


def name_of(key: int) -> str:
    """A letter or digit is itself; what only the layout can name has no name here."""
    if key in _NAMES:
        return _NAMES[key]
    if 0x70 <= key <= 0x87:
        return f"F{key - 0x6F}"
    if 0x30 <= key <= 0x39 or 0x41 <= key <= 0x5A:
        return chr(key).lower()
    return ""
