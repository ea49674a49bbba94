"""The display's bytes, as events in their order; and where a pointer was, whatever kind of device tells it."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest

from aboveboard.recorder.platform.places import Places
from aboveboard.recorder.platform.x11events import RUN_MIN, Changed, Decoder, Edge, KeyState, Moves
from aboveboard.recorder.platform.x11wire import Pointer

OPCODE, XKB = 131, 85


def move(time_ms: int, *values: tuple[int, float], source: int = 4, words: int = 2) -> bytes:
    """A RawMotion with (valuator, value)s. words: of the mask of valuators; the X.Org server sends two."""
    mask = sum(1 << axis for axis, _ in values)
    whole = [math.floor(value) for _, value in values]
    fixed = b"".join(
        struct.pack("<iI", each, round((value - each) * 2**32)) for each, (_, value) in zip(whole, values, strict=True)
    )
    words = words if values else 0
    body = (struct.pack("<I", mask) + bytes(4 * (words - 1)) if words else b"") + fixed + fixed
    return _raw(17, time_ms, 0, source, words, body)


def _raw(evtype: int, time_ms: int, detail: int, source: int = 4, words: int = 0, body: bytes = b"") -> bytes:
    head = struct.pack("<BBHIHHIIHHI4x", 35, OPCODE, 0, len(body) // 4, evtype, 2, time_ms, detail, source, words, 0)
    return head + body


def decoded(data: bytes) -> list[Any]:
    items, used = Decoder(OPCODE, XKB).decode(data)
    assert used == len(data)
    return items


def _flat(items: list[Any]) -> list[tuple[int, float, float]]:
    return [
        (int(t), float(x), float(y))
        for item in items
        if isinstance(item, Moves)
        for t, x, y in zip(item.time_ms, item.x, item.y, strict=True)
    ]


@pytest.mark.parametrize("words", [1, 2])
@pytest.mark.parametrize("began_ms", [0, (1 << 31) - 2, (1 << 32) - 1000])
@pytest.mark.parametrize("n", [1, 3, RUN_MIN - 1, RUN_MIN, RUN_MIN + 1, 5 * RUN_MIN])
def test_short_and_long_runs_are_the_same_movement(n: int, began_ms: int, words: int) -> None:
    wanted = [(began_ms + i, 100 + i / 4, 300 - i / 2) for i in range(n)]
    assert _flat(decoded(b"".join(move(t, (0, x), (1, y), words=words) for t, x, y in wanted))) == wanted


def test_a_hand_that_moves_along_one_axis_in_between_is_one_movement() -> None:
    """Some drivers leave out an axis that stands still, and tell a wheel in between."""
    items = decoded(move(1, (0, 5), (1, 6)) + move(2, (0, 7)) + move(3, (3, 15.0)) + move(4, (0, 8), (1, 9)))
    assert [item.time_ms for item in items] == [[1, 2, 4]]
    assert items[0].x == [5, 7, 8]
    assert math.isnan(items[0].y[1])


def test_an_answer_among_the_events_is_passed_over_and_counted() -> None:
    decoder = Decoder(OPCODE, XKB)
    answer = struct.pack("<BxHI24x4x", 1, 7, 1)
    items, used = decoder.decode(move(1, (0, 5), (1, 6)) + answer + move(2, (0, 7), (1, 8)))
    assert (_flat(items), used, decoder.answers) == ([(1, 5.0, 6.0), (2, 7.0, 8.0)], 2 * 72 + 36, 1)


def test_order_is_kept_between_movement_presses_keys_and_changes() -> None:
    data = (
        move(1, (0, 5), (1, 6)) + _raw(15, 2, 1) + move(3, (0, 7), (1, 8)) + move(4, (0, 1), (1, 1), source=9)
        + struct.pack("<BB6xBBBBBB18x", XKB, 2, 3, 1, 1, 0, 0, 1) + _raw(13, 5, 38) + struct.pack("<B31x", 19)
        + struct.pack("<B31x", 34)
    )  # fmt: skip
    kinds = [item.what if isinstance(item, Changed) else type(item).__name__ for item in decoded(data)]
    assert kinds == ["Moves", "Edge", "Moves", "Moves", "KeyState", "Edge", "windows", "keyboard"]
    assert [item for item in decoded(data) if isinstance(item, KeyState)] == [KeyState(mods=1, group=1)]
    assert [item.detail for item in decoded(data) if isinstance(item, Edge)] == [1, 38]


def test_a_wheel_that_moves_no_pointer_is_no_movement() -> None:
    assert decoded(move(1, (3, 15.0))) == []


def test_an_axis_that_says_nothing_stays_where_it_was() -> None:
    [item] = decoded(move(1, (1, 8)))
    assert math.isnan(item.x[0])
    assert item.y[0] == 8


def test_what_is_not_whole_waits() -> None:
    data = move(1, (0, 5), (1, 6)) + move(2, (0, 7), (1, 8))
    for cut in range(1, 72):
        items, used = Decoder(OPCODE, XKB).decode(data[:-cut])
        assert used == 72
        assert _flat(items) == [(1, 5.0, 6.0)]


class _Display:
    """Stands in for a connection: what devices there are, and where the pointer is."""

    def __init__(self, pointer: Pointer, at: tuple[int, int]) -> None:
        self._pointer, self.at = pointer, at

    def pointers(self) -> dict[int, Pointer]:
        return {4: self._pointer}

    def size(self) -> tuple[int, int]:
        return 1000, 800

    def pointer(self) -> tuple[int, int, int]:
        return *self.at, 0

    def waits(self) -> bool:
        return False


def _places(pointer: Pointer, at: tuple[int, int]) -> tuple[Places, _Display]:
    display = _Display(pointer, at)
    return Places(display), display  # type: ignore[arg-type]


@pytest.mark.parametrize("many", [1, 40])
def test_a_tablet_is_spread_over_the_screen(many: int) -> None:
    places, _ = _places(Pointer("places", (0.0, 65535.0), (0.0, 65535.0)), (5, 5))
    x, y = places.of(Moves(4, [1, 2] * many, [0.0, 65535.0] * many, [32768.0, math.nan] * many), newest=True)
    assert list(x) == [0, 999] * many
    assert list(y) == [400, 400] * many
    assert places.now == (999, 400)


def test_a_mouse_tells_steps_and_the_display_has_the_last_word() -> None:
    places, display = _places(Pointer("steps", (-1.0, -1.0), (-1.0, -1.0)), (500, 400))
    display.at = (512, 380)
    x, y = places.of(Moves(4, [1, 2, 3], [5.0, 5.0, 3.0], [-10.0, -10.0, 0.0]), newest=True)
    assert (x[-1], y[-1]) == (512, 380)
    x, y = places.of(Moves(4, [4, 5], [3.0, 4.0], [math.nan, 2.0]), newest=False)
    assert list(zip(x, y, strict=True)) == [(515, 380), (519, 382)]


def test_a_mouse_at_the_edge_stays_on_the_screen() -> None:
    places, _ = _places(Pointer("steps", (-1.0, -1.0), (-1.0, -1.0)), (990, 790))
    x, y = places.of(Moves(4, np.arange(9), np.full(9, 50.0), np.full(9, 50.0)), newest=False)
    assert (max(x), max(y)) == (999, 799)


@pytest.mark.parametrize("as_list", [True, False])
def test_synthetic_input_tells_either(as_list: bool) -> None:
    places, display = _places(Pointer("either", (-1.0, -1.0), (-1.0, -1.0)), (500, 400))

    def given(xs: list[float], ys: list[float]) -> Moves:
        return Moves(4, list(range(len(xs))), xs, ys) if as_list else Moves(
            4, np.arange(len(xs)), np.array(xs), np.array(ys))  # fmt: skip

    x, _ = places.of(given([100.0, 103.0], [50.0, 60.0]), newest=True)
    assert list(x) == [100, 103]
    display.at = (106, 58)
    x, y = places.of(given([1.0, 2.0], [-1.0, -1.0]), newest=True)
    assert list(zip(x, y, strict=True)) == [(104, 59), (106, 58)]


def test_a_property_that_says_nothing_of_the_front_window_neither_tells_nor_parts_a_movement() -> None:
    def changed(atom: int) -> bytes:
        return struct.pack("<BxHIIIB15x", 28, 0, 1, atom, 0, 0)

    moves = [move(time_ms, (0, 1.0), (1, 2.0)) for time_ms in range(4)]
    data = moves[0] + changed(9) + moves[1] + changed(7) + moves[2] + moves[3]
    items, used = Decoder(OPCODE, XKB, front=7).decode(data)
    assert used == len(data)
    assert [type(item).__name__ for item in items] == ["Moves", "Changed", "Moves"]
    assert [len(item.x) for item in items if isinstance(item, Moves)] == [2, 2]
    assert items[1] == Changed("front")
    assert sum(isinstance(item, Changed) for item in decoded(data)) == 2  # where nothing is named, each tells
