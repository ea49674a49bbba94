"""A laptop remembers the log it was shown: it follows one history, and takes no step back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.errors import AboveboardError, Corrupt, Refused, Unavailable
from aboveboard.core.merkle import root_hash, verify_consistency
from aboveboard.recorder.home import Home
from aboveboard.recorder.log_memory import LogMemory
from aboveboard.wire.tile_proofs import TileReader
from tests.support.published import log_files
from tests.support.world import T0_S, World


def _entries(n: int, mark: str = "") -> list[bytes]:
    return [f"{mark}{i}".encode() for i in range(n)]


def _memory(folder: Path, entries: list[bytes]) -> LogMemory:
    files = log_files(entries)
    return LogMemory(Home(folder), lambda path: files[path])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 1200), st.data())
def test_a_proof_made_of_tiles_is_the_trees_own(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    entries = _entries(size)
    files = log_files(entries)
    proof = TileReader(size, lambda path: files[path]).consistency(old)
    verify_consistency(old, size, proof, root_hash(entries[:old]), root_hash(entries))


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(Corrupt, match="not 224"):
        TileReader(7, lambda _: b"x" * 7).consistency(3)


def test_it_follows_one_history(tmp_path: Path) -> None:
    world = World()
    for size in (1, 5, 5, 300, 301, 70_000):
        entries = _entries(size)
        note = world.note(T0_S + size, entries=entries)
        assert _memory(tmp_path, entries).take(note, world.steps).size == size
        assert _memory(tmp_path, entries).note() is not None


@pytest.mark.parametrize(
    ("later", "why"),
    [
        (_entries(299), "rolled back"),
        ([*_entries(299), b"another"], "not a continuation"),
        ([*_entries(299), b"another", b"more"], "not a continuation"),
        (_entries(700, "x"), "not a continuation"),
    ],
)
def test_it_takes_no_other_history_whoever_signed_it(later: list[bytes], why: str, tmp_path: Path) -> None:
    world = World()
    entries = _entries(300)
    first = world.note(entries=entries)
    _memory(tmp_path, entries).take(first, world.steps)
    second = world.note(T0_S + 60, entries=later)
    with pytest.raises(Refused, match=why) as refused:
        _memory(tmp_path, later).take(second, world.steps)
    assert refused.value.reason == "no_quorum"
    assert _memory(tmp_path, entries).note() == first
    kept = sorted(path.read_text("utf-8") for path in tmp_path.glob("evidence/*"))
    assert kept == (sorted([first, second]) if why == "not a continuation" else [])


def test_of_one_tree_the_note_that_tells_most_of_the_time_stays(tmp_path: Path) -> None:
    world, memory = World(), _memory(tmp_path, _entries(5))
    early, late = (world.note(T0_S + hour * 3600, entries=_entries(5)) for hour in (0, 1))
    for note, kept in ((early, early), (late, late), (early, late)):
        memory.take(note, world.steps)
        assert memory.note() == kept


def test_without_a_quorum_or_without_tiles_nothing_is_taken(tmp_path: Path) -> None:
    world = World()
    memory = _memory(tmp_path, _entries(5))
    with pytest.raises(Refused, match="quorum"):
        memory.take(world.note(witnesses=[world.auditor], entries=_entries(5)), world.steps)
    memory.take(world.note(entries=_entries(5)), world.steps)

    def away(path: str) -> bytes:
        raise Unavailable("no connection")

    with pytest.raises(AboveboardError):
        LogMemory(Home(tmp_path), away).take(world.note(entries=_entries(9)), world.steps)
    assert world.charter.check_checkpoint(memory.note() or "")[0].size == 5
