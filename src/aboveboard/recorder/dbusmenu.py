"""A menu as com.canonical.dbusmenu gives it to whoever draws it (libdbusmenu's dbus-menu.xml, version 3).

Pure: from entries to the values of D-Bus messages and back from a number to a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from aboveboard.recorder.menu import Entry

INTERFACE = "com.canonical.dbusmenu"
PATH = "/MenuBar"
Variants: TypeAlias = dict[str, tuple[str, Any]]
ROOT = 0


class Layout:
    """The menu as it is now. One thread. Numbers stay with their place and words: what a person clicks on is what
    they saw, also when the menu has changed meanwhile."""

    def __init__(self) -> None:
        self.revision = 0
        self._next = ROOT
        self._numbers: dict[tuple[str, ...], int] = {}
        self._entries: dict[int, Entry] = {}
        self._children: dict[int, list[int]] = {ROOT: []}
        self._shown: tuple[Entry, ...] = ()

    def show(self, entries: tuple[Entry, ...]) -> bool:
        """Whether anything is another now."""
        if entries == self._shown:
            return False
        self._shown = entries
        self.revision += 1
        self._entries, self._children = {}, {}
        self._put(ROOT, (), entries)
        return True

    def _put(self, parent: int, at: tuple[str, ...], entries: Sequence[Entry]) -> None:
        numbers = []
        for place, entry in enumerate(entries):
            name = (*at, entry.key or f"{place}:{entry.words}")
            if len(self._numbers) > 10_000:  # words change with time; nothing grows for ever
                self._numbers.clear()
            if name not in self._numbers:
                self._next += 1
                self._numbers[name] = self._next
            number = self._numbers[name]
            numbers.append(number)
            self._entries[number] = entry
            if entry.children:
                self._put(number, name, entry.children)
        self._children[parent] = numbers

    def key(self, number: int) -> str:
        """What a click on it does; "" for nothing."""
        entry = self._entries.get(number)
        return "" if entry is None or entry.children else entry.key

    def properties(self, number: int, names: Sequence[str] = ()) -> Variants:
        """Of one entry; only those named, where any are. What is as it is by default is left out."""
        found: Variants = {}
        entry = self._entries.get(number)
        if entry is None:
            found["children-display"] = ("s", "submenu")
        elif not entry.words:
            found["type"] = ("s", "separator")
        else:
            found["label"] = ("s", entry.words.replace("_", "__"))  # one alone marks the next letter
            if not entry.key and not entry.children:
                found["enabled"] = ("b", False)
            if entry.children:
                found["children-display"] = ("s", "submenu")
        return {name: value for name, value in found.items() if not names or name in names}

    def group(self, numbers: Sequence[int], names: Sequence[str]) -> list[tuple[int, Variants]]:
        """a(ia{sv}); all of them where none are given."""
        wanted = numbers or [ROOT, *self._entries]
        return [(each, self.properties(each, names)) for each in wanted if each == ROOT or each in self._entries]

    def layout(self, parent: int, depth: int, names: Sequence[str]) -> tuple[int, Variants, list[tuple[str, Any]]]:
        """(ia{sv}av) from one entry down; depth -1: all the way. Raises KeyError for an entry that is none."""
        if parent != ROOT and parent not in self._entries:
            raise KeyError(parent)
        below = self._children.get(parent, []) if depth else []
        inside = [("(ia{sv}av)", self.layout(each, depth - 1, names)) for each in below]
        return parent, self.properties(parent, names), inside
