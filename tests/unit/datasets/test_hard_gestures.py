"""Gestures as people make them: shaking, slow, fast, across monitors, cut off; and what must hold whatever happens."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.columns import encode_column
from aboveboard.core.events import Button, Element, Focus, Gap, KeptEvent, Key, PointerPath, Scene, Scroll, Text
from aboveboard.datasets.actions import actions_of, reconstruct

T = 1_800_000_000_000_000
MS = 1000
SAVE = Element("push button", "Save", (100, 100, 80, 30), (), (0, 1))
NAME = Element("entry", "Name", (100, 40, 200, 30), (), (0, 0))
LINK = Element("link", "Help", (400, 40, 50, 20), (), (0, 2))
ROW = Element("list item", "Report", (100, 200, 200, 20), (), (0, 3))
FILE = Element("menu", "File", (0, 0, 60, 20), (), (0, 4))
EXPORT = Element("menu item", "Export", (0, 20, 120, 20), ("has-popup",), (0, 4, 0))
PDF = Element("menu item", "As PDF", (120, 20, 120, 20), (), (0, 4, 0, 0))
SEEN = (NAME, SAVE, LINK, ROW, FILE)


def start(t_us: int = T, app: str = "gedit", site: str | None = None) -> list[KeptEvent]:
    return [Focus(t_us, app, site, "A page", (0, 0, 800, 600)), Scene(t_us, SEEN)]


def press(ms: int, element: Element, dx: int = 20, dy: int = 10, hold_ms: int = 60, slip: int = 0) -> list[KeptEvent]:
    """Down and up on an element; slip: how far to the right it goes up."""
    x, y = element.box[0] + dx, element.box[1] + dy
    t_us = T + ms * MS
    return [Button(t_us, x, y, 1, True, (), element), Button(t_us + hold_ms * MS, x + slip, y, 1, False)]


def path(ms: int, points: Sequence[tuple[int, int]], every_ms: int = 8) -> PointerPath:
    xs, ys = (np.array(column, dtype=np.int64) for column in zip(*points, strict=True))
    t = np.arange(len(points), dtype=np.int64) * every_ms * MS
    return PointerPath(T + ms * MS, len(points), encode_column(t), encode_column(xs), encode_column(ys))


def resting(x: int, y: int, n: int, seed: int = 0) -> list[tuple[int, int]]:
    """A hand that holds still, as still as hands do."""
    rng = random.Random(seed)
    return [(x + rng.randint(-1, 1), y + rng.randint(-1, 1)) for _ in range(n)]


def kinds(events: Sequence[KeptEvent]) -> list[str]:
    return [action.kind for action in actions_of(events)]


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ([*press(10, ROW), *press(390, ROW)], ["double_click"]),
        ([*press(10, ROW), *press(420, ROW)], ["click", "click"]),  # too slow for the toolkit: two clicks to it too
        ([*press(10, ROW), *press(120, ROW), *press(230, ROW)], ["triple_click"]),
        ([*press(10, ROW), *press(120, ROW), *press(230, ROW), *press(340, ROW)], ["triple_click", "click"]),
        ([*press(10, ROW), *press(150, ROW, dx=25)], ["double_click"]),
        ([*press(10, ROW), *press(150, ROW, dx=60)], ["click", "click"]),
        ([*press(10, ROW), Key(T + 100 * MS, "Escape"), *press(150, ROW)], ["click", "key", "click"]),
        ([*press(10, ROW, hold_ms=1500)], ["click"]),  # a slow finger
        ([*press(10, ROW, hold_ms=8)], ["click"]),  # a tap
        ([*press(10, SAVE, slip=12)], ["click"]),  # slipped, but went up inside the button
        ([*press(10, SAVE, slip=90)], ["drag"]),  # let go outside it: nothing was pressed
        ([*press(10, NAME, slip=12)], ["drag"]),  # marks a word
        ([*press(10, NAME, slip=6)], ["click"]),
        ([*press(10, ROW), *press(150, Element("push button", "OK", ROW.box, (), (9,)))], ["click", "click"]),
    ],
)
def test_clicks_and_drags(events: list[KeptEvent], wanted: list[str]) -> None:
    assert kinds([*start(), *events]) == wanted


def test_a_page_gives_a_slow_hand_half_a_second_for_a_double_click() -> None:
    slow = [*press(10, LINK), *press(470, LINK)]
    assert kinds([*start(app="chromium", site="https://a.example"), *slow]) == ["double_click"]
    assert kinds([*start(), *slow]) == ["click", "click"]


def test_a_drag_there_and_back_is_a_drag_even_if_its_path_is_written_down_last() -> None:
    down, up = press(10, ROW, hold_ms=400)
    there_and_back = path(20, [(120, 210), (200, 300), (300, 400), (200, 300), (120, 210)])
    assert kinds([*start(), down, there_and_back, up]) == ["drag"]
    assert kinds([*start(), down, up, there_and_back]) == ["drag"]


def test_a_drag_has_its_path_and_both_ends_also_left_of_the_first_monitor() -> None:
    down = Button(T + 10 * MS, -1200, 40, 1, True, ("Shift",), None)
    up = Button(T + 100 * MS, 2500, 40, 1, False)
    [drag] = actions_of([*start(), down, path(20, [(-600, 40), (100, 41), (1900, 40)], 20), up])
    assert (drag.kind, drag.x, drag.end_x, drag.modifiers) == ("drag", -1200, 2500, ("Shift",))
    assert drag.path.x.tolist() == [-600, 100, 1900]
    assert (drag.start_us, drag.end_us) == (T + 10 * MS, T + 100 * MS)


def test_a_gap_between_two_quick_clicks_makes_them_two_whenever_it_is_written_down() -> None:
    gap = Gap(T + 80 * MS, T + 120 * MS, "paused")
    assert kinds([*start(), *press(10, ROW), gap, *press(150, ROW)]) == ["click", "click"]
    assert kinds([*start(), *press(10, ROW), *press(150, ROW), gap]) == ["click", "click"]


def test_a_scroll_run_ends_at_another_window_a_turn_a_gap_and_a_rest() -> None:
    def notch(ms: int, dy: int = 1) -> Scroll:
        return Scroll(T + ms * MS, 300, 300, 0, dy)

    assert [a.dy for a in actions_of([*start(), notch(10), notch(700), notch(1500), notch(1600, -1)])] == [3, -1]
    other = Focus(T + 50 * MS, "evince", None, "B", (0, 0, 800, 600))
    assert [a.dy for a in actions_of([*start(), notch(10), other, notch(100)])] == [1, 1]
    gap = Gap(T + 50 * MS, T + 60 * MS, "paused")
    assert [a.dy for a in actions_of([*start(), notch(10), notch(100), gap])] == [1, 1]
    assert [a.dy for a in actions_of([*start(), notch(10), notch(1200)])] == [1, 1]


def _opening(still: Sequence[tuple[int, int]]) -> list[KeptEvent]:
    """Click File; rest on Export until its menu opens; click in that."""
    menu = (*SEEN, EXPORT)
    return [
        *start(), *press(10, FILE), Scene(T + 120 * MS, menu), path(200, [(30, 25), (60, 28)]),
        path(230, still), Scene(T + 500 * MS, (*menu, PDF)), path(800, [(110, 30), (150, 30)]), *press(900, PDF),
    ]  # fmt: skip


@pytest.mark.parametrize("still", [resting(90, 30, 60), [(90, 30)]], ids=["a hand that shakes", "no hand at all"])
def test_a_hover_that_opens_a_menu_is_an_action_of_its_own(still: list[tuple[int, int]]) -> None:
    actions = actions_of(_opening(still))
    assert [action.kind for action in actions] == ["click", "hover", "click"]
    assert actions[1].element == EXPORT
    assert PDF not in actions[1].elements, "the tree before it opened"


def test_what_opens_as_soon_as_it_is_touched_was_opened_by_the_hover() -> None:
    """A hand slows down on it; the menu is there before it rests."""
    menu = (*SEEN, EXPORT)
    events = [
        *start(), *press(10, FILE), Scene(T + 120 * MS, menu), path(200, [(150, 60), (110, 30), (80, 30)]),
        Scene(T + 219 * MS, (*menu, PDF)), path(220, resting(60, 30, 60)), path(800, [(150, 30)]), *press(900, PDF),
    ]  # fmt: skip
    actions = actions_of(events)
    assert [action.kind for action in actions] == ["click", "hover", "click"]
    assert PDF not in actions[1].elements


def test_a_hand_that_slips_on_what_it_rests_on_hovers_once() -> None:
    still = [*resting(90, 30, 40), *resting(60, 30, 40)]
    actions = actions_of(_opening(still))
    assert [action.kind for action in actions] == ["click", "hover", "click"]
    assert actions[1].start_us == T + 230 * MS
    assert actions[1].end_us > T + 700 * MS


def test_typing_whose_end_was_withheld_is_followed_by_no_wait() -> None:
    known = Text(T + 10 * MS, T + 10 * MS, "a", keys=1)
    assert kinds([*start(), known, Key(T + 5000 * MS, "Tab")]) == ["type", "wait", "key"]
    withheld = Text(T + 10 * MS, T + 10 * MS, "<SECRET>")
    assert kinds([*start(), withheld, Key(T + 5000 * MS, "Tab")]) == ["type", "key"]


def test_passing_over_a_menu_or_resting_where_nothing_opens_is_no_hover() -> None:
    assert kinds(_opening([(90, 30), (95, 30)])[:-3] + press(300, SAVE)) == ["click", "click"]
    still = [*start(), *press(10, ROW), path(200, resting(30, 10, 60)), *press(900, SAVE)]
    assert kinds(still) == ["click", "click"]


def test_a_menu_that_was_seen_before_and_had_closed_again_is_opened_by_a_hover_again() -> None:
    """What stood there at the action before says nothing: it may have closed since."""
    again = Scene(T + 150 * MS, SEEN)
    opened = Scene(T, (*SEEN, EXPORT, PDF))
    rest = path(200, resting(30, 10, 60))
    events = [*start(), opened, *press(10, ROW), again, rest, Scene(T + 900 * MS, (*SEEN, EXPORT, PDF))]
    actions = actions_of([*events, *press(1000, EXPORT)])
    assert [action.kind for action in actions] == ["click", "hover", "click"]
    assert actions[1].element == FILE


def test_nothing_larger_than_the_window_acted_on_is_guessed_to_be_the_target() -> None:
    """A menu without a tree lies over a text: the text was not clicked."""
    text = Element("text", "", (0, 50, 700, 400), (), (2,))
    menu: list[KeptEvent] = [Focus(T, "editor", None, "A menu", (100, 100, 120, 90)), Scene(T, (text,))]
    click: list[KeptEvent] = [Button(T + MS, 130, 130, 1, True), Button(T + 60 * MS, 130, 130, 1, False)]
    assert actions_of([*menu, *click])[0].element is None
    whole: list[KeptEvent] = [Focus(T, "editor", None, "A page", (0, 0, 800, 600)), Scene(T, (text,))]
    assert actions_of([*whole, *click])[0].element == text


def test_a_guess_goes_to_the_open_menu_and_not_to_what_is_smaller_beneath() -> None:
    beneath = Element("push button", "Bold", (20, 25, 16, 12), (), (5,))
    events = [*start(), Scene(T + 1, (*SEEN, EXPORT, beneath))]
    click = [Button(T + MS, 25, 30, 1, True), Button(T + 60 * MS, 25, 30, 1, False)]
    assert actions_of([*events, *click])[0].element == EXPORT


def test_a_hand_that_shakes_while_it_waits_still_waits() -> None:
    shaking = path(100, resting(120, 210, 600))
    events = [*start(), *press(10, ROW), shaking, *press(6000, SAVE)]
    actions = actions_of(events)
    assert [action.kind for action in actions] == ["click", "wait", "click"]
    assert actions[1].end_us - actions[1].start_us > 3_000_000
    moving = path(100, [(120 + 7 * i, 210) for i in range(700)])
    assert kinds([*start(), *press(10, ROW), moving, *press(6000, SAVE)]) == ["click", "click"]


@st.composite
def sessions(draw: st.DrawFn) -> list[KeptEvent]:
    """Anything a recorder may write down, by time, with paths and gaps here and there."""
    rng = draw(st.randoms(use_true_random=False))
    t, made = T, start()
    held: dict[int, bool] = {}
    for what in draw(st.lists(st.sampled_from("pppppbbbbskxfgn"), max_size=40)):
        t += rng.choice([1, 30, 90, 350, 700, 4000]) * MS
        place = (rng.randint(-300, 500), rng.randint(0, 300))
        match what:
            case "p":
                element = rng.choice([SAVE, ROW, NAME, None])
                made += [
                    Button(t, *place, 1, True, (), element),
                    Button(t + 40 * MS, place[0] + rng.randint(0, 30), place[1], 1, False),
                ]
                t += 40 * MS
            case "b":
                button = rng.choice([1, 2, 3])
                held[button] = not held.get(button, False)
                made.append(Button(t, *place, button, held[button]))
            case "s":
                made.append(Scroll(t, *place, 0, rng.choice([-1, 1])))
            case "k":
                made.append(Key(t, rng.choice(["Return", "s"]), rng.choice([(), ("Control",)])))
            case "x":
                made.append(Text(t, t + 200 * MS, "abc", NAME, 3))
                t += 200 * MS
            case "f":
                made.append(Focus(t, rng.choice(["gedit", "xterm"]), None, "", (0, 0, 9, 9)))
            case "g":
                made.append(Gap(t, t + 50 * MS, "paused"))
                t += 50 * MS
            case _:
                made.append(
                    PointerPath(
                        t, 1, encode_column(np.zeros(1, np.int64)), *(encode_column(np.array([v])) for v in place)
                    )
                )
    return made


@settings(max_examples=200, deadline=None)
@given(sessions())
def test_whatever_happens(events: list[KeptEvent]) -> None:
    """No action spans a gap; each kept press is in one action or dropped by name; order is kept; the same each time."""
    told = reconstruct(events)
    for action in told.actions:
        assert action.start_us <= action.end_us
        for start_us, end_us in told.gaps.spans:
            assert action.end_us <= start_us or action.start_us >= end_us, action.kind
    starts = [action.start_us for action in told.actions]
    assert starts == sorted(starts)
    used = [i for action in told.actions for i in action.sources]
    assert len(used) == len(set(used)), "one event, one action"
    presses = {i for i, event in enumerate(events) if isinstance(event, Button) and event.pressed}
    lost = Counter(events[i].t_us for i in presses - set(used))
    assert lost <= Counter(each.t_us for each in told.dropped), "a press that is in no action is said to be dropped"
    typed = [i for i, event in enumerate(events) if isinstance(event, Key | Scroll | Text)]
    assert set(typed) <= set(used)
    again = reconstruct(events)
    assert (again.actions, again.dropped) == (told.actions, told.dropped)


def test_a_slip_while_the_button_is_down_is_of_the_click_and_not_of_the_way_to_the_next() -> None:
    way = [(110, 208), (120, 210), (121, 210), (140, 209)]
    down, up = press(20, ROW, hold_ms=15)
    click, key = actions_of([*start(), path(1, way, 12), down, up, Key(T + 90 * MS, "Return")])
    assert (click.path.x.tolist(), key.path.x.tolist()) == ([110, 120, 121], [140])
