"""Columns come back as they went in, are as narrow as they can be, and bytes that are no column are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.core import columns
from aboveboard.core.columns import decode_column, encode_column
from aboveboard.core.errors import BadInput, Corrupt

VALUES = st.lists(st.integers(-(1 << 29), 1 << 29), min_size=0, max_size=200)


@given(VALUES, st.sampled_from([1, 1000]))
def test_a_column_comes_back(values: list[int], unit: int) -> None:
    column = np.array(values, dtype=np.int64) // unit * unit
    data = encode_column(column)
    assert decode_column(data, len(values)).tolist() == column.tolist()
    if values:
        assert columns.last_value(data, len(values)) == column[-1]


@given(st.lists(st.integers(-(1 << 29), 1 << 29), min_size=1, max_size=columns.SHORT))
def test_a_few_values_are_encoded_as_many_are(values: list[int]) -> None:
    column = np.array(values, dtype=np.int64)
    before = columns.SHORT
    columns.SHORT = 0
    try:
        long = encode_column(column)
    finally:
        columns.SHORT = before
    assert encode_column(column) == long


def test_a_smooth_movement_takes_a_byte_a_value() -> None:
    t = np.arange(1000, dtype=np.int64) * 8000
    assert len(encode_column(t)) == 5 + 999


@pytest.mark.parametrize("n", [2, 100])
def test_steps_wider_than_32_bits_are_refused(n: int) -> None:
    column = np.zeros(n, dtype=np.int64)
    column[-1] = 1 << 33
    with pytest.raises(BadInput):
        encode_column(column + 1)


@given(st.binary(max_size=40), st.integers(0, 40))
def test_bytes_that_are_no_column_are_refused_or_have_n_values(data: bytes, n: int) -> None:
    try:
        values = decode_column(data, n)
    except Corrupt:
        return
    assert len(values) == n


@given(st.lists(st.lists(st.integers(-(1 << 29), 1 << 29), min_size=60, max_size=60), min_size=1, max_size=3),
       st.integers(1, 60), st.sampled_from([1, 1000]))  # fmt: skip
def test_columns_together_are_what_each_is_alone(rows: list[list[int]], n: int, unit: int) -> None:
    together = [np.array(row[:n], dtype=np.int64) // unit * unit for row in rows]
    assert columns.encode_columns(*together) == tuple(encode_column(each) for each in together)


def test_smooth_columns_together_are_what_each_is_alone() -> None:
    for n in (columns.JOINT_MIN, 64, columns.SHORT):
        at = np.arange(n, dtype=np.int64)
        paths = (at * 8000, (at * at // 7).astype(np.int32), (at * 200).astype(np.int32), at * 0)
        assert columns.encode_columns(*paths) == tuple(encode_column(each) for each in paths)
