"""What a recorded step teaches: which element, which words, how far."""

from __future__ import annotations

import pytest

from aboveboard.core.events import Element
from aboveboard.datasets.schema import Episode, Step
from aboveboard.learn.examples import AMOUNTS, Example, Span, examples_of, find_typed, spot

FIELD = Element("entry", "", (10, 10, 90, 20), ("focused",), (0,))
LABEL = Element("static", "Total: 12.50 Euro", (10, 40, 90, 20), (), (1,))


def learned(*steps: Step, instruction: str = "Do it") -> list[Example]:
    return examples_of([Episode("0" * 32, "p", "train", instruction, "success", (), steps)])


@pytest.mark.parametrize(
    ("text", "spans", "case"),
    [
        ("<EMAIL_1> now", (Span(-1, 2, 3),), 0),
        ("NOW", (Span(-1, 3, 3),), 2),
        ("12.50", (Span(1, 2, 4),), 0),
        ("euro", (Span(1, 5, 5),), 1),
        ("elsewhere", (), -1),
        ("", (), -1),
        ("<SECRET>", (Span(-1, 4, 4),), 0),
    ],
)
def test_what_is_typed_is_found_where_it_can_be_read(text: str, spans: tuple[Span, ...], case: int) -> None:
    assert find_typed('Enter "<EMAIL_1> now <SECRET_4>', (FIELD, LABEL), text) == (spans, case)


def test_which_of_two_secrets_was_typed_nobody_can_tell() -> None:
    assert find_typed("<SECRET_1> and <SECRET_2>", (), "<SECRET>") == ((), -1)


def test_a_click_just_beside_a_small_thing_was_meant_for_it() -> None:
    near = Step("click", 0, 1, x=105, y=20, elements=(FIELD, LABEL))
    far = Step("click", 0, 1, x=300, y=20, elements=(FIELD, LABEL))
    assert [example.targets for example in learned(near, far)] == [(0,)]


def test_elements_in_the_very_same_place_are_all_right() -> None:
    twin = Element("section", "", FIELD.box, (), (0, 0))
    [example] = learned(Step("click", 0, 1, x=12, y=20, target=twin, target_index=2, elements=(FIELD, LABEL, twin)))
    assert example.targets == (2, 0)
    assert spot(FIELD.box, example.place) == (18, 20)  # at its left end


def test_scrolling_tells_direction_and_about_how_far() -> None:
    steps = [
        Step("scroll", 0, 1, x=12, y=20, dy=dy, target=FIELD, target_index=0, elements=(FIELD,)) for dy in (1, -4, 60)
    ]
    assert [(e.kind, AMOUNTS[e.amount]) for e in learned(*steps)] == [
        ("scroll_down", 1), ("scroll_up", 3), ("scroll_down", 40),
    ]  # fmt: skip


def test_held_keys_belong_to_the_kind_and_the_past_holds_what_went_before() -> None:
    click = Step("click", 0, 1, x=12, y=20, modifiers=("Control",), target=FIELD, target_index=0, elements=(FIELD,))
    typed = Step("type", 2, 3, text="it", elements=(FIELD,))
    key = Step("key", 4, 5, key="Return", elements=(FIELD,))
    one, two, three, four = learned(click, typed, key, key)
    assert one.kind == "Control+click"
    assert two.past.kinds == ("Control+click",)
    assert three.past.typed == ("it",)
    assert (three.kind, three.key) == ("key", "Return")
    assert four.past.kinds[-1] == "key Return"


def test_a_secret_that_was_typed_is_known_to_have_been_where_it_can_be_read_in_one_place_only() -> None:
    """As an agent knows that it typed it."""
    steps = (Step("type", 0, 1, text="<SECRET>", elements=(FIELD,)), Step("key", 2, 3, key="Return", elements=(FIELD,)))
    assert learned(*steps, instruction='Enter "<SECRET_4>"')[-1].past.typed == ("<SECRET_4>",)
    assert learned(*steps, instruction="Enter <SECRET_4> or <SECRET_5>")[-1].past.typed == ("<SECRET>",)


def test_without_what_was_seen_there_is_nothing_to_learn_but_it_happened() -> None:
    blind = Step("click", 0, 1, x=12, y=20)
    [example] = learned(blind, Step("key", 2, 3, key="Return", elements=(FIELD,)))
    assert example.past.kinds == ("click",)


def test_the_mark_that_was_typed_at_the_end_is_taken_along() -> None:
    instruction = 'reply to them with the text "Vitae sit." and send it'
    assert find_typed(instruction, (), "Vitae sit.") == ((Span(-1, 7, 9),), 0)
    assert find_typed(instruction, (), "Vitae sit") == ((Span(-1, 7, 8),), 0)
