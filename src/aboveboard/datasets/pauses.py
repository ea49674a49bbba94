"""What a person did by not moving: waits, and hovers that opened something.

Both are read from the time between two actions, so they are found last and only where no gap lies between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from aboveboard.core.events import Element
from aboveboard.datasets.hittest import element_at, index_of
from aboveboard.datasets.vocabulary import Action, Gaps, Path

WAIT_US = 3_000_000  # shorter is reading or thinking within one motion
REST_US = 150_000  # hover menus open after 0 to 300 ms
SAME_PLACE_PX = 6
OPENING_ROLES = frozenset({"menu", "menu item", "menu bar"})
OPENING_STATES = frozenset({"expandable", "expanded", "has popup"})


def with_hovers_and_waits(actions: Sequence[Action], pointer: Path, gaps: Gaps) -> list[Action]:
    """`actions` (by start) with the hovers and waits between them put in."""
    out: list[Action] = list(actions[:1])
    for before, after in pairwise(actions):
        if not gaps.touch(before.end_us, after.start_us) and after.kind != "done":
            between = [*_hovers(before, after), *_waits(before, after, pointer)]
            out += sorted(between, key=lambda action: action.start_us)
        out.append(after)
    return out


def _waits(before: Action, after: Action, pointer: Path) -> Iterator[Action]:
    """The stretches between two actions in which nothing moved at all for WAIT_US."""
    moved = pointer.between(before.end_us, after.start_us).t_us
    instants = np.concatenate(([before.end_us], moved, [after.start_us]))
    for index in np.flatnonzero(np.diff(instants) >= WAIT_US):
        yield Action(
            "wait", int(instants[index]), int(instants[index + 1]), scene_index=before.scene_index,
            elements=before.elements, app=before.app, site=before.site, window=before.window,
        )  # fmt: skip


def _hovers(before: Action, after: Action) -> Iterator[Action]:
    """Rests over something that opens, before acting on what was not visible at the action before."""
    if after.element is None or after.scene_index in (-1, before.scene_index) or not before.elements:
        return
    if index_of(after.element, before.elements) >= 0 and _named(after.element, before.elements):
        return  # it was there already: nothing had to open
    path = after.path
    for index in np.flatnonzero(np.diff(path.t_us) >= REST_US):
        x, y = int(path.x[index]), int(path.y[index])
        if before.x is not None and before.y is not None and np.hypot(x - before.x, y - before.y) <= SAME_PLACE_PX:
            continue  # still where the last click was
        element = element_at(before.elements, x, y)
        if element is None or not _opens(element) or index_of(element, after.elements) < 0:
            continue
        yield Action(
            "hover", int(path.t_us[index]), int(path.t_us[index + 1]), x, y, element=element, element_guessed=True,
            scene_index=before.scene_index, elements=before.elements, app=after.app, site=after.site,
            window=after.window,
        )  # fmt: skip


def _opens(element: Element) -> bool:
    return element.role in OPENING_ROLES or not OPENING_STATES.isdisjoint(element.states)


def _named(element: Element, elements: Sequence[Element]) -> bool:
    return any((element.role, element.name) == (other.role, other.name) for other in elements)
