"""The auditor: a bit of a published tile or bundle that was changed is seen, whichever it is; also of earlier sizes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from aboveboard.core.leaves import DeletionAskedLeaf
from aboveboard.core.tiles import encode_bundle, tile_path
from tests.support.audited import LATER_DAY_US, begun, failing, fill, publish, verified


def _flip_every(path: Path, bits: Iterable[int], seen: Callable[[], bool]) -> None:
    honest = path.read_bytes()
    for bit in bits:
        data = bytearray(honest)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(data))
        assert seen(), f"bit {bit} of {path}"
    path.write_bytes(honest)


def _flip_bits(folder: Path, more: int, per_file: int | None, seed: int) -> None:
    """more: entries. per_file: how many bits of each tile and bundle, by chance; None: every one of them."""
    world, signed = begun()
    fill(world)
    for i in range(more):
        world.append(DeletionAskedLeaf(f"{i:064x}", LATER_DAY_US).encode())
    publish(world, signed, folder)
    rng = random.Random(seed)
    paths = [path for path in (folder / "tile").rglob("*") if path.is_file()]
    for path in paths:
        bits = range(path.stat().st_size * 8)
        chosen = bits if per_file is None else rng.sample(bits, per_file)
        _flip_every(path, chosen, lambda: bool(failing(verified(world, folder)) & {"entries", "tiles"}))
    assert verified(world, folder).ok


def test_tiles_of_earlier_sizes_that_a_folder_still_holds_are_held_against_the_entries_too(tmp_path: Path) -> None:
    """Readers with an older checkpoint, and proofs made from it, go by them."""
    world, signed = begun()
    fill(world)
    publish(world, signed, tmp_path)
    bundle, tile = tmp_path / "tile/entries/000.p/2", tmp_path / "tile/0/000.p/2"
    bundle.write_bytes(encode_bundle(world.entries[:2]))
    tile.write_bytes((tmp_path / tile_path(0, 0, len(world.entries))).read_bytes()[:64])
    assert verified(world, tmp_path).ok
    for path in (bundle, tile):
        _flip_every(path, range(0, 64 * 8, 31), lambda: failing(verified(world, tmp_path)) == {"tiles"})


def test_any_single_bit_of_a_tile_or_bundle_that_is_changed_is_seen(tmp_path: Path) -> None:
    """A full bundle, a full tile, and tiles on two levels."""
    _flip_bits(tmp_path, 300, 80, seed=11)


@pytest.mark.prove
@pytest.mark.timeout(7200)
def test_every_single_bit_of_every_tile_and_bundle_is_seen(tmp_path: Path) -> None:
    _flip_bits(tmp_path, 12, None, seed=0)
