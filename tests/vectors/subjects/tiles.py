"""Where tiles lie and what they hold, C2SP tlog-tiles."""

from __future__ import annotations

import hashlib
from typing import Any

from aboveboard.core.merkle import leaf_hash, root_of_hashes
from aboveboard.core.tiles import WIDTH, encode_bundle, entries_path, tile_path, tiles_of
from tests.vectors.keys import leaves

BAD_PATHS = {
    "tile/0/1": "three digits a group",
    "tile/0/0001": "three digits a group",
    "tile/0/x000/001": "a leading group of zeros",
    "tile/0/x001": "the last group has no x",
    "tile/0/001/067": "all groups but the last have an x",
    "tile/00/001": "a leading zero of the level",
    "tile/8/001": "no tree of 63-bit size has this level",
    "tile/0/001.p/0": "an empty tile",
    "tile/0/001.p/256": "a full tile has no width",
    "tile/0/001.p/07": "a leading zero of the width",
    "tile/entries/../000": "no path leads up",
    "/tile/0/001": "no leading slash",
    "tile/0/001\n": "nothing behind",
}


def _level(hashes: list[bytes], level: int) -> list[bytes]:
    for _ in range(level):
        hashes = [root_of_hashes(hashes[i * WIDTH : (i + 1) * WIDTH]) for i in range(len(hashes) // WIDTH)]
    return hashes


def _tiles(size: int) -> list[dict[str, Any]]:
    entries = leaves(size)
    hashes = [leaf_hash(entry) for entry in entries]
    found = []
    for level, index, width in tiles_of(size):
        data = b"".join(_level(hashes, level)[index * WIDTH : index * WIDTH + width])
        found.append((tile_path(level, index, width), data))
    for index in range(-(-size // WIDTH)):
        part = entries[index * WIDTH : (index + 1) * WIDTH]
        found.append((entries_path(index, len(part)), encode_bundle(part)))
    return [{"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for path, data in found]


def make() -> dict[str, Any]:
    places = [(0, 0, 256), (0, 273, 112), (1, 2, 17), (7, 0, 1), (0, 1234067, 256), (2, 999, 255), (0, 1000, 1)]
    good = [
        {"level": level, "index": index, "width": width, "path": tile_path(level, index, width), "valid": True}
        for level, index, width in places
    ] + [
        {"level": "entries", "index": index, "width": width, "path": entries_path(index, width), "valid": True}
        for index, width in ((0, 1), (0, 256), (1234067, 44))
    ]
    whole = encode_bundle([b"", b"one", b"\xff" * 300])
    return {
        "paths": good + [{"path": path, "valid": False, "why": why} for path, why in BAD_PATHS.items()],
        "bundles": [
            {"entries": ["", b"one".hex(), "ff" * 300], "count": 3, "bundle": whole.hex(), "valid": True},
            {"count": 3, "bundle": whole[:-1].hex(), "valid": False, "why": "cut off in an entry"},
            {"count": 3, "bundle": whole[:1].hex(), "valid": False, "why": "cut off in a length"},
            {"count": 2, "bundle": whole.hex(), "valid": False, "why": "more entries than there should be"},
            {"count": 4, "bundle": whole.hex(), "valid": False, "why": "fewer entries than there should be"},
        ],
        "trees": [{"size": size, "leaves": "leaf <index>", "files": _tiles(size)} for size in (1, 255, 256, 257, 1000)],
    }
