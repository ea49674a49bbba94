"""How elements lie to each other: across, down, in the tree, in rows and columns, and which belongs to which.

Two forms: `relations` are ids of coarse buckets, `ties` are named facts of a pair. Both are biases that the policy
learns to use; through ties, what the instruction names reaches what stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from aboveboard.core.events import Element

I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# Edges in pixels between the buckets of a distance, either way; a line of text is 12 to 25 high.
_EDGES = np.array([-160, -80, -40, -20, -8, 8, 20, 40, 80, 160])
OFFSETS = len(_EDGES) + 1
KIN = 7  # none, same, parent or above, child or below, sibling, cousin, second cousin
RELATIONS = OFFSETS * OFFSETS * KIN

# ties[t, i, j]: for element i, j is ...
ROW: Final = 0  # beside it
COLUMN: Final = 1  # above or below it
RIGHT: Final = 2  # the next beside it, to the right
LEFT: Final = 3
BELOW: Final = 4  # the next below it
ABOVE: Final = 5
CLOSE: Final = 6  # of all, what shares most of its place in the tree
OWNER: Final = 7  # nearer in the tree to it than to others like it: the name in front of the button of a row
OWNED: Final = 8  # the same, the other way round
NEAREST: Final = 9  # nearer on the screen to it than to any other like it
NEAREST_OF: Final = 10
ALIKE: Final = 11  # of the same role and name
NEXT: Final = 12  # the next of its role
PREVIOUS: Final = 13
TIES = 14
_SLACK_PX = 2
_DIGITS = re.compile(r"(?:(?<!\w)-)?\d+")


def relations(shown: Sequence[Element]) -> I64:
    """(n, n): how far j's middle lies to the right of i's, how far below it, and how j is kin to i in the tree, as one
    number below RELATIONS: (across * OFFSETS + down) * KIN + kin."""
    boxes = _boxes(shown)
    x, y = boxes[:, 0] + boxes[:, 2] // 2, boxes[:, 1] + boxes[:, 3] // 2
    across = np.digitize(x[None, :] - x[:, None], _EDGES)
    down = np.digitize(y[None, :] - y[:, None], _EDGES)
    depth, same = _shared([element.path for element in shown])
    return ((across * OFFSETS + down) * KIN + _kin(depth, same)).astype(np.int64)


def ties(shown: Sequence[Element], apart: Sequence[bool]) -> Flags:
    """(TIES, n, n). apart: (n,) what is tied to nothing."""
    n = len(shown)
    found = np.zeros((TIES, n, n), dtype=bool)
    if not n:
        return found
    boxes = _boxes(shown)
    _lines(boxes, found)
    _, same = _shared([element.path for element in shown])
    near = same.copy()
    np.fill_diagonal(near, -1)
    found[CLOSE] = (near == near.max(axis=1, keepdims=True)) & (near > near.min())
    tied = ~np.asarray(apart, dtype=bool)
    likes, roles = [like(each) for each in shown], [each.role for each in shown]
    gaps = _gaps(boxes)
    for names in (likes, roles):
        for members in _classes(names, tied):
            if len(members) > 1:
                _belonging(members, same, gaps, found)
    found[OWNED], found[NEAREST_OF] = found[OWNER].T, found[NEAREST].T
    alike = _numbered([f"{each.role}\0{each.name}" for each in shown])
    found[ALIKE] = alike[:, None] == alike[None, :]
    for members in _classes(roles, tied):
        found[NEXT, members[:-1], members[1:]] = True
        found[PREVIOUS, members[1:], members[:-1]] = True
    found &= tied[None, :, None] & tied[None, None, :]
    found[:, np.arange(n), np.arange(n)] = False
    return found


def like(element: Element) -> str:
    """What elements share that are the same thing in several rows: role, and name but for numbers."""
    return f"{element.role}\0{_DIGITS.sub('0', element.name)}"


def _boxes(shown: Sequence[Element]) -> I64:
    return np.array([element.box for element in shown], dtype=np.int64).reshape(-1, 4)


def _numbered(names: Sequence[str]) -> I64:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _classes(names: Sequence[str], tied: Flags) -> list[I64]:
    groups: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        if tied[i]:
            groups.setdefault(name, []).append(i)
    return [np.array(each, dtype=np.int64) for each in groups.values()]


def _lines(boxes: I64, found: Flags) -> None:
    """Rows, columns, and the next one each way."""
    left, top, width, height = boxes.T
    right, bottom = left + width, top + height
    over_y = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    over_x = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    low, high = np.minimum(height[:, None], height), np.maximum(height[:, None], height)
    beside = (over_x <= _SLACK_PX) & (2 * over_y >= low) & (high <= 3 * low)
    stacked = (over_y <= _SLACK_PX) & (2 * over_x >= np.minimum(width[:, None], width))
    found[ROW], found[COLUMN] = beside, stacked
    gap_x, gap_y = left[None, :] - right[:, None], top[None, :] - bottom[:, None]
    for which, there, gap in (
        (RIGHT, beside & (gap_x >= -_SLACK_PX), gap_x), (LEFT, beside & (gap_x.T >= -_SLACK_PX), gap_x.T),
        (BELOW, stacked & (gap_y >= -_SLACK_PX), gap_y), (ABOVE, stacked & (gap_y.T >= -_SLACK_PX), gap_y.T),
    ):  # fmt: skip
        far = np.where(there, gap, 1 << 20)
        found[which] = there & (far == far.min(axis=1, keepdims=True))


def _gaps(boxes: I64) -> I64:
    """Pixels between two boxes, across and down together."""
    left, top, width, height = boxes.T
    right, bottom = left + width, top + height
    across = np.maximum(np.maximum(left[None, :] - right[:, None], left[:, None] - right[None, :]), 0)
    down = np.maximum(np.maximum(top[None, :] - bottom[:, None], top[:, None] - bottom[None, :]), 0)
    gaps: I64 = across + down
    return gaps


def _belonging(members: I64, same: I64, gaps: I64, found: Flags) -> None:
    """Which of those that are like each other each element belongs to."""
    n = same.shape[0]
    shared = same[members].copy()  # (k, n)
    shared[np.arange(len(members)), members] = -1  # not to itself
    most = shared.max(axis=0)
    own = shared == most
    others = shared.copy()
    others[others < 0] = n + DEPTH_ANY
    found[OWNER, members] |= own & (most > others.min(axis=0))[None, :]
    gap = gaps[members].copy()
    gap[np.arange(len(members)), members] = 1 << 20
    near = gap == gap.min(axis=0)
    found[NEAREST, members] |= near & (near.sum(axis=0) == 1)[None, :]


DEPTH_ANY = 1 << 10  # deeper than any tree


def _shared(paths: Sequence[tuple[int, ...]]) -> tuple[I64, I64]:
    """Each path's length (n,), and the length of what two of them share (n, n)."""
    n, longest = len(paths), max((len(path) for path in paths), default=0)
    table = np.full((n, longest + 1), -1, dtype=np.int64)
    for i, path in enumerate(paths):
        table[i, : len(path)] = path
    equal = (table[:, None, :] == table[None, :, :]) & (table[:, None, :] >= 0)
    same = np.minimum.accumulate(equal, axis=2).sum(axis=2)
    return np.array([len(path) for path in paths], dtype=np.int64), same.astype(np.int64)


def _kin(depth: I64, same: I64) -> I64:
    """By the length of the path that two elements share."""
    up, over = depth[:, None] - same, depth[None, :] - same  # steps from each to the ancestor they share
    kin = np.zeros(same.shape, dtype=np.int64)
    kin[(up <= 3) & (over <= 3)] = 6
    kin[(up <= 2) & (over <= 2)] = 5
    kin[(up == 1) & (over == 1)] = 4
    kin[(up == 0) & (over > 0)] = 3
    kin[(up > 0) & (over == 0)] = 2
    kin[(up == 0) & (over == 0)] = 1
    return kin
