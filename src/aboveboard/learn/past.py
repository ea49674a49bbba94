"""What was done so far in an episode, and what of that shows in an element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.core.events import Element

Identity = tuple[str, str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Past:
    """kinds in order, the elements acted on, what was typed; seen: what was there before the last action."""

    kinds: tuple[str, ...] = ()
    acted: tuple[Identity, ...] = ()
    typed: tuple[str, ...] = ()
    seen: frozenset[Identity] = frozenset()

    def after(self, kind: str, element: Element | None, text: str = "", seen: Sequence[Element] = ()) -> Past:
        """One step later. seen: all that was there when it was done."""
        return Past(
            (*self.kinds, kind),
            self.acted if element is None else (*self.acted, identity(element)),
            (*self.typed, text) if text else self.typed,
            frozenset(map(identity, seen)) if seen else self.seen,
        )

    def again(self) -> int:
        """How often in a row the same element was acted on, up to now."""
        count = 0
        for each in reversed(self.acted):
            if each != self.acted[-1]:
                break
            count += 1
        return count


def identity(element: Element) -> Identity:
    """What makes an element the same one from one tree to the next."""
    return element.role, element.name, element.path
