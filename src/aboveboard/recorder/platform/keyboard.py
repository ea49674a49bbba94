"""From keycodes to what appeared: keysyms and text under the layout, group and modifiers that the display says hold.

The display tells each change of modifiers and group (XkbStateNotify) in order with the keys, so nothing is counted up
here that could be counted wrongly: Shift, Caps Lock, Num Lock, AltGr, latches and the second layout are all its word.
Dead keys and Compose are followed with the system's tables. What can't be followed has a name that begins with "dead_"
and no text: a run of typing with such a key is not known.
"""

from __future__ import annotations

from collections.abc import Iterable

from aboveboard.recorder.platform.compose import Composer
from aboveboard.recorder.platform.keymap import Keymap
from aboveboard.recorder.platform.keysyms import name_of, text_of, types_something, upper

MODIFIERS = {
    "Shift_L": "Shift", "Shift_R": "Shift", "Control_L": "Control", "Control_R": "Control", "Alt_L": "Alt",
    "Alt_R": "Alt", "Meta_L": "Alt", "Meta_R": "Alt", "Super_L": "Super", "Super_R": "Super",
    "ISO_Level3_Shift": "AltGr", "Mode_switch": "AltGr",
}  # fmt: skip
COMPOSING = "composing"  # the name of a key that is part of a sequence we follow: redact/keys.py passes over it
UNKNOWN = "dead_unknown"
GROUPS = 4
_COMMANDS = frozenset({"Control", "Alt", "Super"})


class Keyboard:
    """One thread. `now` and `map` are called as the display tells of changes."""

    def __init__(self, keymap: Keymap, modifier_map: Iterable[Iterable[int]], locale: str) -> None:
        """modifier_map: for each of the eight modifier bits, the keycodes that set it."""
        self._composer = Composer(locale)
        self._mods = self._group = 0
        self._known: dict[tuple[int, int, int], tuple[int, str, str]] = {}
        self.map(keymap, modifier_map)

    def map(self, keymap: Keymap, modifier_map: Iterable[Iterable[int]]) -> None:
        """Another layout."""
        self._keymap = keymap
        self._known.clear()
        self._bits = {1 << bit: names for bit, codes in enumerate(modifier_map) if (names := self._names(codes))}
        self._modifiers: dict[int, frozenset[str]] = {}

    def _names(self, codes: Iterable[int]) -> frozenset[str]:
        names = {name_of(self._keymap.keysym(code, 0, 0)[0]) for code in codes if code}
        found = {MODIFIERS[name] for name in names if name in MODIFIERS}
        # Alt and Meta, or Super and Hyper, share a bit; Alt Gr never means Alt.
        return frozenset(found - {"Alt"} if "AltGr" in found else found)

    def now(self, mods: int, group: int) -> None:
        """Effective modifier bits and group from here on."""
        self._mods, self._group = mods, group

    @property
    def modifiers(self) -> frozenset[str]:
        """Which are in force now."""
        found = self._modifiers.get(self._mods)
        if found is None:
            found = frozenset(name for bit, names in self._bits.items() if self._mods & bit for name in names)
            self._modifiers[self._mods] = found
        return found

    def edge(self, keycode: int, pressed: bool) -> tuple[str, str, frozenset[str]]:
        """(key, text, modifiers before this edge)."""
        modifiers = self.modifiers
        keysym, key, text = self._look_up(keycode)
        if not pressed or key in MODIFIERS:
            return key, text, modifiers
        if modifiers & _COMMANDS:
            return (self._latin(keycode) if keysym > 0xFF else "") or key, text, modifiers
        step, composed = self._composer.press(keysym)
        if step == "going":
            return COMPOSING, "", modifiers
        if step == "done":
            return (key, composed, modifiers) if composed.isprintable() and composed else (UNKNOWN, "", modifiers)
        if step == "broken" or (not text and types_something(keysym) and not key.startswith("dead_")):
            return UNKNOWN, "", modifiers
        return key, text, modifiers

    def _latin(self, keycode: int) -> str:
        """Ctrl with a key of a layout without Latin letters: programs take the letter of another group for it."""
        found = (self._keymap.keysym(keycode, 0, group)[0] for group in range(GROUPS))
        return next((name_of(keysym) for keysym in found if 0x20 < keysym < 0x7F), "")

    def _look_up(self, keycode: int) -> tuple[int, str, str]:
        """(keysym, name, text) now."""
        known = self._known.get((keycode, self._mods, self._group))
        if known is None:
            keysym, caps = self._keymap.keysym(keycode, self._mods, self._group)
            if not keysym:  # nothing at that level: the key's own name, as shortcuts are called
                keysym, caps = self._keymap.keysym(keycode, 0, self._group)
                known = (keysym, name_of(keysym) if keysym else f"keycode_{keycode}", "")
            else:
                text = text_of(keysym)
                if caps:
                    keysym, text = upper(keysym, text)
                known = (keysym, name_of(keysym), text)
            self._known[keycode, self._mods, self._group] = known
        return known
