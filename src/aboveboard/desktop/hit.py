"""What lies at a point of a window, as far as its tree says."""

from __future__ import annotations

from aboveboard.core.events import Box, ObservedElement, Snapshot
from aboveboard.core.overlays import FLOATING, OVERLAY
from aboveboard.desktop.seen import INTERACTIVE, POPUP, TEXT_INSIDE

_ON_POPUPS = OVERLAY | {"list item", "option", "table cell", "tree item", "list box", "tool tip"}


def hit(snapshot: Snapshot, x: int, y: int, popup: Box | None = None) -> ObservedElement | None:
    """The smallest element at a point; for a text inside something one acts on, that something. None: nothing known.

    popup: the window there, when it is another than the one in front: what lies beneath it is not what was hit.
    """
    under = [each for each in snapshot.elements if contains(each.box, x, y)]
    if popup is not None:
        under = [each for each in under if _within(each.box, popup) and _pops_up(each)]
    over = [each.path for each in under if each.role in OVERLAY or FLOATING in each.states]
    if over:
        under = [each for each in under if any(each.path[: len(path)] == path for path in over)]
    if not under:
        return None
    best = min(under, key=lambda each: (each.box[2] * each.box[3], each.role not in INTERACTIVE, -len(each.path)))
    if best.role in TEXT_INSIDE:
        above = [each for each in under if each.role in INTERACTIVE and best.path[: len(each.path)] == each.path]
        if above:
            return max(above, key=lambda each: len(each.path))
    return best


def _within(box: Box, other: Box) -> bool:
    """Whether it lies in the other, give or take a border."""
    return (
        other[0] - 2 <= box[0] and box[0] + box[2] <= other[0] + other[2] + 2
        and other[1] - 2 <= box[1] and box[1] + box[3] <= other[1] + other[3] + 2
    )  # fmt: skip


def _pops_up(element: ObservedElement) -> bool:
    return element.role in _ON_POPUPS or (bool(element.path) and element.path[0] >= POPUP)


def contains(box: Box, x: int, y: int) -> bool:
    """Whether a point lies in it."""
    return box[0] <= x < box[0] + box[2] and box[1] <= y < box[1] + box[3]


def common(one: Box, other: Box) -> Box:
    """What lies in both; its width or height is not above zero where nothing does."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[0] + one[2], other[0] + other[2]), min(one[1] + one[3], other[1] + other[3])
    return left, top, right - left, bottom - top
