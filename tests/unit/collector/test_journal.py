"""The journal: a torn last frame was never acknowledged and is dropped; damage before it stops the log."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.collector.journal import ROOM_BYTES, Journal, decode_frames, encode_frame
from aboveboard.core.errors import Corrupt, Unavailable

FRAMES = [(0, [b"one"]), (1, [b"two", b"three" * 50, b"\x00"]), (4, [b"ABJ1 in an entry"])]


def filled(path: Path) -> Journal:
    journal = Journal(path)
    assert journal.open() == []
    for first, entries in FRAMES:
        journal.append(first, entries)
    return journal


def test_what_was_appended_is_there_after_a_restart(tmp_path: Path) -> None:
    filled(tmp_path / "journal").close()
    again = Journal(tmp_path / "journal")
    assert again.open() == FRAMES
    again.append(5, [b"x" * 65_535] * (1 + ROOM_BYTES // 65_535))
    again.append(22, [b"small"])
    again.close()
    last = Journal(tmp_path / "journal")
    assert [first for first, _ in last.open()] == [0, 1, 4, 5, 22]
    last.empty()
    last.append(23, [b"anew"])
    last.close()
    assert Journal(tmp_path / "journal").open() == [(23, [b"anew"])]


@given(st.lists(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=5), max_size=5), st.integers(0, 900))
def test_frames_read_back_with_any_room_behind(batches: list[list[bytes]], room: int) -> None:
    frames = [(n * 10, batch) for n, batch in enumerate(batches)]
    data = b"".join(encode_frame(first, entries) for first, entries in frames)
    assert decode_frames(data + bytes(room)) == (frames, len(data))


@given(st.data())
def test_a_torn_last_frame_is_dropped_whichever_of_its_bytes_came(data: st.DataObject) -> None:
    """Any part of it may be missing after a power cut: what did not come is zeros, or the end of the file."""
    good = b"".join(encode_frame(first, entries) for first, entries in FRAMES[:2])
    last = bytearray(encode_frame(*FRAMES[2]))
    missing = data.draw(st.lists(st.tuples(st.integers(0, len(last) - 1), st.integers(1, 20)), min_size=1, max_size=4))
    whole = bytes(last)
    for at, length in missing:
        last[at : at + length] = bytes(len(last[at : at + length]))
    cut = bytes(last)[: data.draw(st.integers(0, len(last)))]
    if cut == whole:
        return
    for room in (b"", bytes(100)):
        frames, length = decode_frames(good + cut + room)
        assert frames[:2] == FRAMES[:2]
        assert len(frames) == 2 or cut + room[: len(whole) - len(cut)] == whole, "zeros may be what was missing"
        assert length >= len(good)


def test_damage_before_the_last_frame_stops_the_log(tmp_path: Path) -> None:
    filled(tmp_path / "journal").close()
    data = (tmp_path / "journal").read_bytes()
    end = sum(len(encode_frame(first, entries)) for first, entries in FRAMES[:2])
    rng = random.Random(2)
    for _ in range(200):
        changed = bytearray(data)
        changed[rng.randrange(end)] ^= 1 << rng.randrange(8)
        (tmp_path / "journal").write_bytes(bytes(changed))
        with pytest.raises(Corrupt, match="restore"):
            Journal(tmp_path / "journal").open()


def test_a_full_disk_takes_nothing_and_can_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = filled(tmp_path / "journal")

    def full(_descriptor: int, _data: bytes, _at: int) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(Unavailable, match="No space left"):
            journal.append(5, [b"lost"])
    journal.append(5, [b"kept"])
    journal.close()
    assert Journal(tmp_path / "journal").open() == [*FRAMES, (5, [b"kept"])]


def test_after_a_failed_sync_nothing_more_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = filled(tmp_path / "journal")

    def broken(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", broken)
        with pytest.raises(Unavailable, match="Input/output"):
            journal.append(5, [b"unknown"])
    with pytest.raises(Unavailable, match="mend the disk"):
        journal.append(5, [b"after"])
