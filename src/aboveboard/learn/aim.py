"""Where to point at in a thing that others may cover."""

from __future__ import annotations

from collections.abc import Sequence

from aboveboard.core.events import Box, Element
from aboveboard.desktop.hit import contains
from aboveboard.desktop.seen import INTERACTIVE
from aboveboard.learn.examples import BESIDE_PX, CELLS, THIRDS, spot

_THIRDS = range(len(BESIDE_PX), len(BESIDE_PX) + THIRDS)
_INSIDE = tuple(down * CELLS + across for down in _THIRDS for across in _THIRDS)


def aim(elements: Sequence[Element], index: int, place: int) -> tuple[int, int]:
    """The place, as `spot` has it; where something else to be acted on lies over it, the nearest place in the thing
    that is free. What comes later in a page is drawn over what came before."""
    target = elements[index]
    point = spot(target.box, place)
    over = [each.box for each in elements if _may_cover(each, target)]
    if place not in _INSIDE or not _covered(point, over):
        return point
    others = sorted((spot(target.box, each) for each in _INSIDE), key=lambda at: _apart(at, point))
    return next((at for at in others if not _covered(at, over)), point)


def _may_cover(other: Element, target: Element) -> bool:
    n = min(len(other.path), len(target.path))
    return other.role in INTERACTIVE and other.path > target.path and other.path[:n] != target.path[:n]


def _covered(point: tuple[int, int], boxes: Sequence[Box]) -> bool:
    return any(contains(box, *point) for box in boxes)


def _apart(one: tuple[int, int], other: tuple[int, int]) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])
