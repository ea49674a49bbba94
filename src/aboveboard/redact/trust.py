"""Whether the field a key is said to land on can be believed. What can't is treated as unknown, and so as secret.

The accessibility bus tells of a new focus 12 to 20 ms after the click or Tab that moved it, a page may turn a password
into plain text to show it, and a look-up may give what had the focus before. Each of these would put a password's
letters into a harmless field.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aboveboard.core.events import Box, ObservedElement
from aboveboard.redact.fields import asks_secret, is_editable, is_secret

SETTLE_US = 50_000  # two and a half times the longest seen
_SECRETS_MAX = 256
Place: TypeAlias = tuple[object, ...]  # window and page


@dataclass(frozen=True, slots=True)
class _Seen:
    place: Place
    path: tuple[int, ...]
    box: Box
    name: str

    def is_like(self, other: _Seen) -> bool:
        """Two of place in the tree, box and name agree: one of them may change while a person types."""
        same_path = bool(self.path) and self.path == other.path
        same_box = self.box == other.box
        same_name = bool(self.name) and self.name == other.name
        no_path = not self.path or not other.path
        return self.place == other.place and (same_path + same_box + same_name >= 2 or (no_path and same_box))


def _seen(place: Place, element: ObservedElement) -> _Seen:
    return _Seen(place, element.path, element.box, element.name)


def _wants_secret(element: ObservedElement) -> bool:
    if is_editable(element):
        return is_secret(element)
    return element.role == "label" and asks_secret(element.name)


def same_field(one: ObservedElement, other: ObservedElement) -> bool:
    """One of them is, or lies in, the other: a click lands on the text within a field."""
    if not one.path or not other.path:
        return one.box == other.box
    shorter = min(len(one.path), len(other.path))
    return one.path[:shorter] == other.path[:shorter]


class FieldTrust:
    """What one session knows about its fields. One thread."""

    def __init__(self) -> None:
        self._secrets: deque[_Seen] = deque(maxlen=_SECRETS_MAX)
        self._moved_us: int | None = None
        self._here: _Seen | None = None  # the field of the last key
        self._before: _Seen | None = None  # the field of the last key before the focus may have moved
        self._clicked: ObservedElement | None = None
        self._by_click = False
        self._in_secret = False  # the last key went to a secret field, and nothing has moved the focus since

    def moved(self, t_us: int) -> None:
        """Something that may move the focus: a Tab, a shortcut, another window."""
        self._moved_us, self._before, self._clicked, self._in_secret = t_us, self._here, None, False
        self._by_click = False

    def pressed(self, place: Place, target: ObservedElement | None, t_us: int) -> None:
        """A button went down on `target`."""
        self.moved(t_us)
        self._clicked, self._by_click = target, True
        if target is not None and is_editable(target):
            self._note(place, target)

    def shown(self, place: Place, elements: Sequence[ObservedElement]) -> None:
        """What a scene shows: a password field is remembered before anybody makes its text visible."""
        for element in elements:
            if is_editable(element):
                self._note(place, element)

    def believe(self, place: Place, target: ObservedElement | None, t_us: int) -> ObservedElement | None:
        """target: where a key press is said to land. It, or None when that can't be relied on."""
        if target is None:
            return None
        if self._here is not None and place != self._here.place:
            self._in_secret, self._clicked = False, None
        seen = _seen(place, target)
        stale = self._stale(seen, target, t_us)
        if not stale:
            self._here = seen
        if is_editable(target):
            if is_secret(target):
                self._note(place, target)
                self._in_secret = True
                return target
            if any(secret.is_like(seen) for secret in self._secrets):
                self._in_secret = True
                return None
        clicked = self._clicked
        elsewhere = clicked is not None and _wants_secret(clicked) and not same_field(clicked, target)
        return None if stale or elsewhere or self._in_secret else target

    def _stale(self, seen: _Seen, target: ObservedElement, t_us: int) -> bool:
        """So soon after a click only what was clicked is believed; after a key, only another field than before."""
        if self._moved_us is None or not 0 <= t_us - self._moved_us < SETTLE_US:
            return False
        if self._by_click:
            return self._clicked is None or not same_field(self._clicked, target)
        return self._before is None or seen == self._before

    def _note(self, place: Place, element: ObservedElement) -> None:
        seen = _seen(place, element)
        if is_secret(element) and seen not in self._secrets:
            self._secrets.append(seen)
