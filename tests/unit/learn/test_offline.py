"""What of episodes that were not trained on a model would do otherwise."""

from __future__ import annotations

import pytest

from aboveboard.core.events import Element
from aboveboard.datasets.schema import Episode, Step
from aboveboard.learn.choosing import Choice
from aboveboard.learn.examples import examples_of
from aboveboard.learn.model import Config, Policy
from bench.learn import offline
from bench.learn.demonstrations import Shown
from bench.learn.offline import as_shown, held_against, parted

FIELD = Element("entry", "Name", (0, 0, 60, 20), ("focused", "editable"), (0, 0))
ITEMS = tuple(
    Element("list item", name, (0, 30 + 20 * i, 60, 12), (), (0, i + 1)) for i, name in enumerate(("Al", "Bo"))
)
SCREEN = (FIELD, *ITEMS)
STEPS = (
    Step("click", 0, 1, x=5, y=5, target=FIELD, target_index=0, elements=SCREEN),
    Step("type", 2, 3, text="Al", elements=SCREEN), Step("key", 4, 5, key="Return", elements=SCREEN),
    Step("drag", 6, 7, x=5, y=35, end_x=5, end_y=55, target=ITEMS[0], target_index=1, elements=SCREEN),
)  # fmt: skip
EPISODE = Episode("0" * 32, "p", "all", "Enter Al", "success", (), STEPS)
POLICY = Policy(Config(kinds=("click", "drag", "key", "type"), keys=("Return", "Tab")))
AS_DONE = (
    Choice(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), Choice(3, 0, 0, 0, 0, 0, 1, 1, 0, 0), Choice(2, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    Choice(1, 1, 0, 2, 0, 0, 0, 0, 0, 0),
)  # fmt: skip


@pytest.mark.parametrize(
    ("at", "otherwise"),
    [
        (0, {"kind": 1}), (0, {"element": 1}), (1, {"first": 0}), (1, {"case": 1}), (2, {"key": 1}), (3, {"goal": 0}),
        (3, {"element": 2}),
    ],
)  # fmt: skip
def test_a_step_is_wrong_by_any_part_of_it(monkeypatch: pytest.MonkeyPatch, at: int, otherwise: dict[str, int]) -> None:
    example, choice = examples_of([EPISODE])[at], AS_DONE[at]
    monkeypatch.setattr(offline, "judge", lambda *_: choice)
    assert as_shown(POLICY, example)
    monkeypatch.setattr(offline, "judge", lambda *_: choice._replace(**otherwise))
    assert not as_shown(POLICY, example)


def test_a_word_of_an_elements_name_is_where_it_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the two words of the instruction come the names, sixteen places each."""
    monkeypatch.setattr(offline, "judge", lambda *_: AS_DONE[1]._replace(first=2 + 16, last=2 + 16))
    assert as_shown(POLICY, examples_of([EPISODE])[1])


def test_an_episode_counts_once_however_many_steps_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "judge", lambda *_: AS_DONE[0])
    found = held_against(POLICY, [Shown("a", (False, "d", i), EPISODE) for i in range(2)])
    assert (found.episodes, found.wrong_episodes, found.steps, found.wrong_steps) == (2, 2, 8, 6)
    assert found.by_task == {"a": 2}


def test_nothing_that_is_asked_about_was_trained_on() -> None:
    shown = [Shown(task, (False, "d", i), EPISODE) for task in ("a", "b", "c") for i in range(6)]
    trained, asked = parted(shown, ["a", "b"], 1, 2, 10)
    assert len(trained) == 4
    assert [(each.task, each.order[2]) for each in asked] == [(task, i) for task in ("a", "b") for i in (3, 4, 5)]
    assert len(parted(shown, ["a"], 0, 3, 2)[1]) == 2
