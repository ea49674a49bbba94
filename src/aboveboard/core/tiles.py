"""Where hashes and entries lie in a C2SP tlog-tiles log (c2sp.org/tlog-tiles). Pure.

A tile holds up to 256 hashes of 32 bytes; an entry bundle up to 256 entries, each behind its length as a big-endian
16-bit number. Tile indices are written in groups of three digits, all but the last with an "x": 1234067 is
x001/x234/067. A partial tile of width W has ".p/W" at its end.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.core.errors import BadInput, Corrupt

WIDTH = 256
LEVEL_MAX = 7
ENTRY_BYTES_MAX = 0xFFFF
_PATH = re.compile(
    r"tile/(?P<level>[0-7]|entries)/(?P<index>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


def _index_path(index: int) -> str:
    if index < 0:
        raise BadInput(f"there is no tile {index}")
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def _width_suffix(width: int) -> str:
    if not 0 <= width <= WIDTH:
        raise BadInput(f"a tile is no {width} wide")
    return f".p/{width}" if width % WIDTH else ""


def tile_path(level: int, index: int, width: int = 0) -> str:
    """Path of a hash tile; width 0 or 256 means full."""
    if not 0 <= level <= LEVEL_MAX:
        raise BadInput(f"there is no level {level} of tiles")
    return f"tile/{level}/{_index_path(index)}{_width_suffix(width)}"


def entries_path(index: int, width: int = 0) -> str:
    """Path of an entry bundle; width 0 or 256 means full."""
    return f"tile/entries/{_index_path(index)}{_width_suffix(width)}"


@dataclass(frozen=True, slots=True)
class TilePlace:
    """Where a path leads. level: None for an entry bundle; width: 256 for a full tile."""

    level: int | None
    index: int
    width: int = WIDTH

    def path(self) -> str:
        if self.level is None:
            return entries_path(self.index, self.width)
        return tile_path(self.level, self.index, self.width)


def parse_tile_path(path: str) -> TilePlace | None:
    """None unless `path` is the one way to write a tile's or bundle's place: safe to map to a file."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    level = None if found["level"] == "entries" else int(found["level"])
    place = TilePlace(level, int(found["index"].replace("x", "").replace("/", "")), int(found["width"] or WIDTH))
    return place if place.width <= WIDTH and place.path() == path else None


def tiles_of(size: int) -> list[tuple[int, int, int]]:
    """(level, index, width) of every hash tile of a tree of `size` entries; width 256 for full ones."""
    found = []
    level, hashes = 0, size
    while hashes > 0 and level <= LEVEL_MAX:
        found += [(level, index, min(WIDTH, hashes - index * WIDTH)) for index in range(-(-hashes // WIDTH))]
        level, hashes = level + 1, hashes // WIDTH
    return found


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Up to 256 entries of up to 65,535 bytes. Raises BadInput for more."""
    if len(entries) > WIDTH or any(len(entry) > ENTRY_BYTES_MAX for entry in entries):
        raise BadInput(f"a bundle holds {WIDTH} entries of {ENTRY_BYTES_MAX} bytes at most")
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def parse_bundle(data: bytes, count: int) -> list[bytes]:
    """Exactly `count` entries. Raises Corrupt when there are more, fewer, or one is cut off."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        if len(entries) == count:
            raise Corrupt(f"the entry bundle holds more than {count} entries")
        if at + 2 > len(data):
            raise Corrupt("the entry bundle is cut off")
        (length,) = struct.unpack_from(">H", data, at)
        entry = data[at + 2 : at + 2 + length]
        if len(entry) != length:
            raise Corrupt("the entry bundle is cut off")
        entries.append(entry)
        at += 2 + length
    if len(entries) != count:
        raise Corrupt(f"the entry bundle holds {len(entries)} entries, not {count}")
    return entries
