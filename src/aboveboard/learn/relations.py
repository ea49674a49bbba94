"""How elements lie to each other: across, down, and in the tree. Ids for biases that the policy learns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aboveboard.core.events import Element

# Edges in pixels between the buckets of a distance, either way; a line of text is 12 to 25 high.
_EDGES = np.array([-160, -80, -40, -20, -8, 8, 20, 40, 80, 160])
OFFSETS = len(_EDGES) + 1
KIN = 7  # none, same, parent or above, child or below, sibling, cousin, second cousin
RELATIONS = OFFSETS * OFFSETS * KIN


def relations(shown: Sequence[Element]) -> npt.NDArray[np.int64]:
    """(n, n): how far j's middle lies to the right of i's, how far below it, and how j is kin to i in the tree, as one
    number below RELATIONS: (across * OFFSETS + down) * KIN + kin."""
    boxes = np.array([element.box for element in shown], dtype=np.int64).reshape(-1, 4)
    x, y = boxes[:, 0] + boxes[:, 2] // 2, boxes[:, 1] + boxes[:, 3] // 2
    across = np.digitize(x[None, :] - x[:, None], _EDGES)
    down = np.digitize(y[None, :] - y[:, None], _EDGES)
    kin = _kin([element.path for element in shown])
    return ((across * OFFSETS + down) * KIN + kin).astype(np.int64)


def _kin(paths: Sequence[tuple[int, ...]]) -> npt.NDArray[np.int64]:
    """By the length of the path that two elements share."""
    n, longest = len(paths), max((len(path) for path in paths), default=0)
    table = np.full((n, longest + 1), -1, dtype=np.int64)
    for i, path in enumerate(paths):
        table[i, : len(path)] = path
    depth = np.array([len(path) for path in paths])
    equal = (table[:, None, :] == table[None, :, :]) & (table[:, None, :] >= 0)
    same = np.minimum.accumulate(equal, axis=2).sum(axis=2)
    mine, theirs = depth[:, None], depth[None, :]
    up, over = mine - same, theirs - same  # steps from each to the ancestor they share
    kin = np.zeros((n, n), dtype=np.int64)
    kin[(up <= 3) & (over <= 3)] = 6
    kin[(up <= 2) & (over <= 2)] = 5
    kin[(up == 1) & (over == 1)] = 4
    kin[(up == 0) & (over > 0)] = 3
    kin[(up > 0) & (over == 0)] = 2
    kin[(up == 0) & (over == 0)] = 1
    return kin
