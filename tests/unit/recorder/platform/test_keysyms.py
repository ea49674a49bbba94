"""A key has one name, the one that X itself gives it."""

from __future__ import annotations

import pytest

from aboveboard.recorder.platform.keysyms import name_of


@pytest.mark.parametrize(("keysym", "name"), [
    (0xFF55, "Prior"), (0xFF56, "Next"), (0xFF9A, "KP_Prior"), (0xFF9B, "KP_Next"), (0xFF7E, "Mode_switch"),
    (0xFFC8, "F11"), (0x27, "apostrophe"), (0x60, "grave"), (0xFF0D, "Return"), (0x010020AC, "U+20AC"),
])  # fmt: skip
def test_of_two_names_for_one_key_the_one_that_x_gives(keysym: int, name: str) -> None:
    assert name_of(keysym) == name
