"""What was done so far in an episode, and what of that shows in an element."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aboveboard.core.events import Element

Identity = tuple[str, str, tuple[int, ...]]
_FOCUS = frozenset({"focused"})
PRESSES = ("key", "hotkey")
ROW_NAMES_MAX = 8
NAME_CHARS_MAX = 40  # what is longer is a text
IN_VAIN = 2  # what was done so often where all looked the same, and looks so again, is not what helps


@dataclass(frozen=True, slots=True)
class Past:
    """kinds in order, with the key where one was pressed ("hotkey Control+c"); the elements acted on, but for those
    that the wheel was turned over; what was typed; seen: what was there before the last action; did: each action with
    the pointer, with what all looked like before it; beside: names that stood in one row with what was acted on; met:
    short names that were to be seen at any time."""

    kinds: tuple[str, ...] = ()
    acted: tuple[Identity, ...] = ()
    typed: tuple[str, ...] = ()
    seen: frozenset[Identity] = frozenset()
    did: tuple[tuple[int, str, Identity], ...] = ()
    beside: frozenset[str] = frozenset()
    met: frozenset[str] = frozenset()

    def after(
        self, kind: str, element: Element | None, text: str = "", seen: Sequence[Element] = (), key: str = ""
    ) -> Past:
        """One step later. seen: all that was there when it was done; key: counts where one was pressed."""
        mine = None if element is None else identity(element)
        turned = kind.startswith("scroll")
        return Past(
            (*self.kinds, f"{kind} {key}" if key and kind in PRESSES else kind),
            self.acted if mine is None or turned else (*self.acted, mine),
            (*self.typed, text) if text else self.typed,
            frozenset(map(identity, seen)) if seen else self.seen,
            self.did if mine is None else (*self.did, (_look(seen), kind, mine)),
            self.beside if element is None or turned else self.beside | _in_row(element, seen),
            self.met.union(each.name for each in seen if 0 < len(each.name) <= NAME_CHARS_MAX),
        )

    def in_vain(self, shown: Sequence[Element]) -> set[tuple[str, Identity]]:
        """Kinds and elements of what was done IN_VAIN times or more where all looked as it does now."""
        if len(self.did) < IN_VAIN:
            return set()
        now = _look(shown)
        counts = Counter((kind, element) for look, kind, element in self.did if look == now)
        return {action for action, times in counts.items() if times >= IN_VAIN}

    def roles_in_vain(self, shown: Sequence[Element]) -> set[tuple[str, str]]:
        """Kinds and roles of what was done to IN_VAIN different elements or more where all looked as it does now: a
        third of them hardly does more."""
        now = _look(shown)
        counts = Counter((kind, element[0]) for kind, element in {each[1:] for each in self.did if each[0] == now})
        return {action for action, times in counts.items() if times >= IN_VAIN}

    def names_acted_on(self) -> list[str]:
        """In order."""
        return [name for _, name, _ in self.acted]

    def has_acted_on(self, element: Identity) -> bool:
        """Also in what it holds or is held by, under the same name: the text in a button is the button."""
        return is_one_of(element, self.acted)

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


def _in_row(element: Element, shown: Sequence[Element]) -> frozenset[str]:
    """Names in the smallest part of the tree around the element that has more than one; none where that is no row, but
    a whole page."""
    for depth in range(len(element.path) - 1, 0, -1):
        names = {each.name for each in shown if each.name and each.path[:depth] == element.path[:depth]}
        if names - {element.name}:
            return frozenset(names) if len(names) <= ROW_NAMES_MAX else frozenset()
    return frozenset()


def is_one_of(element: Identity, others: Collection[Identity]) -> bool:
    """Whether it is one of them, or holds one under the same name, or is held by one."""
    _, name, path = element
    return element in others or any(
        name == its_name != "" and (path[: len(its)] == its or its[: len(path)] == path) for _, its_name, its in others
    )


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
