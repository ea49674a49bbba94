"""Keysyms: their names, and what each types by itself.

Source: X Window System Protocol, appendix A (keysym encoding): Latin-1, Unicode, and the older sets, most of which are
the upper halves of ISO 8859 parts.
"""

from __future__ import annotations

from Xlib import XK

XK.load_keysym_group("xkb")
XK.load_keysym_group("xf86")

# Of two names for one keysym, those that XKeysymToString gives; of others the first by the alphabet.
_FIRST = ("Prior", "Next", "KP_Prior", "KP_Next", "Mode_switch")
_NAMES = {
    getattr(XK, name): name.removeprefix("XK_")
    for name in (*sorted(dir(XK), reverse=True), *(f"XK_{first}" for first in _FIRST))
    if name.startswith("XK_") and isinstance(getattr(XK, name), int)
}
_KEYPAD = {"KP_Space": " ", "KP_Add": "+", "KP_Subtract": "-", "KP_Multiply": "*", "KP_Divide": "/", "KP_Decimal": "."}
_KEYPAD |= {f"KP_{digit}": str(digit) for digit in range(10)} | {"KP_Separator": ",", "KP_Equal": "="}
# By the keysym's second byte: the code page of its first.
_PAGES = {
    0x01: "iso8859-2", 0x02: "iso8859-3", 0x03: "iso8859-4", 0x05: "iso8859-6", 0x06: "koi8-r", 0x07: "iso8859-7",
    0x0C: "iso8859-8", 0x0D: "iso8859-11", 0x12: "iso8859-14", 0x13: "iso8859-15",
}  # fmt: skip
# 0x6a1 to 0x6bf and the Greek accents stand elsewhere than in the code pages.
_CYRILLIC = "ђѓёєѕіїјљњћќґўџ№ЂЃЁЄЅІЇЈЉЊЋЌҐЎЏ"
_GREEK = {
    0x7A1: "Ά", 0x7A2: "Έ", 0x7A3: "Ή", 0x7A4: "Ί", 0x7A5: "Ϊ", 0x7A7: "Ό", 0x7A8: "Ύ", 0x7A9: "Ϋ", 0x7AB: "Ώ",
    0x7AE: "΅", 0x7AF: "―", 0x7B1: "ά", 0x7B2: "έ", 0x7B3: "ή", 0x7B4: "ί", 0x7B5: "ϊ", 0x7B6: "ΐ", 0x7B7: "ό",
    0x7B8: "ύ", 0x7B9: "ϋ", 0x7BA: "ΰ", 0x7BB: "ώ", 0x7D2: "Σ", 0x7F2: "σ", 0x7F3: "ς",
}  # fmt: skip
_PUBLISHING = {
    0xAA9: "—", 0xAAA: "–", 0xAAE: "…", 0xAD0: "‘", 0xAD1: "’", 0xAD2: "“", 0xAD3: "”", 0xAFD: "‚", 0xAFE: "„",
    0xAE6: "•", 0xAF1: "†", 0xAF2: "‡", 0xAC9: "™", 0xAD6: "′", 0xAD7: "″", 0x20AC: "€",
}  # fmt: skip


def name_of(keysym: int) -> str:
    """ "a", "Return", "Left"; "U+20AC" for what has no name."""
    if keysym in _NAMES:
        return _NAMES[keysym]
    return f"U+{keysym & 0xFFFFFF:04X}" if keysym & 0xFF000000 == 0x01000000 else f"0x{keysym:x}"


def text_of(keysym: int) -> str:
    """What the keysym types by itself; "" for a key that types nothing, or nothing we know."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
        return chr(keysym)
    if 0x01000100 <= keysym <= 0x0110FFFF:
        return chr(keysym & 0xFFFFFF)
    if 0x6A1 <= keysym <= 0x6BF:
        return _CYRILLIC[keysym - 0x6A1]
    if keysym in _GREEK:
        return _GREEK[keysym]
    page = _PAGES.get(keysym >> 8)
    if page is not None and keysym & 0xFF >= 0xA1:
        # Most keysyms of one set lie at the same place in its code page; what is not a letter there is not ours.
        found = bytes([keysym & 0xFF]).decode(page, errors="ignore")
        return found if keysym >> 8 != 0x06 or keysym & 0xFF >= 0xC0 else ""
    return _PUBLISHING.get(keysym) or _KEYPAD.get(name_of(keysym), "")


def types_something(keysym: int) -> bool:
    """Whether a program may put in a character for it, known to us or not: all but function keys and modifiers."""
    return bool(keysym) and keysym < 0x10000000 and not 0xFD00 <= keysym <= 0xFFFF


def upper(keysym: int, text: str) -> tuple[int, str]:
    """With Caps Lock: the capital, where the letter has one."""
    other = text.upper()
    if not text.isalpha() or len(other) != 1 or other == text:
        return keysym, text
    return (ord(other) if ord(other) < 0x100 else 0x01000000 | ord(other)), other
