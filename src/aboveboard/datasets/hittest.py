"""Which element lies at a place, and which of a scene's elements is meant by another reading of the same tree."""

from __future__ import annotations

from collections.abc import Sequence

from aboveboard.core.events import Element
from aboveboard.core.overlays import FLOATING, OVERLAY

# What these say belongs to the control around them: a link's text is not what a person clicks.
TEXT_ROLES = frozenset({"static", "text leaf", "static text"})


# What lies over the rest while it shows, whatever is smaller beneath it.


def contains(element: Element, x: int, y: int) -> bool:
    left, top, width, height = element.box
    return left <= x < left + width and top <= y < top + height


def element_at(elements: Sequence[Element], x: int, y: int) -> Element | None:
    """The smallest element there, the deeper of two alike; for mere text, the control it belongs to, if known. An open
    menu or dialog covers what is not of it."""
    here = [element for element in elements if contains(element, x, y)]
    over = [each.path for each in here if each.role in OVERLAY or FLOATING in each.states]
    if over:
        here = [element for element in here if any(element.path[: len(path)] == path for path in over)]
    if not here:
        return None
    best = min(here, key=lambda element: (element.box[2] * element.box[3], -len(element.path)))
    while best.role in TEXT_ROLES:
        around = [e for e in here if len(e.path) < len(best.path) and best.path[: len(e.path)] == e.path]
        if not around:
            break
        best = max(around, key=lambda element: len(element.path))
    return best


def index_of(target: Element | None, elements: Sequence[Element]) -> int:
    """The place of `target` in a scene, -1 when it is not there.

    The same place in the tree with the same role counts, whatever its name or box now; else the same box and role.
    """
    if target is None:
        return -1
    for index, element in enumerate(elements):
        if (element.path, element.role) == (target.path, target.role) and element.box == target.box:
            return index
    for index, element in enumerate(elements):
        if target.path and (element.path, element.role) == (target.path, target.role):
            return index
    for index, element in enumerate(elements):
        if (element.box, element.role) == (target.box, target.role):
            return index
    return -1
