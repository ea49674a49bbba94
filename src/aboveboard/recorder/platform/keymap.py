"""The display's keyboard map as XKB has it: which keysym a key gives under these modifiers and this group.

Source: The X Keyboard Extension: Protocol Specification, section 6 and 7, and XkbGetMap's reply in appendix D.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from aboveboard.core.errors import Unavailable

LOCK = 2  # the modifier bit of Caps Lock
_CLAMP, _REDIRECT = 0x40, 0x80


@dataclass(frozen=True, slots=True)
class KeyType:
    """Which of the modifiers in `mask` lead to which level; what is not listed leads to level 0. preserved: modifiers
    that still count after the level was chosen, by the same masks."""

    mask: int
    levels: dict[int, int]
    preserved: dict[int, int]


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key's keysyms, group by group, `width` each. types: a key type for each of four groups."""

    types: tuple[int, ...]
    group_info: int
    width: int
    syms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Keymap:
    """keys: by keycode."""

    types: tuple[KeyType, ...]
    keys: dict[int, KeyRow]

    def keysym(self, keycode: int, mods: int, group: int) -> tuple[int, bool]:
        """(keysym, 0 for none; whether Caps Lock is still to be applied). group: effective, from 0."""
        row = self.keys.get(keycode)
        groups = row.group_info & 0xF if row is not None else 0
        if row is None or not groups:
            return 0, False
        group = _within(group, groups, row.group_info)
        kind = self.types[row.types[group]]
        state = mods & kind.mask
        at = group * row.width + kind.levels.get(state, 0)
        left = mods & ~(kind.mask & ~kind.preserved.get(state, 0))
        return (row.syms[at] if at < len(row.syms) else 0), bool(left & LOCK)


def _within(group: int, groups: int, info: int) -> int:
    """A group out of the key's range is wrapped, clamped or sent elsewhere, as the key says."""
    if 0 <= group < groups:
        return group
    if info & 0xC0 == _CLAMP:
        return 0 if group < 0 else groups - 1
    if info & 0xC0 == _REDIRECT:
        to = info >> 4 & 3
        return to if to < groups else 0
    return group % groups


def parse_map(reply: bytes) -> Keymap:
    """From XkbGetMap's reply with key types and keysyms. Raises Unavailable for one that is cut off."""
    try:
        n_types, first_key, n_keys = reply[15], reply[17], reply[20]
        at = 40
        types = []
        for _ in range(n_types):
            mask, _, _, _, entries, preserve, _ = struct.unpack_from("<BBHBBBB", reply, at)
            at += 8
            levels, masks = {}, []
            for _ in range(entries):
                active, its, level = reply[at], reply[at + 1], reply[at + 2]
                masks.append(its)
                if active:
                    levels[its] = level
                at += 8
            preserved = {}
            if preserve:
                for its in masks:
                    preserved[its] = reply[at]
                    at += 4
            types.append(KeyType(mask, levels, preserved))
        keys = {}
        for code in range(first_key, first_key + n_keys):
            info, width, n = struct.unpack_from("<BBH", reply, at + 4)
            keys[code] = KeyRow(tuple(reply[at : at + 4]), info, width, struct.unpack_from(f"<{n}I", reply, at + 8))
            at += 8 + 4 * n
    except (struct.error, IndexError) as error:
        raise Unavailable("the display's keyboard map can't be read: does it have XKB 1.0?") from error
    return Keymap(tuple(types), keys)
