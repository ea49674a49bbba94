"""Integer columns: differences as narrow as they are, byte-shuffled; the segment's zstd does the rest.

A column of n >= 1 values is one byte of form, the first value as a little-endian int32, and n - 1 differences of 2**w
bytes each: all first bytes, then all second bytes, and so on (byte-shuffle as in Blosc). The form: bits 0 and 1 are w
(0, 1, 2); bit 2: values are in thousands (a display's milliseconds as microseconds); bit 3: the differences' own
differences stand there, beginning from 0 (a hand goes on as it went). A column of no values has no bytes.
"""

from __future__ import annotations

import math
import struct
from array import array
from operator import mul, sub

import numpy as np

from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.events import I32, I64

VALUES_MAX = 1 << 20
SHORT = 128  # values up to which lists are quicker than arrays
# Values from which several short columns are quicker as one array. What is done once a second finds little of numpy in
# the processor's caches, so that arrays win only where they do by far.
JOINT_MIN = 64
THOUSANDS, TWICE = 4, 8
_KINDS = ("<i1", "<i2", "<i4")
_INT32_MAX = 0x7FFFFFFF
_HEAD = struct.Struct("<Bi")


def encode_column(values: I64 | I32 | list[int]) -> bytes:
    """values: shape (n,), steps within int32. Raises BadInput for wider steps."""
    if len(values) <= SHORT:
        short = values if isinstance(values, list) else values.tolist()
        return _encode_short(short) if short else b""
    values = np.asarray(values, dtype=np.int64)
    form = 0
    if len(values) > 1 and not (values % 1000).any():
        form, values = THOUSANDS, values // 1000
    first = int(values[0])
    steps = np.diff(values)
    if steps.size > 2:
        turns = np.diff(steps, prepend=np.int64(0))
        if np.abs(turns).sum() < np.abs(steps).sum():
            form, steps = form | TWICE, turns
    w = _width(max(int(steps.max()), -int(steps.min())) if steps.size else 0, first)
    return _HEAD.pack(form | w, first) + steps.astype(_KINDS[w]).view(np.uint8).reshape(-1, 1 << w).T.tobytes()


def encode_columns(*columns: I64 | I32 | list[int]) -> tuple[bytes, ...]:
    """encode_column of each; all have the shape (n,). Together, since what an array costs is mostly its being one."""
    n = len(columns[0])
    if not JOINT_MIN <= n <= SHORT or isinstance(columns[0], list):
        return tuple(map(encode_column, columns))
    k = len(columns)
    values = np.empty((k, n), dtype=np.int64)
    for i, column in enumerate(columns):
        values[i] = column
    forms = [0] * k
    for i, second in enumerate(values[:, 1].tolist()):
        if not second % 1000 and not (values[i] % 1000).any():
            forms[i] = THOUSANDS
            values[i] //= 1000
    both = np.empty((2, k, n - 1), dtype=np.int64)  # differences, and their own differences
    steps, turns = both
    np.subtract(values[:, 1:], values[:, :-1], out=steps)
    turns[:, 0] = steps[:, 0]
    np.subtract(steps[:, 1:], steps[:, :-1], out=turns[:, 1:])
    sizes = np.abs(both)
    (plain, twice), widest = sizes.sum(axis=2).tolist(), sizes.max(axis=2).tolist()
    found = []
    for i, first in enumerate(values[:, 0].tolist()):
        which = twice[i] < plain[i]
        w = _width(widest[which][i], first)
        head = _HEAD.pack(forms[i] | w | (TWICE if which else 0), first)
        row = both[int(which), i].astype(_KINDS[w])
        found.append(head + (row.tobytes() if not w else row.view(np.uint8).reshape(-1, 1 << w).T.tobytes()))
    return tuple(found)


def _encode_short(values: list[int]) -> bytes:
    """The same for a few values, for which arrays cost several times as much."""
    form = 0
    if len(values) > 1 and not values[1] % 1000 and not math.gcd(*values) % 1000:
        form, values = THOUSANDS, [value // 1000 for value in values]
    steps = list(map(sub, values[1:], values))
    if len(steps) > 2:
        turns = steps[:1]
        turns += map(sub, steps[1:], steps)
        if sum(map(abs, turns)) < sum(map(abs, steps)):
            form, steps = form | TWICE, turns
    w = _width(max(max(steps), -min(steps)) if steps else 0, values[0])
    if not w:
        return _HEAD.pack(form, values[0]) + array("b", steps).tobytes()
    packed = struct.pack(f"<{len(steps)}{'bhi'[w]}", *steps)
    return _HEAD.pack(form | w, values[0]) + b"".join(packed[k :: 1 << w] for k in range(1 << w))


def _width(widest: int, first: int) -> int:
    """w for steps as wide as that. Raises BadInput."""
    if widest > _INT32_MAX or abs(first) > _INT32_MAX:
        raise BadInput("a step in the column is wider than 32 bits")
    return 0 if widest < 1 << 7 else 1 if widest < 1 << 15 else 2


def decode_column(data: bytes, n: int) -> I64:
    """shape (n,). Raises Corrupt when the form or the length does not fit."""
    if n == 0 and not data:
        return np.empty(0, dtype=np.int64)
    form = data[0] if data else 0xFF
    w = form & 3
    if not 1 <= n <= VALUES_MAX or form > 15 or w > 2 or len(data) != _HEAD.size + (n - 1 << w):
        raise Corrupt(f"a column of {n} values has {len(data)} bytes")
    values = np.empty(n, dtype=np.int64)
    values[0] = _HEAD.unpack_from(data)[1]
    planes = np.frombuffer(data, dtype=np.uint8, offset=_HEAD.size).reshape(1 << w, n - 1)
    steps = np.ascontiguousarray(planes.T).view(_KINDS[w]).reshape(n - 1)
    values[1:] = np.cumsum(steps, dtype=np.int64) if form & TWICE else steps
    values = np.cumsum(values)
    return values * 1000 if form & THOUSANDS else values


def last_value(data: bytes, n: int) -> int:
    """The last of decode_column's, n >= 1; of a few values without an array. Raises Corrupt."""
    form = data[0] if data else 0xFF
    w = form & 3
    if n > SHORT or w > 2 or form > 15 or len(data) != _HEAD.size + (n - 1 << w):
        return int(decode_column(data, n)[-1])
    whole = bytearray(n - 1 << w)
    for k in range(1 << w):
        whole[k :: 1 << w] = data[_HEAD.size + k * (n - 1) : _HEAD.size + (k + 1) * (n - 1)]
    steps = struct.unpack(f"<{n - 1}{'bhi'[w]}", whole)
    risen: int = sum(map(mul, steps, range(n - 1, 0, -1))) if form & TWICE else sum(steps)
    last = int(_HEAD.unpack_from(data)[1]) + risen
    return last * 1000 if form & THOUSANDS else last
