"""Integer columns: delta, byte-shuffle; the segment's zstd does the rest.

A column of n int64 values v is stored as its first differences d[0] = v[0], d[i] = v[i] - v[i-1], as n little-endian
int32, all first bytes first, then all second bytes, and so on (byte-shuffle as in Blosc). Bytes: 4 * n.
"""

from __future__ import annotations

import numpy as np

from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.events import I64

VALUES_MAX = 1 << 20


def encode_column(values: I64) -> bytes:
    """values: shape (n,), differences within int32. Raises BadInput for wider steps."""
    deltas = np.diff(values, prepend=np.int64(0))
    if deltas.size and (deltas.max() > 0x7FFFFFFF or deltas.min() < -0x80000000):
        raise BadInput("a step in the column is wider than 32 bits")
    return deltas.astype("<i4").view(np.uint8).reshape(-1, 4).T.tobytes()


def decode_column(data: bytes, n: int) -> I64:
    """shape (n,). Raises Corrupt when the length does not fit."""
    if not 0 <= n <= VALUES_MAX or len(data) != 4 * n:
        raise Corrupt(f"a column of {n} values has {len(data)} bytes")
    planes = np.frombuffer(data, dtype=np.uint8).reshape(4, n)
    deltas = np.ascontiguousarray(planes.T).view("<i4").reshape(n)
    return np.cumsum(deltas, dtype=np.int64)
