"""Steps as Arrow columns, put together column by column: a scene that many steps share is made once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from typing import Any

import pyarrow as pa

from aboveboard.core.events import Element
from aboveboard.datasets.pictures import Picture

_INT32, _STRING = pa.int32(), pa.string()
_LISTS = pa.list_(_INT32)
_STRINGS = pa.list_(_STRING)
# The values' types, and how their lists are named within a struct.
ELEMENT = pa.struct([("role", _STRING), ("name", _STRING), ("box", _LISTS), ("states", _STRINGS), ("path", _LISTS)])
PICTURE = pa.struct([("bytes", pa.binary()), ("path", _STRING)])
_EMPTY = Element("", "", (0, 0, 0, 0), (), ())


def lists(rows: Sequence[Sequence[Any]], values: pa.DataType) -> pa.Array:
    """One list a row."""
    offsets = pa.array([0, *accumulate(map(len, rows))], _INT32)
    return pa.ListArray.from_arrays(offsets, pa.array(list(chain.from_iterable(rows)), values))


def elements(found: Sequence[Element | None]) -> pa.StructArray:
    """One struct a row, null for None."""
    here = [_EMPTY if each is None else each for each in found]
    columns = [
        pa.array([each.role for each in here], _STRING), pa.array([each.name for each in here], _STRING),
        lists([each.box for each in here], _INT32), lists([each.states for each in here], _STRING),
        lists([each.path for each in here], _INT32),
    ]  # fmt: skip
    return pa.StructArray.from_arrays(columns, fields=list(ELEMENT), mask=_none(found))


def scenes(rows: Iterable[Sequence[Element]]) -> pa.ListArray:
    """One list of structs a row. Rows that hold the same tuple share its making."""
    places: dict[int, int] = {}
    unlike: list[Sequence[Element]] = []
    taken = []
    for row in rows:
        place = places.setdefault(id(row), len(unlike))
        if place == len(unlike):
            unlike.append(row)
        taken.append(place)
    offsets = pa.array([0, *accumulate(map(len, unlike))], _INT32)
    made = pa.ListArray.from_arrays(offsets, elements(list(chain.from_iterable(unlike))))
    return made.take(pa.array(taken, _INT32))


def pictures(found: Sequence[Picture | None]) -> pa.StructArray:
    columns = [
        pa.array([None if each is None else each.data for each in found], pa.binary()),
        pa.array([None if each is None else each.path for each in found], _STRING),
    ]
    return pa.StructArray.from_arrays(columns, fields=list(PICTURE), mask=_none(found))


def _none(found: Sequence[object]) -> pa.Array:
    return pa.array([each is None for each in found], pa.bool_())


def array_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """A column of a dataset."""
    if kind.equals(ELEMENT):
        return elements(values)
    if kind.equals(PICTURE):
        return pictures(values)
    if not pa.types.is_list(kind):
        return pa.array(values, kind)
    return scenes(values) if kind.value_type.equals(ELEMENT) else lists(values, kind.value_type)
