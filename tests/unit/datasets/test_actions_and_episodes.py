"""From recorded events to actions and episodes: each gesture one action, nothing across a gap, no one named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.columns import encode_column
from aboveboard.core.events import Button, Element, Focus, Gap, KeptEvent, Key, PointerPath, Scene, Scroll, Task, Text
from aboveboard.datasets.actions import actions_of
from aboveboard.datasets.agreement import Truth, agreement, same_text
from aboveboard.datasets.episodes import Recorded, episodes_of
from aboveboard.datasets.hittest import element_at, index_of

T = 1_800_000_000_000_000
MS = 1000
SAVE = Element("push button", "Save", (100, 100, 80, 30), (), (0, 1))
NAME = Element("entry", "Name", (100, 40, 200, 30), (), (0, 0))
LINK = Element("link", "Help", (400, 40, 50, 20), (), (0, 2))
SEEN = (NAME, SAVE, LINK)


def _start(t_us: int = T) -> list[KeptEvent]:
    return [Focus(t_us, "chromium", "https://example.org", "A page", (0, 0, 800, 600)), Scene(t_us, SEEN)]


def _click(t_us: int, x: int = 120, y: int = 110, button: int = 1, element: Element | None = SAVE) -> list[KeptEvent]:
    return [Button(t_us, x, y, button, True, (), element), Button(t_us + 60 * MS, x, y, button, False)]


def _path(t_us: int, points: Sequence[tuple[int, int]]) -> PointerPath:
    xs, ys = (np.array(column, dtype=np.int64) for column in zip(*points, strict=True))
    t = np.arange(len(points), dtype=np.int64) * 8 * MS
    return PointerPath(t_us, len(points), encode_column(t), encode_column(xs), encode_column(ys))


def _kinds(events: Sequence[KeptEvent]) -> list[str]:
    return [action.kind for action in actions_of(events) if action.kind not in ("hover", "wait")]


@pytest.mark.parametrize(
    ("events", "kinds"),
    [
        (_click(T + 1), ["click"]),
        (_click(T + 1, button=3), ["right_click"]),
        (_click(T + 1, button=2), ["middle_click"]),
        ([*_click(T + 1, 410, 50, element=LINK), *_click(T + 200 * MS, 411, 50, element=LINK)], ["double_click"]),
        ([*_click(T + 1), *_click(T + 200 * MS)], ["click", "click"]),  # a button pressed twice is pressed twice
        ([*_click(T + 1, 410, 50, element=LINK), *_click(T + 900 * MS, 410, 50, element=LINK)], ["click", "click"]),
        (
            [Button(T + 1, 120, 110, 1, True, (), SAVE), _path(T + 10 * MS, [(120, 110), (300, 200)]),
             Button(T + 200 * MS, 300, 200, 1, False)],
            ["drag"],
        ),
        ([Scroll(T + i * 100 * MS, 50, 50, 0, 1) for i in range(4)], ["scroll"]),
        ([Scroll(T, 50, 50, 0, 1), Scroll(T + 100 * MS, 50, 50, 0, -1)], ["scroll", "scroll"]),
        ([Text(T + 1, T + 500 * MS, "hello", NAME, 5)], ["type"]),
        ([Key(T + 1, "Return", (), NAME)], ["key"]),
        ([Key(T + 1, "s", ("Control",), NAME)], ["hotkey"]),
        ([Task(T, "start", "a"), Task(T + 1, "stop", "", "success")], ["done"]),
    ],
)  # fmt: skip
def test_a_gesture_is_one_action(events: list[KeptEvent], kinds: list[str]) -> None:
    assert _kinds([*_start(), *events]) == kinds


def test_scrolling_adds_up() -> None:
    [action] = [a for a in actions_of([*_start(), *(Scroll(T + i * 100 * MS, 50, 50, 0, 1) for i in range(4))])
                if a.kind == "scroll"]  # fmt: skip
    assert (action.dx, action.dy) == (0, 4)


def test_the_label_is_from_the_tree_before_the_press_not_the_one_after() -> None:
    opened = (Element("menu item", "Delete all", (90, 90, 120, 60), (), (0, 5)),)
    events = [*_start(), *_click(T + 100 * MS, element=None), Scene(T + 120 * MS, opened)]
    [action] = [a for a in actions_of(events) if a.kind == "click"]
    assert (action.element, action.element_guessed, action.elements) == (SAVE, True, SEEN)


def test_a_scene_that_was_read_after_the_press_but_stands_before_it_is_not_used() -> None:
    """Readings are slow: one that shows the effect may be written down before the press that made it."""
    opened = (Element("menu item", "Delete all", (90, 90, 120, 60), (), (0, 5)),)
    events = [*_start(), Scene(T + 120 * MS, opened), *_click(T + 100 * MS, element=None)]
    [action] = [a for a in actions_of(events) if a.kind == "click"]
    assert (action.element, action.elements) == (SAVE, SEEN)


def test_after_a_gap_no_scene_is_known_until_there_is_a_new_one() -> None:
    events = [*_start(), Gap(T + 10, T + 20, "paused"), *_click(T + 30, element=None)]
    [action] = [a for a in actions_of(events) if a.kind == "click"]
    assert (action.element, action.scene_index) == (None, -1)


def test_a_press_whose_release_lies_behind_a_gap_is_no_click() -> None:
    events = [*_start(), Button(T + 1, 120, 110, 1, True, (), SAVE), Gap(T + 2, T + 9, "paused"),
              Button(T + 10, 120, 110, 1, False)]  # fmt: skip
    assert _kinds(events) == []


events = st.lists(
    st.tuples(
        st.sampled_from(["click", "path", "scroll", "text", "key", "gap", "focus", "scene"]), st.integers(1, 900)
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(events)
def test_no_action_spans_a_gap_whatever_happens(script: list[tuple[str, int]]) -> None:
    t, made = T, list(_start())
    for what, ms in script:
        match what:
            case "click":
                made += _click(t)
                t += 60 * MS
            case "path":
                made.append(_path(t, [(10, 10), (20, 30)]))
                t += 8 * MS
            case "scroll":
                made.append(Scroll(t, 5, 5, 0, 1))
            case "text":
                made.append(Text(t, t + 50 * MS, "abc", NAME, 3))
                t += 50 * MS
            case "key":
                made.append(Key(t, "Return"))
            case "gap":
                made.append(Gap(t, t + 30 * MS, "paused"))
                t += 30 * MS
            case "focus":
                made.append(Focus(t, "chromium", None, "", (0, 0, 9, 9)))
            case _:
                made.append(Scene(t, SEEN))
        t += ms * MS
    gaps = [event for event in made if isinstance(event, Gap)]
    for action in actions_of(made):
        assert action.start_us <= action.end_us
        for gap in gaps:
            assert action.end_us <= gap.t_us or action.start_us >= gap.end_us, (action.kind, gap)


def test_the_smallest_element_is_hit_and_its_text_stands_for_its_control() -> None:
    label = Element("static", "Save", (110, 105, 40, 20), (), (0, 1, 0))
    page = Element("panel", "", (0, 0, 800, 600), (), (0,))
    assert element_at((page, SAVE, label), 115, 110) == SAVE
    assert element_at((page, SAVE), 5, 5) == page
    assert element_at((), 5, 5) is None
    assert index_of(SAVE, (page, SAVE)) == 1
    assert index_of(None, (page,)) == -1


def _recorded(events: Sequence[KeptEvent]) -> Recorded:
    return Recorded("contributor-1234", "session", tuple(events), ("seg",) * len(events))


def _task(t_us: int, *inside: KeptEvent) -> list[KeptEvent]:
    return [Task(t_us, "start", "Save it"), *_start(t_us + 1), *inside, Task(t_us + 900 * MS, "stop", "", "success")]


def test_an_episode_is_what_lies_between_the_persons_marks() -> None:
    [episode] = episodes_of(_recorded(_task(T, *_click(T + 100 * MS))), b"salt" * 8)
    assert (episode.instruction, episode.outcome, episode.flags) == ("Save it", "success", ())
    assert [step.kind for step in episode.steps if step.kind not in ("hover", "wait")] == ["click", "done"]
    [click] = [step for step in episode.steps if step.kind == "click"]
    assert (click.target, click.elements[click.target_index], click.segments) == (SAVE, SAVE, ("seg",))
    assert 0 <= click.start_us < 900 * MS, "no hour of the day"


def test_an_episode_with_a_gap_or_a_secret_says_so() -> None:
    [gap] = episodes_of(
        _recorded(_task(T, *_click(T + 100 * MS), Gap(T + 300 * MS, T + 400 * MS, "paused"))), b"s" * 32
    )
    assert "interrupted" in gap.flags
    [secret] = episodes_of(_recorded(_task(T, Text(T + 100 * MS, T + 100 * MS, "<SECRET>", NAME, 0))), b"s" * 32)
    assert "secret" in secret.flags


def test_pseudonyms_differ_between_datasets_and_hide_the_person() -> None:
    made = [episodes_of(_recorded(_task(T, *_click(T + 100 * MS))), salt)[0] for salt in (b"a" * 32, b"b" * 32)]
    assert made[0].contributor != made[1].contributor
    assert made[0].episode_id != made[1].episode_id
    assert "contributor-1234" not in str(made)
    assert str(T)[:8] not in str(made)


@pytest.mark.parametrize(
    ("recorded", "typed", "same"),
    [("mail <EMAIL_1> now", "mail a@b.example now", True), ("<PERSON_1>", "Jo", True), ("a.c", "abc", False),
     ("hello", "hello ", False), ("<EMAIL_1>", "", False)],
)  # fmt: skip
def test_text_agrees_where_placeholders_stand_for_something(recorded: str, typed: str, same: bool) -> None:
    assert same_text(recorded, typed) == same


def test_agreement_counts_what_is_missing_wrong_or_made_up() -> None:
    actions = actions_of([*_start(), *_click(T + 100 * MS)])
    right = Truth("click", SAVE.box, "", "", T + 90 * MS, T + 200 * MS)
    assert agreement(actions, [right]).share == 1.0
    elsewhere = Truth("click", LINK.box, "", "", T + 90 * MS, T + 200 * MS)
    assert agreement(actions, [elsewhere]).share == 0.0
    later = Truth("click", SAVE.box, "", "", T + 60_000 * MS, T + 60_100 * MS)
    assert agreement(actions, [later]).share == 0.0
    assert agreement([], [right]).misses == ["click not found"]
    twice = actions_of([*_start(), *_click(T + 100 * MS), *_click(T + 900 * MS)])
    around = Truth("key", (0, 0, 0, 0), "", "Return", T + 1500 * MS, T + 1600 * MS)
    assert agreement(twice, [right, around]).total == 3, "a click that was not done counts against it"
