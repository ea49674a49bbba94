"""Arrow columns back as what a Step holds, column by column: a value asked of Arrow alone costs more than all the rest.

The inverse of `arrays`. Where a file has nothing in a place that a Step fills, it is Corrupt: Parquet's nested fields
may always be empty, whatever the schema says of the column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa

from aboveboard.core.errors import Corrupt
from aboveboard.core.events import Element
from aboveboard.datasets.arrays import ELEMENT, PICTURE
from aboveboard.datasets.pictures import Picture


def values_in(column: pa.Array) -> list[Any]:
    """One value a row: None, int, str, bytes, Element, Picture, or a tuple of them. Raises Corrupt."""
    kind = column.type
    if kind.equals(ELEMENT):
        return _structs(column, _elements)
    if kind.equals(PICTURE):
        return _structs(column, _pictures)
    if pa.types.is_list(kind):
        return _lists(column)
    if pa.types.is_string(kind):
        return _words(column)
    whole = pa.types.is_integer(kind) and not column.null_count
    values: list[Any] = column.to_numpy().tolist() if whole else column.to_pylist()
    return values


def _words(column: pa.Array) -> list[str | None]:
    """Each word is made once, however many rows have it."""
    encoded = column.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    if encoded.null_count:
        return [None if place is None else words[place] for place in encoded.indices.to_pylist()]
    return [words[place] for place in encoded.indices.to_numpy().tolist()]


def _full(column: pa.Array) -> list[Any]:
    if column.null_count:
        raise Corrupt("a list or an element in it has an empty place")
    return values_in(column)


def _lists(column: pa.ListArray) -> list[tuple[Any, ...]]:
    offsets = column.offsets.to_numpy()
    first, last = int(offsets[0]), int(offsets[-1])
    values = _full(column.values.slice(first, last - first))
    return [tuple(values[begun:end]) for begun, end in pairwise((offsets - first).tolist())]


def _structs(column: pa.StructArray, made: Callable[[list[pa.Array]], Sequence[Any]]) -> list[Any]:
    if not column.null_count:
        return list(made(column.flatten()))
    here = column.is_valid()
    values = iter(made(column.filter(here).flatten()))
    return [next(values) if each else None for each in here.to_pylist()]


def _elements(fields: list[pa.Array]) -> list[Element]:
    roles, names, boxes, states, paths = map(_full, fields)
    if any(len(box) != 4 for box in boxes):
        raise Corrupt("an element's box in it is not x, y, width, height")
    return list(map(Element, roles, names, boxes, states, paths))


def _pictures(fields: list[pa.Array]) -> list[Picture]:
    data, path = fields
    return list(map(Picture, _full(data), values_in(path)))
