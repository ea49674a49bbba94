"""What is tried next where nothing that is named is in sight, and what is not tried a third time."""

from __future__ import annotations

from pathlib import Path

import pytest

from aboveboard.core.events import Element
from aboveboard.learn.examples import MIDDLE, meant
from aboveboard.learn.model import Config, Policy, save
from aboveboard.learn.past import Past
from aboveboard.learn.policy import PolicyAgent
from aboveboard.learn.scene import FIXED, Scene
from aboveboard.learn.sight import HISTORY, see

FIRST = HISTORY.index("first of those like it neither acted on nor chosen")


def item(name: str, at: int, *states: str, role: str = "static") -> Element:
    return Element(role, name, (0, 20 * at, 60, 12), states, (0, at))


TABS = (
    item("Tab #1", 0, "selected", role="page tab"), item("Tab #2", 1, role="page tab"),
    item("Tab #3", 2, role="page tab"), Element("link", "Tab #1", (0, 0, 60, 12), (), (0, 0, 0)),
    Element("link", "Tab #2", (0, 20, 60, 12), (), (0, 1, 0)),
)  # fmt: skip
WORDS = tuple(item(name, i) for i, name in enumerate(("lorem", "ipsum", "dolor", "Odio")))
ASKED = 'Find and click on the link "Odio".'


def test_the_next_tab_is_the_first_that_is_not_shown_already() -> None:
    def first(past: Past) -> list[float]:
        told: list[float] = see(ASKED, TABS, past).features[:, FIXED + FIRST].tolist()
        return told

    assert first(Past()) == [0, 1, 0, 0, 1], "the link in the tab that is shown is shown, too"
    assert first(Past().after("click", TABS[1], "", TABS)) == [0, 0, 1, 0, 0]


def test_what_may_show_the_quoted_name_is_told_while_it_is_nowhere() -> None:
    may = HISTORY.index("may show what is quoted and nowhere")
    sections = tuple(item(f"Section #{i + 1}", i, "expandable", role="page tab") for i in range(3))

    def told(instruction: str, shown: tuple[Element, ...]) -> list[float]:
        found: list[float] = see(instruction, shown, Past()).features[:, FIXED + may].tolist()
        return found

    assert told(ASKED, sections) == [1, 0, 0]
    opened = (item("Section #1", 0, "expandable", "expanded", "selected", role="page tab"), *sections[1:])
    assert told(ASKED, opened) == [0, 1, 0]
    assert told(ASKED, (*opened, WORDS[3])) == [0] * 4, "there it is"
    assert told("Open a section", sections) == [0, 0, 0]


def test_which_key_was_pressed_is_known_afterwards() -> None:
    select, copy = (Past().after("hotkey", None, "", WORDS, key) for key in ("Control+a", "Control+c"))
    assert select.kinds == ("hotkey Control+a",)
    assert see(ASKED, WORDS, select).last != see(ASKED, WORDS, copy).last


def test_two_of_a_role_in_vain_speak_for_the_others() -> None:
    past = Past().after("click", WORDS[0], "", WORDS).after("click", WORDS[0], "", WORDS)
    assert not past.roles_in_vain(WORDS), "one thing twice says nothing of others"
    past = past.after("click", WORDS[1], "", WORDS)
    assert past.roles_in_vain(WORDS) == {("click", "static")}
    assert not past.roles_in_vain(WORDS[:3]), "something else shows"


@pytest.fixture
def agent(tmp_path: Path) -> PolicyAgent:
    save(Policy(Config(kinds=("click", "scroll_down"))).eval(), tmp_path)
    return PolicyAgent(tmp_path)


def test_of_a_role_in_vain_only_what_is_named_is_tried(agent: PolicyAgent) -> None:
    past = Past().after("click", WORDS[0], "", WORDS).after("click", WORDS[1], "", WORDS)
    ruled_out = agent._ruled_out(Scene(ASKED, WORDS), WORDS, past)
    assert set(ruled_out) == {(0, 0), (0, 1), (0, 2)}
    assert agent._ruled_out(Scene("Find it", WORDS), WORDS, past) == (), "something has to be left"
    turned = past.after("scroll_down", WORDS[0], "", WORDS).after("scroll_down", WORDS[1], "", WORDS)
    assert set(agent._ruled_out(Scene(ASKED, WORDS), WORDS, turned)) == set(ruled_out), (
        "turned over two things, it may be the place"
    )
    turned = turned.after("scroll_down", WORDS[1], "", WORDS)
    assert (1, -1) in agent._ruled_out(Scene(ASKED, WORDS), WORDS, turned)


@pytest.mark.parametrize(
    ("instruction", "told"),
    [("Drag Bo up by one", [1, 0, 0]), ("Drag Bo below the next", [0, 0, 1]), ("Drag Bo up or down", [0, 0, 0]),
     ("Drag Bo to the bottom", [0, 0, 1]), ("Drag Cy to the top", [1, 0, 0]), ("Drag Cy to the 2nd place", [0, 1, 0])],
)  # fmt: skip
def test_the_place_that_words_tell_beside_what_they_name_or_in_the_order(instruction: str, told: list[int]) -> None:
    items = [item(name, i, role="list item") for i, name in enumerate(("Al", "Bo", "Cy"))]
    assert Scene(instruction, items).told_of_names("the place told").tolist() == told


@pytest.mark.parametrize(
    ("asked", "fitting"),
    [
        ("Buy the cheapest cost", [0, 0, 0, 0, 0, 1]), ("Buy the shortest duration", [0, 1, 0, 0, 0, 0]),
        ("Buy the longest duration", [0, 0, 0, 0, 1, 0]),
    ],
)  # fmt: skip
def test_of_several_kinds_of_quantity_one_is_asked_for(asked: str, fitting: list[int]) -> None:
    """A button right below a label is called by its own name."""
    shown = [
        text for at in (0, 3)
        for text in (
            item("Duration:", at), item(("1h 5m", "4h 2m")[at // 3], at + 1),
            item(("Book for $9", "Book for $7")[at // 3], at + 2, role="push button"),
        )
    ]  # fmt: skip
    shown[2] = Element("push button", "Book for $9", (0, 15, 60, 4), (), (0, 2))
    assert Scene(asked, shown).amounts[:, 7].tolist() == fitting


def test_an_edge_of_a_wide_thing_was_meant_and_the_middle_is_chance() -> None:
    wide, small = (0, 0, 130, 12), (0, 0, 30, 12)
    assert not meant(wide, MIDDLE)
    assert meant(wide, MIDDLE + 1)
    assert meant(wide, MIDDLE + 2), "beside it"
    assert not meant(small, MIDDLE + 1)
    assert meant(small, MIDDLE + 2)
