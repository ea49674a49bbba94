"""What was done so far in an episode, and what of that shows in an element."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.core.events import Element

Identity = tuple[str, str, tuple[int, ...]]
_FOCUS = frozenset({"focused"})
IN_VAIN = 2  # what was done so often where all looked the same, and looks so again, is not what helps


@dataclass(frozen=True, slots=True)
class Past:
    """kinds in order, the elements acted on, what was typed; seen: what was there before the last action; did: each
    action with the pointer, with what all looked like before it."""

    kinds: tuple[str, ...] = ()
    acted: tuple[Identity, ...] = ()
    typed: tuple[str, ...] = ()
    seen: frozenset[Identity] = frozenset()
    did: tuple[tuple[int, str, Identity], ...] = ()

    def after(self, kind: str, element: Element | None, text: str = "", seen: Sequence[Element] = ()) -> Past:
        """One step later. seen: all that was there when it was done."""
        mine = None if element is None else identity(element)
        return Past(
            (*self.kinds, kind),
            self.acted if mine is None else (*self.acted, mine),
            (*self.typed, text) if text else self.typed,
            frozenset(map(identity, seen)) if seen else self.seen,
            self.did if mine is None else (*self.did, (_look(seen), kind, mine)),
        )

    def in_vain(self, shown: Sequence[Element]) -> set[tuple[str, Identity]]:
        """Kinds and elements of what was done IN_VAIN times or more where all looked as it does now."""
        if len(self.did) < IN_VAIN:
            return set()
        now = _look(shown)
        counts = Counter((kind, element) for look, kind, element in self.did if look == now)
        return {action for action, times in counts.items() if times >= IN_VAIN}

    def again(self) -> int:
        """How often in a row the same element was acted on, up to now."""
        count = 0
        for each in reversed(self.acted):
            if each != self.acted[-1]:
                break
            count += 1
        return count

    def alike(self) -> int:
        """How many elements of the role and name of the last one were acted on in its way, whatever was done
        between."""
        did = [(kind, element) for _, kind, element in self.did if not kind.startswith("scroll")]
        return len({el for kind, el in did if (kind, el[:2]) == (did[-1][0], did[-1][1][:2])}) if did else 0


def _look(shown: Sequence[Element]) -> int:
    """The same for what looks the same, whatever has the focus."""
    return hash(tuple((each.role, each.name, each.path, each.box, frozenset(each.states) - _FOCUS) for each in shown))


def corresponds(one: Identity, other: Identity) -> bool:
    """Whether two elements are the same in two rows: alike, and the same way down but for one turn before the last."""
    (role, name, path), (its_role, its_name, its_path) = one, other
    if (role, name, len(path)) != (its_role, its_name, len(its_path)):
        return False
    apart = [i for i, (a, b) in enumerate(zip(path, its_path, strict=True)) if a != b]
    return len(apart) == 1 and apart[0] < len(path) - 1


def identity(element: Element) -> Identity:
    """What makes an element the same one from one tree to the next."""
    return element.role, element.name, element.path
