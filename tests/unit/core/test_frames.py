"""Coarse frames as tiles: both ways, each tile once, whole after a deletion, nothing malformed taken."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.core.errors import Corrupt
from aboveboard.core.events import U8, Crop, Frame, Gap, KeptEvent
from aboveboard.core.frames import (
    TILE,
    SeenFrame,
    decode_tile,
    encode_frame,
    encode_tile,
    frames_of,
    name_of,
    thinned,
    whole_again,
)

BOX = (0, 0, 400, 300)


def picture(seed: int, colours: int = 6) -> U8:
    generator = np.random.default_rng(seed)
    palette = generator.integers(0, 16, (colours, 3))
    return (palette[generator.integers(0, colours, (75, 100))] * 16 + 8).astype(np.uint8)


def frame(seed: int, t_us: int) -> Frame:
    return encode_frame(t_us + 5, t_us, BOX, picture(seed))


def pixels_of(seen: SeenFrame | Crop) -> U8:
    assert isinstance(seen, SeenFrame)
    return seen.pixels


@given(st.integers(0, 2**32), st.sampled_from([1, 2, 3, 4, 5, 16, 17, 256, 257, 900]), st.integers(1, TILE * TILE))
def test_a_tile_comes_back_as_it_was(seed: int, colours: int, n: int) -> None:
    values = np.random.default_rng(seed).integers(0, min(colours, 4096), n).astype(np.uint16)
    assert decode_tile(encode_tile(values), n).tolist() == values.tolist()


def test_a_frame_comes_back_as_it_was() -> None:
    [seen] = frames_of([frame(1, 10)])
    assert isinstance(seen, SeenFrame)
    assert seen.missing == 0
    assert seen.seen_us == 10
    assert (seen.pixels == picture(1)).all()


def test_a_tile_is_stored_once_and_every_frame_is_whole() -> None:
    changed = picture(1)
    changed[:TILE, :TILE] = 8
    frames = [frame(1, 10), encode_frame(25, 20, BOX, changed), frame(1, 30)]
    known: set[bytes] = set()
    thin = thinned(frames, known)
    assert [len(each.tiles) for each in thin] == [12, 1, 0]
    assert [pixels_of(seen).tolist() for seen in frames_of(thin)] == [
        picture(1).tolist(), changed.tolist(), picture(1).tolist(),
    ]  # fmt: skip


def test_what_stays_after_a_deletion_is_whole_and_what_went_is_gone() -> None:
    first, second, third = thinned([frame(1, 10), frame(2, 20), frame(1, 30)], set())
    events: list[KeptEvent] = [Gap(20, 20, "forgotten"), third]
    kept = whole_again(events, [first, second])
    [seen] = frames_of(kept)
    assert (pixels_of(seen) == picture(1)).all()
    stored = {name_of(tile) for event in kept if isinstance(event, Frame) for tile in event.tiles}
    gone = {name_of(tile) for tile in second.tiles} - {name_of(tile) for tile in frame(1, 0).tiles}
    assert gone
    assert not stored & gone


def test_a_tile_that_is_missing_is_grey_and_counted() -> None:
    [seen] = frames_of([msgspec.structs.replace(frame(1, 10), tiles=())])
    assert isinstance(seen, SeenFrame)
    assert seen.missing == 12
    assert len(np.unique(seen.pixels)) == 1


@pytest.mark.parametrize(
    "bad",
    [b"", b"\0", b"\0\0\0\0", b"\x03\x01\0\0\0\0", b"\x01\x00\0\0", b"\x01\x01\0\0\x01\0", b"\x10\0\0", b"\0\x00\xf0",
     b"\x02\x02\0\0\1\0\2\0\xff\xff"],
)  # fmt: skip
def test_a_malformed_tile_is_refused(bad: bytes) -> None:
    with pytest.raises(Corrupt):
        decode_tile(bad, 8)


@pytest.mark.parametrize(
    "bad",
    [{"grid": b"1234567"}, {"box": (0, 0, 0, 10)}, {"box": (0, 0, 1 << 20, 1 << 20)}, {"box": (0, 0, 800, 300)}],
)
def test_a_malformed_frame_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(Corrupt):
        frames_of([msgspec.structs.replace(frame(1, 10), **bad)])


@pytest.mark.parametrize("bad", [{}, {"picture": b"x", "withheld": "late"}, {"picture": bytes(2 << 20)}])
def test_a_malformed_crop_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(Corrupt):
        frames_of([msgspec.structs.replace(Crop(1, 1, 1, BOX), **bad)])
