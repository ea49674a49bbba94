"""Windows' source without Windows: RAWINPUT structures byte for byte, and UI Automation's elements."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from aboveboard.core.errors import Corrupt
from aboveboard.core.events import Box, ButtonEdge, KeyEdge, Motion, RawInput, WheelStep
from aboveboard.recorder.platform.windows.automation import Node, address, element, visible
from aboveboard.recorder.platform.windows.rawinput import UNKNOWN, Decoder

# Laid out as winuser.h says; not recorded on a Windows machine.
MOVE = bytes.fromhex("0000000030000000 0100000000000000 0000000000000000"
                     "0000 0000 0000 0000 00000000 05000000 fdffffff 00000000")  # fmt: skip
LEFT_DOWN = MOVE[:28] + struct.pack("<HhIiiI", 1, 0, 0, 0, 0, 0)
KEY_A = bytes.fromhex("0100000028000000 0100000000000000 0000000000000000 1e00 0000 0000 4100 00010000 00000000")


def _mouse(flags: int, data: int = 0, dx: int = 0, dy: int = 0) -> bytes:
    return MOVE[:24] + struct.pack("<HxxHhIiiI", 0, flags, data, 0, dx, dy, 0)


def _key(vk: int, scan: int = 0, flags: int = 0) -> bytes:
    return KEY_A[:24] + struct.pack("<HHHHII", scan, flags, 0, vk, 0x100, 0)


@dataclass
class Told:
    """Stands for user32. layout: what a key types alone, with Shift (+), with Alt Gr (~); None: a dead key."""

    at_us: int = 1_000
    place: tuple[int, int] = (640, 360)
    layout: dict[str, str | None] = field(
        default_factory=lambda: {"A": "a", "+A": "A", "Q": "q", "~Q": "@", "\xbf": "/", "\xdc": None, "E": "e"}
    )

    def cursor(self) -> tuple[int, int]:
        return self.place

    def message_us(self) -> int:
        return self.at_us

    def text(self, virtual_key: int, scan_code: int, held: frozenset[int]) -> str | None:
        level = "~" if held >= {0xA2, 0xA5} else "+" if held & {0xA0, 0xA1} else ""
        return self.layout.get(level + chr(virtual_key), "")


def _decode(*pieces: bytes, told: Told | None = None) -> list[RawInput]:
    decoder = Decoder(told or Told())
    return [event for piece in pieces for event in decoder.decode(piece)]


def test_movement_is_where_the_cursor_is() -> None:
    (moved,) = _decode(MOVE)
    assert isinstance(moved, Motion)
    assert (list(moved.t_us), list(moved.x), list(moved.y)) == ([1000], [640], [360])


def test_buttons_and_both_wheels() -> None:
    edges = _decode(LEFT_DOWN, _mouse(2), _mouse(4), _mouse(8), _mouse(0x10), _mouse(0x40), _mouse(0x100))
    assert [(e.button, e.pressed) for e in edges if isinstance(e, ButtonEdge)] == [
        (1, True), (1, False), (3, True), (3, False), (2, True), (8, True), (9, True),
    ]  # fmt: skip
    wheel = _decode(_mouse(0x400, -120), _mouse(0x400, 240), _mouse(0x800, 120))
    assert [(e.dx, e.dy) for e in wheel if isinstance(e, WheelStep)] == [(0, 1), (0, -2), (1, 0)]


def test_a_fine_wheel_makes_a_notch_of_its_parts_and_loses_none() -> None:
    wheel = _decode(*[_mouse(0x400, -40)] * 7)
    assert [e.dy for e in wheel if isinstance(e, WheelStep)] == [1, 1]


def _keys(*pieces: bytes) -> list[KeyEdge]:
    return [event for event in _decode(*pieces) if isinstance(event, KeyEdge)]


def test_text_is_what_the_layout_makes_and_commands_have_none() -> None:
    (a,) = _keys(KEY_A)
    assert (a.key, a.text, a.pressed, a.repeat) == ("a", "a", True, False)
    shift = _keys(_key(0x10, 0x36), KEY_A)
    assert [(e.key, e.text, e.modifiers) for e in shift] == [
        ("Shift_R", "", frozenset()), ("A", "A", frozenset({"Shift"})),
    ]  # fmt: skip
    control = _keys(_key(0x11), _key(0x43), _key(0xBF))
    assert [(e.key, e.text) for e in control] == [("Control_L", ""), ("c", ""), ("/", "")]
    named = _keys(_key(0x0D), _key(0x0D, flags=2), _key(0x70), _key(0x25, flags=2), _key(0x08))
    assert [e.key for e in named] == ["Return", "KP_Enter", "F1", "Left", "BackSpace"]


def test_alt_gr_types_and_the_right_alt_alone_commands() -> None:
    typed = _keys(_key(0x11), _key(0x12, flags=2), _key(0x51))
    assert (typed[-1].key, typed[-1].text, typed[-1].modifiers) == ("@", "@", frozenset({"AltGr"}))
    alone = _keys(_key(0x12, flags=2), _key(0x51))
    assert (alone[-1].key, alone[-1].text, alone[-1].modifiers) == ("q", "", frozenset({"Alt"}))


@pytest.mark.parametrize("unknown", [_key(0xDC), _key(0xE5), _key(0xE7)])
def test_dead_keys_and_input_methods_make_the_run_unknown(unknown: bytes) -> None:
    (key,) = _keys(unknown)
    assert (key.key, key.text) == (UNKNOWN, "")


def test_repeats_are_told_and_fake_keys_are_none() -> None:
    keys = _keys(KEY_A, KEY_A, _key(0x41, flags=1), KEY_A, _key(0xFF))
    assert [(e.pressed, e.repeat) for e in keys] == [(True, False), (True, True), (False, False), (True, False)]


@pytest.mark.parametrize("n", [0, 1, 23, 24, 47])
def test_bytes_that_are_cut_off_are_refused(n: int) -> None:
    with pytest.raises(Corrupt):
        _decode(MOVE[:n])


@dataclass
class ToldNode:
    control_type: int
    name: str = ""
    box: Box | None = (0, 0, 100, 20)
    is_password: bool = False
    is_enabled: bool = True
    is_offscreen: bool = False
    has_focus: bool = False
    is_focusable: bool = True
    is_read_only: bool = False
    label: str = ""
    value: str = ""
    under: tuple[Node, ...] = ()

    def children(self) -> Sequence[Node]:
        return self.under


def test_elements_have_the_roles_that_redaction_knows_and_a_password_has_no_value() -> None:
    entry = element(ToldNode(50004, "Subject", value="hello", has_focus=True, label="Subject:"))
    assert entry is not None
    assert (entry.role, entry.name, entry.value, entry.label) == ("entry", "Subject", "hello", "Subject:")
    assert entry.states >= {"editable", "focused", "showing"}
    secret = element(ToldNode(50004, "Password", is_password=True, value="hunter2"))
    assert secret is not None
    assert (secret.role, secret.value) == ("password text", "")
    assert element(ToldNode(50000, box=None)) is None
    assert element(ToldNode(50000, is_offscreen=True)) is None


def test_the_visible_tree_and_the_pages_address() -> None:
    page = ToldNode(50030, "Shop", value="https://shop.example/cart", under=(ToldNode(50000, "Buy"),))
    hidden = ToldNode(50026, is_offscreen=True, under=(ToldNode(50000, "Hidden"),))
    root = ToldNode(50032, "Browser", under=(hidden, page))
    assert [(each.name, each.path) for each in visible(root)] == [("Browser", ()), ("Shop", (1,)), ("Buy", (1, 0))]
    assert address(root) == "https://shop.example/cart"
    assert address(ToldNode(50032)) is None
    endless = ToldNode(50026, "x")
    endless.under = (endless,) * 50
    assert len(visible(endless)) == 1500
