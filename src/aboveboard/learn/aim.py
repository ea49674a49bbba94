"""Where to point at in a thing that others may cover, or that what it scrolls in cuts off."""

from __future__ import annotations

from collections.abc import Sequence

from aboveboard.core.events import Box, Element
from aboveboard.desktop.hit import common, contains
from aboveboard.desktop.seen import INTERACTIVE
from aboveboard.learn.examples import BESIDE_PX, CELLS, THIRDS, spot

_THIRDS = range(len(BESIDE_PX), len(BESIDE_PX) + THIRDS)
_INSIDE = tuple(down * CELLS + across for down in _THIRDS for across in _THIRDS)


def aim(elements: Sequence[Element], index: int, place: int) -> tuple[int, int]:
    """The place, as `spot` has it, in as much of the thing as what holds it lets show; where something else to be acted
    on lies over it, the nearest place in the thing that is free. What comes later in a page is drawn over what came
    before."""
    target = elements[index]
    if place not in _INSIDE:
        return spot(target.box, place)
    box = _shown(target, elements)
    point = spot(box, place)
    over = [each.box for each in elements if _may_cover(each, target)]
    if not _covered(point, over):
        return point
    others = sorted((spot(box, each) for each in _INSIDE), key=lambda at: _apart(at, point))
    return next((at for at in others if not _covered(at, over)), point)


def _shown(target: Element, elements: Sequence[Element]) -> Box:
    """Its box within the boxes of what holds it; one that it lies wholly outside of lets it overflow."""
    box = target.box
    for each in elements:
        if each is not target and each.path == target.path[: len(each.path)]:
            inner = common(box, each.box)
            box = inner if inner[2] > 0 and inner[3] > 0 else box
    return box


def _may_cover(other: Element, target: Element) -> bool:
    n = min(len(other.path), len(target.path))
    return other.role in INTERACTIVE and other.path > target.path and other.path[:n] != target.path[:n]


def _covered(point: tuple[int, int], boxes: Sequence[Box]) -> bool:
    return any(contains(box, *point) for box in boxes)


def _apart(one: tuple[int, int], other: tuple[int, int]) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])
