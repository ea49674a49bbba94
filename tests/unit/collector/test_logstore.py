"""The log's files: every root and proof at every size is that of the plain tree, whatever was added in which pieces."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.collector.logstore import LogStore, read_tile
from aboveboard.core.errors import Corrupt, Unavailable
from aboveboard.core.frontier import Frontier
from aboveboard.core.merkle import (
    consistency_proof_of_hashes,
    inclusion_proof_of_hashes,
    leaf_hash,
    root_hash,
    root_of_hashes,
)
from aboveboard.core.tiles import encode_bundle, entries_path, tile_path

SIZE = 66_000  # three levels
LEAVES = [b"%d" % n for n in range(SIZE)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]


def add(store: LogStore, until: int) -> None:
    store.extend(LEAVES[store.size : until], HASHES[store.size : until])


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> LogStore:
    store = LogStore(tmp_path_factory.mktemp("big"))
    for until in (1, 2, 255, 256, 257, 1000, 5000, 65_536, SIZE):
        add(store, until)
    return store


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 4096, 65_535, 65_536, 65_537, SIZE])
def test_roots_and_proofs_are_those_of_the_plain_tree(size: int, big: LogStore) -> None:
    rng, hashes = random.Random(size), HASHES[:size]
    assert big.root(size) == root_of_hashes(hashes)
    for index in {0, size - 1, *(rng.randrange(size) for _ in range(4))}:
        assert big.inclusion(index, size) == inclusion_proof_of_hashes(hashes, index)
    for old in {1, size, *(rng.randrange(1, size + 1) for _ in range(4))}:
        assert big.consistency(old, size) == (consistency_proof_of_hashes(hashes, old) if old < size else [])
    assert big.consistency(0, size) == []


def test_a_restarted_store_is_the_same(big: LogStore) -> None:
    again = LogStore(big.folder)
    assert (again.size, again.root(), again.frontier().root()) == (SIZE, big.root(), big.root())
    assert again.entries(250, 600) == LEAVES[250:600]
    assert again.inclusion(300, SIZE) == inclusion_proof_of_hashes(HASHES, 300)


@settings(max_examples=25, deadline=None)
@given(pieces=st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_the_pieces_do_not_matter(pieces: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    store, tree = LogStore(tmp_path_factory.mktemp("log")), Frontier()
    for piece in pieces:
        before = store.size
        add(store, before + piece)
        tree.extend(HASHES[before : store.size])
        assert store.root() == tree.root() == store.frontier().root() == root_hash(LEAVES[: store.size])
    assert store.entries(0, store.size) == LEAVES[: store.size]
    assert LogStore(store.folder).root() == store.root()


def test_a_frontier_needs_a_root_for_each_full_subtree() -> None:
    with pytest.raises(ValueError, match="2 full subtrees"):
        Frontier(3, [bytes(32)])


def test_a_partial_tile_goes_when_its_successor_is_there_and_can_still_be_had(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    add(store, 100)
    partial = read_tile(tmp_path, tile_path(0, 0, 100))
    add(store, 300)
    assert store.outgrown() == [tmp_path / "tile/entries/000.p", tmp_path / "tile/0/000.p"]
    assert (tmp_path / tile_path(0, 0, 100)).is_file(), "not before a newer checkpoint is served"
    store.prune(store.outgrown())
    assert not (tmp_path / tile_path(0, 0, 100)).exists()
    assert partial == b"".join(HASHES[:100])
    assert read_tile(tmp_path, tile_path(0, 0, 100)) == partial
    assert read_tile(tmp_path, entries_path(0, 100)) == encode_bundle(LEAVES[:100])
    assert read_tile(tmp_path, tile_path(0, 1, 45)) is None
    for path in (".state/tree", "tile/0/../../.state/tree", "tile/0/0"):
        assert read_tile(tmp_path, path) is None


def test_after_a_failed_write_nothing_is_taken_over_and_it_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LogStore(tmp_path)
    add(store, 10)
    root = store.root()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="No space left"):
            add(store, 600)
    assert (store.size, store.root()) == (10, root)
    assert not list(tmp_path.rglob("*.tmp")), "no half-written file stays"
    add(store, 600)
    assert store.root() == root_hash(LEAVES[:600])


@pytest.mark.parametrize("name", ["tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1", ".state/tree"])
def test_a_damaged_edge_stops_the_log(name: str, tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    add(store, 300)
    path = tmp_path / name
    data = bytearray(path.read_bytes())
    data[2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(Corrupt, match="restore"):
        LogStore(tmp_path)
    path.unlink()
    if name != ".state/tree":
        with pytest.raises(Corrupt, match="missing"):
            LogStore(tmp_path)
