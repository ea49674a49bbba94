"""Where a named column crosses a named row: a place on a grid, a cell of a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aboveboard.core.events import Element
from aboveboard.learn.relations import like

Flags = npt.NDArray[np.bool_]
MATES = 2  # so many others of its role in line make a heading
NEAR_PX = 20  # how far the middle of what it heads may lie from a heading's
_OFF_PX = 6  # and a heading's from those in line with it


def crossings(shown: Sequence[Element], spans: Sequence[Sequence[tuple[int, int]]]) -> Flags:
    """(n, 2): is in the column of what an earlier word names and the row of what a later one names; the other way
    round. spans: (n,) where the whole name of each stands in the instruction."""
    n = len(shown)
    found = np.zeros((n, 2), dtype=bool)
    named = [i for i in range(n) if spans[i]]
    if len(named) < 2:
        return found
    middles = np.array([(x + w / 2, y + h / 2) for x, y, w, h in (each.box for each in shown)])
    roles = np.array([each.role for each in shown])
    kinds = np.array([like(each) for each in shown])
    places = [(first, h) for h in named for first, _ in spans[h]]
    columns, rows = ([(at, _headed(h, axis, middles, roles, kinds)) for at, h in places] for axis in (0, 1))
    for at, column in columns:
        for also_at, row in rows:
            if at != also_at:
                found[:, 0 if at < also_at else 1] |= column & row
    return found


def _headed(
    h: int, axis: int, middles: npt.NDArray[np.float64], roles: npt.NDArray[np.str_], kinds: npt.NDArray[np.str_]
) -> Flags:
    """(n,) Which elements h heads: those of each kind that are nearest to its line. axis: 0 for a column."""
    n = len(middles)
    in_line = (roles == roles[h]) & (np.abs(middles[:, 1 - axis] - middles[h, 1 - axis]) <= _OFF_PX)
    headed = np.zeros(n, dtype=bool)
    if in_line.sum() - 1 < MATES:
        return headed
    away = np.abs(middles[:, axis] - middles[h, axis])
    for kind in np.unique(kinds[roles != roles[h]]):
        its = kinds == kind
        headed |= its & (away <= min(away[its].min() + 1, NEAR_PX))
    return headed
