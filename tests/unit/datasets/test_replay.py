"""Doing an episode again: in the window's space, gesture for gesture, and never what was redacted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, cast

import pytest

from aboveboard.core.errors import BadInput
from aboveboard.datasets.replay import replay, shift_of, values_of
from aboveboard.datasets.schema import Episode, Step
from aboveboard.desktop.input import Hand


class FakeHand:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.x, self.y = 0, 0
        self.told: list[tuple[Any, ...]] = []

    def move(self, x: int, y: int) -> None:
        self.x, self.y = x, y

    def press_button(self, button: str) -> None:
        self.told.append(("press", self.x, self.y, button))

    def release_button(self, button: str) -> None:
        self.told.append(("release", self.x, self.y, button))

    def drag(self, *places: int) -> None:
        self.told.append(("drag", *places))

    def scroll(self, down: int, across: int) -> None:
        self.told.append(("scroll", self.x, self.y, down, across))

    def type(self, text: str) -> None:
        self.told.append(("type", text))

    def press(self, *keys: str) -> None:
        self.told.append(("keys", *keys))

    @contextlib.contextmanager
    def holding(self, *keys: str) -> Iterator[None]:
        self.told += [("down", *keys)] if keys else []
        yield
        self.told += [("up", *keys)] if keys else []


def _episode(*steps: Step) -> Episode:
    return Episode("e" * 32, "p", "train", "Do", "success", (), (*steps, Step("done", 9, 9)))


def _clicks(x: int, y: int, button: str, times: int) -> list[tuple[Any, ...]]:
    return [("press", x, y, button), ("release", x, y, button)] * times


def test_places_move_with_the_window_and_each_gesture_is_itself() -> None:
    window = (100, 50, 800, 600)
    hand, where = FakeHand(), {"app": "gedit", "window": window}
    episode = _episode(
        Step("triple_click", 0, 1, **where, x=200, y=100, button=1), Step("wait", 1, 2),  # type: ignore[arg-type]
        Step("click", 2, 3, **where, x=201, y=100, button=1, modifiers=("Control",)),  # type: ignore[arg-type]
        Step("right_click", 3, 3, x=202, y=100, button=3), Step("drag", 4, 5, x=10, y=20, end_x=30, end_y=40),
        Step("scroll", 5, 5, x=1, y=2, dy=-3, dx=1), Step("type", 6, 7, text="hi"),
        Step("hotkey", 8, 8, key="s", modifiers=("Control",)),
    )  # fmt: skip
    shift = shift_of(episode, (170, 40, 800, 600))
    assert shift == (70, -10)
    replay(episode, cast("Hand", hand), shift)
    assert hand.told == [
        *_clicks(270, 90, "left", 3), ("down", "Control"), *_clicks(271, 90, "left", 1), ("up", "Control"),
        *_clicks(272, 90, "right", 1), ("drag", 80, 10, 100, 30), ("scroll", 71, -8, -3, 1), ("type", "hi"),
        ("keys", "s", "Control"),
    ]  # fmt: skip


def test_a_hand_that_slips_within_a_click_slips_again() -> None:
    slipped = Step(
        "triple_click", 1000, 6000, x=20, y=30, button=1, path_t=(400, 1000, 3500, 5500), path_x=(18, 20, 21, 20),
        path_y=(30, 30, 30, 31),
    )  # fmt: skip
    hand = FakeHand()
    replay(_episode(slipped), cast("Hand", hand), (100, 0))
    assert hand.told == [
        *_clicks(120, 30, "left", 1), ("press", 120, 30, "left"), ("release", 121, 30, "left"),
        ("press", 121, 30, "left"), ("release", 120, 31, "left"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["<SECRET>", "to <EMAIL_1>"])
def test_what_was_redacted_is_refused_before_anything_is_done(text: str) -> None:
    hand = FakeHand()
    with pytest.raises(BadInput, match="step 1 types"):
        replay(_episode(Step("click", 0, 1, x=1, y=1), Step("type", 2, 3, text=text)), cast("Hand", hand))
    assert hand.told == []


def test_what_the_copy_itself_asks_for_is_typed_and_nothing_else() -> None:
    told = "3 reply to <PERSON_1> with <TEXT_2>, from <PERSON_1>, and keep <SECRET>"
    values = values_of(told, "3 reply to Jilli Vane  with so long, from Jilli Vane, and keep quiet")
    assert values == {"<PERSON_1>": "Jilli Vane", "<TEXT_2>": "so long"}
    hand = FakeHand()
    replay(_episode(Step("type", 0, 1, text="<PERSON_1>: <TEXT_2>!")), cast("Hand", hand), values=values)
    assert hand.told == [("type", "Jilli Vane: so long!")]
    for text in ("<SECRET>", "<PERSON_1> and <PERSON_3>"):
        with pytest.raises(BadInput, match="step 1 types"):
            replay(_episode(Step("wait", 0, 1), Step("type", 2, 3, text=text)), cast("Hand", hand), values=values)
    assert len(hand.told) == 1


@pytest.mark.parametrize("words", ["3 reply to Jilli with so long, from Vane, and keep quiet", "delete it", ""])
def test_a_copy_that_asks_for_something_else_tells_nothing(words: str) -> None:
    assert values_of("3 reply to <PERSON_1> with <TEXT_2>, from <PERSON_1>, and keep <SECRET>", words) == {}
