"""Inner nodes of full tiles, for proofs: a tile holds its 256 lowest hashes, the rest is worked out and remembered.

Of each tile the 16 nodes above 16 hashes each are kept (512 bytes): a proof then takes about 30 hashes a tile
instead of 255. Bounded, whatever the log's size: what falls out is read and worked out again.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path

from aboveboard.core.errors import Corrupt
from aboveboard.core.merkle import HASH_BYTES
from aboveboard.core.tiles import WIDTH, tile_path
from aboveboard.wire.durable import read_bounded

TILE_BYTES = WIDTH * HASH_BYTES
TILES_CACHED_MAX = 64  # 512 KiB of whole tiles
MIDDLES_CACHED_MAX = 1 << 15  # 16 MiB: the middle nodes of a log of eight million entries
MIDDLE_HEIGHT = 4


def fold(hashes: bytes, width: int = 1) -> bytes:
    """The `width` roots over equal runs of the hashes, one behind the other. Both numbers are powers of two."""
    sha256, pair = hashlib.sha256, 2 * HASH_BYTES
    while len(hashes) > width * HASH_BYTES:
        hashes = b"".join([sha256(b"\x01" + hashes[i : i + pair]).digest() for i in range(0, len(hashes), pair)])
    return hashes


class TileNodes:
    """Nodes of full tiles under one folder. Not for several threads at once: the caller locks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tiles: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._middles: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def complete(self, level: int, tile: int, hashes: bytes) -> bytes:
        """The root of a tile that has just become full; remembers its middle nodes."""
        return fold(self._remember_middles(level, tile, hashes))

    def node(self, level: int, first: int, height: int) -> bytes:
        """The root over hashes first .. first + 2**height - 1 of a level, which all lie in one full tile.

        Raises Corrupt when the tile is damaged.
        """
        tile, at = divmod(first, WIDTH)
        if height >= MIDDLE_HEIGHT:
            source, at, height = self._middle(level, tile), at >> MIDDLE_HEIGHT, height - MIDDLE_HEIGHT
        else:
            source = self._tile(level, tile)
        return fold(source[at * HASH_BYTES : (at + (1 << height)) * HASH_BYTES])

    def _tile(self, level: int, tile: int) -> bytes:
        data = self._tiles.get((level, tile))
        if data is None:
            path = tile_path(level, tile)
            data = read_bounded(self._folder / path, TILE_BYTES)
            if data is None or len(data) != TILE_BYTES:
                raise Corrupt(f"the log's {path} is missing or damaged: restore the folder from a copy")
            _put(self._tiles, (level, tile), data, TILES_CACHED_MAX)
        return data

    def _middle(self, level: int, tile: int) -> bytes:
        return self._middles.get((level, tile)) or self._remember_middles(level, tile, self._tile(level, tile))

    def _remember_middles(self, level: int, tile: int, hashes: bytes) -> bytes:
        middles = fold(hashes, WIDTH >> MIDDLE_HEIGHT)
        _put(self._middles, (level, tile), middles, MIDDLES_CACHED_MAX)
        return middles


def _put(cache: OrderedDict[tuple[int, int], bytes], key: tuple[int, int], value: bytes, number_max: int) -> None:
    cache[key] = value
    if len(cache) > number_max:
        cache.popitem(last=False)
