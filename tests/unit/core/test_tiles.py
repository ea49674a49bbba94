"""Where tiles lie: the paths of the specification, and bundles that hold exactly what they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.tiles import (
    TilePlace,
    encode_bundle,
    entries_path,
    parse_bundle,
    parse_tile_path,
    tile_path,
    tiles_of,
)


def test_paths_are_those_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert entries_path(0, 5) == "tile/entries/000.p/5"
    assert tile_path(1, 2, 256) == "tile/1/002"


@given(st.integers(0, 5), st.integers(0, 10**9), st.integers(0, 256))
def test_every_path_written_is_one_and_only_way(level: int, index: int, width: int) -> None:
    place = parse_tile_path(tile_path(level, index, width))
    assert place == TilePlace(level, index, width or 256)


@pytest.mark.parametrize("path", ["tile/0/x000/001", "tile/0/1", "tile/8/001", "tile/0/../../etc", "tile/0/001.p/256",
                                  "tile/0/001.p/0", "/tile/0/001", "tile/0/001\n"])  # fmt: skip
def test_other_ways_to_write_a_place_are_not_tile_paths(path: str) -> None:
    assert parse_tile_path(path) is None


def test_a_tree_of_65537_has_three_levels() -> None:
    tiles = tiles_of(65537)
    assert len([t for t in tiles if t[0] == 0]) == 257
    assert (0, 256, 1) in tiles
    assert (1, 0, 256) in tiles
    assert (2, 0, 1) in tiles
    assert sum(width for level, _, width in tiles if level == 0) == 65537


@given(st.lists(st.binary(max_size=50), max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    assert parse_bundle(encode_bundle(entries), len(entries)) == entries


def test_a_bundle_cut_short_or_too_long_is_corrupt() -> None:
    data = encode_bundle([b"one", b"two"])
    for bad, count in ((data[:-1], 2), (data, 1), (data, 3), (data + b"\0", 2)):
        with pytest.raises(Corrupt):
            parse_bundle(bad, count)
    with pytest.raises(BadInput):
        encode_bundle([b""] * 257)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=8), st.data())
def test_a_bundle_with_a_flipped_bit_is_corrupt_or_holds_other_entries(
    entries: list[bytes], data: st.DataObject
) -> None:
    bundle = bytearray(encode_bundle(entries))
    bit = data.draw(st.integers(0, len(bundle) * 8 - 1))
    bundle[bit // 8] ^= 1 << bit % 8
    try:
        assert parse_bundle(bytes(bundle), len(entries)) != entries
    except Corrupt:
        return


@given(st.text(alphabet="tile/0123456789x.pentrs", max_size=40))
def test_a_path_is_a_tiles_only_when_it_is_written_as_we_write_it(path: str) -> None:
    place = parse_tile_path(path)
    assert place is None or place.path() == path
