"""Pictures in the spool: each tile once in a chunk, and gone when what it was seen in is forgotten."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aboveboard.core.events import Crop, Frame, Gap, Redacted
from aboveboard.core.frames import SeenFrame, encode_frame, frames_of
from aboveboard.recorder.spool.spool import Spool

BOX = (0, 0, 400, 300)
S = 1_000_000


def frame(t_us: int, red: int) -> Redacted:
    pixels = np.full((75, 100, 3), 8, dtype=np.uint8)
    pixels[:40, :40, 0] = red * 16 + 8
    return Redacted(encode_frame(t_us, t_us - S // 2, BOX, pixels), "chromium")


def crop(t_us: int) -> Redacted:
    return Redacted(Crop(t_us, t_us - S // 2, t_us - S // 4, BOX, b"webp"), "chromium")


def put(spool: Spool, start_us: int, *items: Redacted) -> None:
    spool.append(
        list(items), session="5" * 32, policy="p" * 64, consent="c" * 64, epoch="e" * 32, start_us=start_us,
        end_us=start_us + S,
    )  # fmt: skip


def test_tiles_are_stored_once_in_a_chunk_and_again_in_the_next(tmp_path: Path) -> None:
    spool = Spool(tmp_path, bytes(32))
    put(spool, 0, frame(S // 2, 5), frame(S - 1, 6))
    put(spool, S, frame(S + 1, 5))
    spool.fold()
    put(spool, 2 * S, frame(2 * S + 1, 5))
    [(_, first), (_, second)] = spool.chunks()
    assert [len(event.tiles) for event in first.events if isinstance(event, Frame)] == [5, 4, 0]
    assert [len(event.tiles) for event in second.events if isinstance(event, Frame)] == [5]
    assert all(isinstance(seen, SeenFrame) and not seen.missing for seen in frames_of(first.events))


def test_forgetting_takes_pictures_of_what_was_seen_then_also_from_a_later_chunk(tmp_path: Path) -> None:
    spool = Spool(tmp_path, bytes(32))
    put(spool, 0, frame(S - 1, 5))
    spool.fold()
    put(spool, S, frame(S + 1, 6), crop(S + 2), frame(2 * S - 1, 7), crop(2 * S - 1))
    spool.forget(0, S - S // 4)
    pictures = [seen.t_us for _, chunk in spool.chunks() for seen in frames_of(chunk.events)]
    assert pictures == [2 * S - 1, 2 * S - 1]
    assert any(isinstance(event, Gap) for _, chunk in spool.chunks() for event in chunk.events)


def test_forgetting_what_came_before_leaves_later_pictures(tmp_path: Path) -> None:
    spool = Spool(tmp_path, bytes(32))
    put(spool, 0, frame(S - 1, 5))
    put(spool, S, frame(2 * S - 1, 5))
    spool.forget(0, S)
    [(_, chunk)] = spool.chunks()
    [seen] = frames_of(chunk.events)
    assert isinstance(seen, SeenFrame)
    assert seen.missing == 0
    assert len(np.unique(seen.pixels)) == 2


def test_forgetting_an_app_takes_every_frame_for_it_may_show_the_app_beside_another(tmp_path: Path) -> None:
    spool = Spool(tmp_path, bytes(32))
    put(spool, 0, frame(S - 1, 5), crop(S - 1))
    spool.forget(0, S, "xterm")
    [(_, chunk)] = spool.chunks()
    assert [type(seen) for seen in frames_of(chunk.events)] == [Crop]
