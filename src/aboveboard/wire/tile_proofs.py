"""Proofs made by a reader from a log's published tiles (C2SP tlog-tiles), trusting none of them.

What comes out is a proof like any other, verified against roots that are known: a wrong tile only makes it fail.
A consistency proof takes about two tiles for each level: a laptop can afford it at every new checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable

from aboveboard.core.errors import Corrupt
from aboveboard.core.merkle import HASH_BYTES, consistency_path, range_root, root_of_hashes
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
        return consistency_path(old, self._size, lambda low, high: range_root(low, high, self._node))

    def _node(self, first: int, height: int) -> bytes:
        level, rest = divmod(height, 8)
        start = first >> (8 * level)
        return root_of_hashes([self._hash(level, start + i) for i in range(1 << rest)])

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
