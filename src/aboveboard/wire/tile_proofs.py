"""Proofs made by a reader from a log's published tiles (C2SP tlog-tiles), trusting none of them.

What comes out is a proof like any other, verified against roots that are known: a wrong tile only makes it fail.
A consistency proof takes about two tiles for each level: a laptop can afford it at every new checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable

from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.merkle import HASH_BYTES, node_hash, root_of_hashes, split
from aboveboard.core.tiles import WIDTH, tile_path

TILE_BYTES = WIDTH * HASH_BYTES


class TileReader:
    """Reads the tree of `size` entries. fetch: a tile's bytes by its path; raises when it can't be had."""

    def __init__(self, size: int, fetch: Callable[[str], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], bytes] = {}

    def consistency(self, old: int) -> list[bytes]:
        """RFC 6962 2.1.2 PROOF(old, D[0:size]). Raises BadInput for no such size, Corrupt for a malformed tile."""
        if not 0 < old <= self._size:
            raise BadInput(f"no consistency proof from size {old} to {self._size}")
        return self._subproof(old, 0, self._size, True)

    def _subproof(self, old: int, low: int, high: int, whole: bool) -> list[bytes]:
        if old == high:
            return [] if whole else [self._root(low, high)]
        middle = low + split(high - low)
        if old <= middle:
            return [*self._subproof(old, low, middle, whole), self._root(middle, high)]
        return [*self._subproof(old, middle, high, False), self._root(low, middle)]

    def _root(self, low: int, high: int) -> bytes:
        """RFC 6962 MTH(D[low:high]); low is a multiple of the largest power of two not above high - low."""
        count = high - low
        if count & (count - 1) == 0:
            level, rest = divmod(count.bit_length() - 1, 8)
            first = low >> (8 * level)
            return root_of_hashes([self._hash(level, first + i) for i in range(1 << rest)])
        middle = low + split(count)
        return node_hash(self._root(low, middle), self._root(middle, high))

    def _hash(self, level: int, index: int) -> bytes:
        tile, at = divmod(index, WIDTH)
        data = self._tiles.get((level, tile))
        if data is None:
            width = min((self._size >> (8 * level)) - tile * WIDTH, WIDTH)
            data = self._fetch(tile_path(level, tile, width))
            if len(data) != width * HASH_BYTES:
                raise Corrupt(f"tile {tile} of level {level} has {len(data)} bytes, not {width * HASH_BYTES}")
            self._tiles[level, tile] = data
        return data[at * HASH_BYTES : (at + 1) * HASH_BYTES]
