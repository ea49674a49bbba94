"""Coarse frames as tiles that are stored once. Specified in docs/spec/segment.md. Pure.

    grid   8 bytes for each tile of 32 x 32 samples, row by row: the first 8 of SHA-256 of the tile's bytes
    tile   form || colours || places in them, see `encode_tile`

A frame names all of its tiles and holds those that no earlier frame of its chunk holds, so a chunk shows its frames by
itself. A sample has 16 levels of each colour: 4096 colours, as the coarse picture has.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from aboveboard.core.errors import Corrupt
from aboveboard.core.events import U8, Box, Crop, Frame, KeptEvent

SCALE = 4  # pixels of the screen to a sample, each way
TILE = 32  # samples
NAME_BYTES = 8
SAMPLES_MAX = 4_000_000
TILE_BYTES_MAX = 1 + 2 * TILE * TILE
PICTURE_BYTES_MAX = 1 << 20
_HALF = 8  # a level's middle
_RAW = 16  # form: a colour for each sample
U16: TypeAlias = npt.NDArray[np.uint16]
Kept = TypeVar("Kept", bound=KeptEvent)


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """A coarse frame, put together. pixels: uint8 (ceil(height / 4), ceil(width / 4), 3) of box; missing: how many of
    its tiles are gone, and grey."""

    t_us: int
    seen_us: int
    box: Box
    pixels: U8
    missing: int = 0


def sampled_size(box: Box) -> tuple[int, int]:
    """(rows, columns) of samples."""
    return -(-box[3] // SCALE), -(-box[2] // SCALE)


def name_of(tile: bytes) -> bytes:
    return hashlib.sha256(tile).digest()[:NAME_BYTES]


# ---------------------------------------------------------------- writing


def encode_frame(t_us: int, seen_us: int, box: Box, pixels: U8) -> Frame:
    """pixels: (rows, columns, 3), in the middle of 16 levels each. The frame with every tile it names, each once."""
    levels = (pixels >> 4).astype(np.uint16)
    colours = (levels @ np.array([256, 16, 1], dtype=np.uint16)).astype(np.uint16)
    grid, tiles = [], {}
    for rows, columns in _places(colours.shape):
        tile = encode_tile(colours[rows, columns].ravel())
        name = name_of(tile)
        grid.append(name)
        tiles[name] = tile
    return Frame(t_us, seen_us, box, b"".join(grid), tuple(tiles.values()))


def encode_tile(colours: U16) -> bytes:
    """colours: (n,) of 0xRGB, row by row. One colour is itself; up to 256 are listed, ascending, and then named in 1,
    2, 4 or 8 bits each; more stand as they are."""
    listed, places = np.unique(colours, return_inverse=True)
    n = len(listed)
    if n == 1:
        return b"\0" + struct.pack("<H", int(listed[0]))
    if n > 256:
        return bytes([_RAW]) + colours.astype("<u2").tobytes()
    bits = next(b for b in (1, 2, 4, 8) if n <= 1 << b)
    return bytes([bits, n - 1]) + listed.astype("<u2").tobytes() + _pack(places.astype(np.uint8), bits)


def _pack(places: U8, bits: int) -> bytes:
    """The first in the highest bits."""
    each = np.unpackbits(places[:, None], axis=1)[:, 8 - bits :]
    return np.packbits(each.ravel()).tobytes()


def _places(shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    for top in range(0, shape[0], TILE):
        for left in range(0, shape[1], TILE):
            yield slice(top, min(top + TILE, shape[0])), slice(left, min(left + TILE, shape[1]))


# ---------------------------------------------------------------- storing each tile once


def thinned(events: Sequence[Kept], known: set[bytes]) -> tuple[Kept, ...]:
    """The same without the tiles whose names are known; those that stay are known from now on."""
    out = []
    for event in events:
        if isinstance(event, Frame):
            new = {name_of(tile): tile for tile in event.tiles}
            event = msgspec.structs.replace(event, tiles=tuple(new[name] for name in new if name not in known))
            known.update(new)
        out.append(event)
    return tuple(out)


def whole_again(events: Sequence[Kept], gone: Iterable[KeptEvent]) -> tuple[Kept, ...]:
    """When `gone` leave a chunk, frames that stay get back the tiles they named of theirs, and no other."""
    homeless = {name_of(tile): tile for event in gone if isinstance(event, Frame) for tile in event.tiles}
    if not homeless:
        return tuple(events)
    out = []
    for event in events:
        if isinstance(event, Frame):
            taken = [homeless.pop(name) for name in dict.fromkeys(_names(event.grid)) if name in homeless]
            event = msgspec.structs.replace(event, tiles=(*event.tiles, *taken))
        out.append(event)
    return tuple(out)


def _names(grid: bytes) -> list[bytes]:
    return [grid[at : at + NAME_BYTES] for at in range(0, len(grid), NAME_BYTES)]


# ---------------------------------------------------------------- reading


def frames_of(events: Iterable[KeptEvent]) -> list[SeenFrame | Crop]:
    """What pictures the events of a chunk, a segment or a session hold, by the time they were seen.

    Crops are as they were kept (WebP bytes, or withheld with the reason). Raises Corrupt for a frame or tile that
    breaks the specification.
    """
    tiles: dict[bytes, bytes] = {}
    seen: list[SeenFrame | Crop] = []
    for event in events:
        if isinstance(event, Frame):
            tiles |= {name_of(tile): tile for tile in event.tiles}
            seen.append(decode_frame(event, tiles))
        elif isinstance(event, Crop):
            if len(event.picture) > PICTURE_BYTES_MAX or bool(event.picture) == bool(event.withheld):
                raise Corrupt("a crop is too large, or neither there nor withheld")
            seen.append(event)
    return sorted(seen, key=lambda each: each.seen_us)


def decode_frame(frame: Frame, tiles: Mapping[bytes, bytes]) -> SeenFrame:
    """tiles: by name, of this frame and those before it. Raises Corrupt."""
    rows, columns = sampled_size(frame.box)
    if min(rows, columns) < 1 or rows * columns > SAMPLES_MAX:
        raise Corrupt("a frame has no size that a screen can have")
    places = list(_places((rows, columns)))
    names = _names(frame.grid)
    if len(frame.grid) != NAME_BYTES * len(places):
        raise Corrupt("a frame's grid does not fit its box")
    colours = np.full((rows, columns), 0x777, dtype=np.uint16)
    missing = 0
    for (down, across), name in zip(places, names, strict=True):
        tile = tiles.get(name)
        if tile is None:
            missing += 1
            continue
        shape = (down.stop - down.start, across.stop - across.start)
        colours[down, across] = decode_tile(tile, shape[0] * shape[1]).reshape(shape)
    levels = np.stack([colours >> 8 & 15, colours >> 4 & 15, colours & 15], axis=-1).astype(np.uint8)
    return SeenFrame(frame.t_us, frame.seen_us, frame.box, levels * 16 + _HALF, missing)


def decode_tile(tile: bytes, n: int) -> U16:
    """(n,) of 0xRGB. Raises Corrupt."""
    form = tile[0] if tile else -1
    if form == 0 and len(tile) == 3:
        found = np.full(n, struct.unpack("<H", tile[1:])[0], dtype=np.uint16)
    elif form == _RAW and len(tile) == 1 + 2 * n:
        found = np.frombuffer(tile, "<u2", offset=1).astype(np.uint16)
    elif form in (1, 2, 4, 8) and len(tile) >= 2:
        listed = tile[1] + 1
        start = 2 + 2 * listed
        if len(tile) != start + -(-n * form // 8) or listed < 2:
            raise Corrupt("a tile of a frame has another length than its form says")
        bits = np.unpackbits(np.frombuffer(tile, np.uint8, offset=start))[: n * form].reshape(n, form)
        places = (bits * (1 << np.arange(form - 1, -1, -1))).sum(axis=1)
        if int(places.max(initial=0)) >= listed:
            raise Corrupt("a tile of a frame names a colour it does not list")
        found = np.frombuffer(tile, "<u2", listed, 2).astype(np.uint16)[places]
    else:
        raise Corrupt("a tile of a frame has no known form")
    if int(found.max(initial=0)) > 0xFFF:
        raise Corrupt("a tile of a frame holds a colour that is none")
    return found
