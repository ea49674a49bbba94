"""What of a page lies over the rest of it: menus, lists and dialogs that a page puts on top of its other content.

Boxes don't tell which of two is on top, and no toolkit tells an order of painting. But its own hit test follows it; so
where boxes of two branches of the tree overlap, and only there, it is asked at a point that both hold.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from aboveboard.core.events import Box
from aboveboard.desktop.atspi import Bus, Node, at_point
from aboveboard.desktop.hit import common

JUTS_PX = 2  # rounding
OVERLAP_PX = 4
ASKED_MAX = 4  # new points a reading
PLACES = 2  # of a branch: where nothing of it lies on top in so many, it is taken to lie beneath
NOWHERE: Node = ("", "")
# The first answer of Chromium is a guess; it then asks the page, and knows when it is asked again.
ANSWER_S, ANSWERS = 0.012, 3
KNOWN_S, KNOWN_MAX = 1.0, 256
# Their boxes are those of their lines taken together: what lies beside them in the same line seems covered.
_INLINE = frozenset({"static", "text leaf", "label", "link"})


class Placed(Protocol):
    """A node of a tree that was read, parents before children. box: on the screen."""

    node: Node
    path: tuple[int, ...]
    role: str
    box: Box
    children: list[Node]


class Overlays:
    """Of one connection. Not for several threads at once."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._known: dict[tuple[Node, Node, Box], tuple[float, Node | None]] = {}
        self._left = 0  # how many points may be asked for yet
        self.asked = False  # whether anything overlapped, so that it had to be known what lies on top

    def roots(self, document: Node, nodes: Sequence[Placed], kept: Sequence[Placed]) -> set[tuple[int, ...]]:
        """Paths of the branches that lie over something of another branch. kept: what people see of the nodes."""
        by_node = {each.node: each.path for each in nodes}
        over: set[tuple[int, ...]] = set()
        self._left = ASKED_MAX
        # What comes later is painted later, unless the page says otherwise: where that lies on top, it need not be
        # asked of what is under it.
        for root in reversed(list(_candidates(nodes))):
            known = 0
            for mine, other in _overlapped(root, [each for each in kept if not _within_any(each.path, over)]):
                found = by_node.get(self._known_at(document, root, other, common(mine.box, other.box)) or NOWHERE)
                if found is not None and found[: len(root.path)] == root.path:
                    over.add(root.path)
                    break
                known += found is not None
                if known == PLACES:
                    break
        return over

    def _known_at(self, document: Node, root: Placed, other: Placed, place: Box) -> Node | None:
        """What lies in the middle of this place; None when there is no time left to ask."""
        self.asked = True
        now, key = time.monotonic(), (root.node, other.node, place)
        since, found = self._known.get(key, (-KNOWN_S, None))
        if now - since > KNOWN_S and self._left:
            self._left -= 1
            found = self._at(document, place[0] + place[2] // 2, place[1] + place[3] // 2)
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[key] = now, found
        return found

    def _at(self, document: Node, x: int, y: int) -> Node | None:
        """What the toolkit says lies there, once it says so twice."""
        before: Node | None = None
        for _ in range(ANSWERS):
            [found] = self._bus.calls([(document, at_point(x, y))])
            if found == before:
                break
            before = found
            time.sleep(ANSWER_S)
        return before


def _overlapped(root: Placed, kept: Sequence[Placed]) -> Iterator[tuple[Placed, Placed]]:
    """(something in this branch, something of another that it overlaps)."""
    n = len(root.path)
    mine = [each for each in kept if each.path[:n] == root.path]
    if not mine:
        return
    for other in kept:
        if other.path[:n] != root.path and root.path[: len(other.path)] != other.path:
            under = next((each for each in mine if _overlap(each.box, other.box)), None)
            if under is not None:
                yield under, other


def _within_any(path: tuple[int, ...], roots: set[tuple[int, ...]]) -> bool:
    return any(path[: len(root)] == root for root in roots)


def _candidates(nodes: Iterable[Placed]) -> Iterator[Placed]:
    """What holds others, and juts out of what holds it or overlaps a sibling."""
    boxes: dict[tuple[int, ...], Box] = {}
    siblings: dict[tuple[int, ...], list[Placed]] = {}
    for each in nodes:
        boxes[each.path] = each.box
        if each.path and each.children and each.role not in _INLINE and each.box[2] > 0:
            siblings.setdefault(each.path[:-1], []).append(each)
    for path, children in siblings.items():
        holder, across = boxes[path], _crossing(children)
        yield from (child for child in children if id(child) in across or (holder[2] > 0 and _juts(child.box, holder)))


def _crossing(children: list[Placed]) -> set[int]:
    """The ids of those that overlap another. Mostly none do, which is seen from top to bottom."""
    found: set[int] = set()
    ordered = sorted(children, key=lambda each: each.box[1])
    for i, one in enumerate(ordered):
        bottom = one.box[1] + one.box[3] - OVERLAP_PX
        for other in ordered[i + 1 :]:
            if other.box[1] > bottom:
                break
            if _overlap(one.box, other.box):
                found |= {id(one), id(other)}
    return found


def _juts(box: Box, holder: Box) -> bool:
    return (
        box[0] < holder[0] - JUTS_PX or box[0] + box[2] > holder[0] + holder[2] + JUTS_PX
        or box[1] < holder[1] - JUTS_PX or box[1] + box[3] > holder[1] + holder[3] + JUTS_PX
    )  # fmt: skip


def _overlap(one: Box, other: Box) -> bool:
    _, _, width, height = common(one, other)
    return width >= OVERLAP_PX and height >= OVERLAP_PX
