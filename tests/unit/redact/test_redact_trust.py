"""Which field a key is believed to be in: late focus, fields that change, and what is cut short."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from aboveboard.core.events import Box, Key, KeyEdge, ObservedElement, Permitted, Redacted, Snapshot, Text
from aboveboard.redact.stage import RedactionStage

BY_HAND_US = 200_000


def field(role: str = "entry", name: str = "Note", row: int = 1, **more: Any) -> ObservedElement:
    box: Box = more.pop("box", (10, 40 * row, 100, 30))
    return ObservedElement(role=role, name=name, box=box, path=(0, row), **more)


NOTE = field()
NAME = field("entry", "Full name", 2)
PASSWORD = field("password text", "Choose a phrase", 3)
CODE = field("entry", "One-time code", 4)


class Hand:
    """Feeds a stage with keys and clicks at given distances in time."""

    def __init__(self, stage: RedactionStage, make: Any) -> None:
        self.stage, self.make = stage, make
        self.t_us = 1_000_000
        self.out: list[Redacted] = []

    def give(self, raw: Any, target: ObservedElement | None, scene: Snapshot | None = None, **surface: Any) -> None:
        where = replace(self.make.surface, **surface)
        self.out += self.stage.feed(Permitted(raw, where, target, scene, "p"))

    def key(self, key: str, target: ObservedElement | None, *modifiers: str, after_us: int = BY_HAND_US) -> None:
        self.t_us += after_us
        text = key if len(key) == 1 else ""
        self.give(KeyEdge(self.t_us, "space" if key == " " else key, text, True, frozenset(modifiers)), target)

    def type(self, text: str, target: ObservedElement | None, after_us: int = BY_HAND_US) -> None:
        for char in text:
            self.key(char, target, after_us=after_us)

    def click(self, target: ObservedElement | None, scene: Snapshot | None = None) -> None:
        self.t_us += BY_HAND_US
        self.give(replace(self.make.button(), t_us=self.t_us), target, scene)

    def flush(self) -> None:
        self.out += self.stage.flush()

    def texts(self) -> list[str]:
        self.flush()
        return [item.event.text for item in self.out if isinstance(item.event, Text)]

    def keys(self) -> list[str]:
        self.flush()
        return [item.event.key for item in self.out if isinstance(item.event, Key)]


@pytest.fixture
def hand(stage: RedactionStage, make: Any) -> Hand:
    return Hand(stage, make)


# ---------------------------------------------------------------- late focus


@pytest.mark.parametrize("clicked", [PASSWORD, CODE, None, field("push button", "Go", 9)])
def test_the_first_letters_after_a_click_are_not_the_old_fields(hand: Hand, clicked: ObservedElement | None) -> None:
    hand.type("garden", NOTE)
    hand.click(clicked)
    hand.type("hou", NOTE, after_us=5_000)  # said to be there still
    hand.flush()
    assert hand.texts() == ["garden", "<SECRET>"]


def test_the_same_after_a_tab(hand: Hand) -> None:
    hand.type("garden", NOTE)
    hand.key("Tab", NOTE)
    hand.type("hou", NOTE, after_us=5_000)
    hand.flush()
    hand.type("se", PASSWORD)
    assert hand.texts() == ["garden", "<SECRET>", "<SECRET>"]


def test_a_click_into_the_same_field_needs_no_settling(hand: Hand) -> None:
    hand.type("garden", NOTE)
    hand.click(NOTE)
    hand.type("hou", NOTE, after_us=5_000)
    hand.click(field("static", "garden", 1, box=(12, 42, 20, 20)))
    assert hand.texts()[0] == "garden"
    assert "<SECRET>" not in hand.texts()


def test_a_click_on_a_secret_field_is_believed_more_than_a_look_up(hand: Hand) -> None:
    hand.click(PASSWORD)
    hand.type("house", NOTE)  # long after: the look-up is wrong, not late
    hand.flush()
    hand.key("Tab", NOTE)
    hand.type("garden", NAME)
    assert hand.texts() == ["<SECRET>", "garden"]


def test_letters_before_an_unexplained_change_to_a_secret_field_may_be_its_own(hand: Hand) -> None:
    """The page moved the focus in the middle of typing, or the click was not seen."""
    for other in (PASSWORD, CODE, None):
        hand.click(NOTE)
        hand.type("hou", NOTE)
        hand.type("se", other)
        hand.key("Tab", other)
    assert hand.texts() == ["<SECRET>"] * 6


def test_an_ordinary_change_of_field_keeps_both(hand: Hand) -> None:
    hand.type("garden", NOTE)
    hand.type("house", NAME)
    assert hand.texts() == ["garden", "house"]


def test_a_paste_does_not_show_when_the_run_turns_out_secret(hand: Hand) -> None:
    hand.type("hou", NOTE)
    hand.key("v", NOTE, "Control")
    hand.type("se", PASSWORD)
    assert hand.keys() == []


# ---------------------------------------------------------------- fields that change


@pytest.mark.parametrize(
    "shown",
    [
        replace(PASSWORD, role="entry"),
        replace(PASSWORD, role="entry", name="Your phrase"),
        replace(PASSWORD, role="entry", box=(10, 400, 90, 30)),
        replace(PASSWORD, role="entry", path=(0, 7)),
    ],
)
def test_a_password_made_visible_stays_secret(hand: Hand, shown: ObservedElement) -> None:
    hand.click(PASSWORD)
    hand.type("hou", PASSWORD)
    hand.type("se", shown)
    hand.click(shown)
    hand.type("garden", shown)
    assert set(hand.texts()) == {"<SECRET>"}


def test_also_one_that_was_only_seen_as_a_password(hand: Hand) -> None:
    hand.click(None, Snapshot(hand.t_us, (NOTE, PASSWORD)))
    hand.click(field("push button", "Show", 8))
    hand.click(replace(PASSWORD, role="entry"))
    hand.type("house", replace(PASSWORD, role="entry"))
    assert hand.texts() == ["<SECRET>"]


def test_what_follows_a_secret_without_a_reason_is_secret_too(hand: Hand) -> None:
    hand.type("hou", PASSWORD)
    hand.type("se", NOTE)
    assert set(hand.texts()) == {"<SECRET>"}
    hand.key("Tab", NOTE)
    hand.type("garden", NAME)
    assert hand.texts()[-1] == "garden"


def test_another_page_may_have_an_ordinary_field_there(hand: Hand) -> None:
    hand.type("house", PASSWORD)
    hand.key("Return", PASSWORD)
    hand.t_us += BY_HAND_US
    hand.give(KeyEdge(hand.t_us, "a", "a", True), replace(PASSWORD, role="entry"), site="https://b.example")
    assert hand.texts() == ["<SECRET>", "a"]


def test_a_title_that_changes_does_not_cut_a_run(hand: Hand) -> None:
    hand.type("gol", NOTE)
    hand.give(KeyEdge(hand.t_us + 1, "d", "d", True), NOTE, title="(1) Orders")
    hand.give(KeyEdge(hand.t_us + 2, "en", "", True), NOTE, title="(2) Orders")
    hand.flush()
    kinds = [type(item.event).__name__ for item in hand.out]
    assert kinds == ["Focus", "Text", "Focus", "Focus"]
    assert hand.texts() == ["gold"]


# ---------------------------------------------------------------- nothing of a secret


@pytest.mark.parametrize("target", [PASSWORD, CODE])
def test_no_edit_of_a_secret_shows(hand: Hand, target: ObservedElement) -> None:
    hand.key("Up", target)
    hand.type("house", target)
    for name in ("BackSpace", "Delete", "Left", "Home", "End", "Up", "Down", "Prior", "Insert", "dead_acute"):
        hand.key(name, target)
    for name in ("a", "c", "x", "v", "z", "y", "u", "h", "k", "w", "BackSpace", "Left"):
        hand.key(name, target, "Control")
    hand.key("Right", target, "Shift")
    hand.key("Return", target)
    assert (hand.texts(), hand.keys()) == (["<SECRET>"], ["Return"])


def test_a_pause_while_typing_a_secret_does_not_show(hand: Hand) -> None:
    """The caller flushes when the hand has been idle; going on in the same field adds nothing."""
    hand.type("hou", PASSWORD)
    hand.flush()
    hand.type("se", PASSWORD)
    hand.flush()
    hand.key("Return", PASSWORD)
    assert hand.texts() == ["<SECRET>"]
    hand.type("again", PASSWORD)
    assert hand.texts() == ["<SECRET>"] * 2


# ---------------------------------------------------------------- cut short


CARD = "4532 0151 1283 0366"


@pytest.mark.parametrize("cut", range(1, len(CARD)))
@pytest.mark.parametrize("by", ["click", "flush", "undo", "up", "other field"])
def test_a_number_cut_in_two_shows_no_half(hand: Hand, cut: int, by: str) -> None:
    after = NOTE
    hand.click(NOTE)
    hand.type(CARD[:cut], NOTE)
    if by == "click":
        hand.click(NOTE)
    elif by == "flush":
        hand.flush()
    elif by == "undo":
        hand.key("z", NOTE, "Control")
    elif by == "up":
        hand.key("Up", NOTE)
    else:
        after = NAME  # boxes that lead on by themselves
    hand.type(CARD[cut:], after)
    hand.key("Tab", after)
    shown = "".join(hand.texts())
    for left in ("<SECRET>", "<CARD_1>", "<NUMBER_1>", "<PHONE_1>", "<ID_1>"):
        shown = shown.replace(left, "")
    assert sum(char.isdigit() for char in shown) <= 1, hand.texts()


def test_a_number_goes_on_after_a_visit_to_another_field(hand: Hand) -> None:
    hand.type(CARD[:14], NOTE)
    hand.flush()
    hand.click(NAME)
    hand.type("garden", NAME)
    hand.click(NOTE)
    hand.type(CARD[14:], NOTE)
    hand.key("Tab", NOTE)
    hand.type("2024", NAME)
    hand.key("Tab", NAME)
    assert hand.texts() == ["<PHONE_1>", "garden", "<SECRET>", "2024"]


def test_words_cut_in_two_stay(hand: Hand) -> None:
    hand.type("the old ", NOTE)
    hand.click(NOTE)
    hand.type("house", NOTE)
    hand.key("Tab", NOTE)
    assert hand.texts() == ["the old ", "house"]


# ---------------------------------------------------------------- what appears without keys


def test_a_piece_of_what_was_completed_is_not_kept(hand: Hand) -> None:
    hand.type("rose", NOTE)
    hand.key("Return", replace(NOTE, value="rose.garden@example.org"))
    assert hand.texts() == ["<SECRET>"]


def test_a_completed_word_is_kept_as_typed(hand: Hand) -> None:
    hand.type("the quiet old gar", NOTE)
    hand.key("Return", replace(NOTE, value="the quiet old garden"))
    assert hand.texts() == ["the quiet old gar"] or hand.texts() == ["the quiet old <PERSON_1>"]


@pytest.mark.parametrize(("before", "typed", "after"), [
    ("the quiet garden", "party", ""), ("the sim", "again", "ple garden"), ("the ", "open", "garden"),
    ("the gar", "quiet old ", "den party"),
])  # fmt: skip
def test_a_word_put_to_a_word_is_none_of_a_name(hand: Hand, before: str, typed: str, after: str) -> None:
    hand.type(typed, replace(NOTE, value=before + after))
    hand.key("Tab", replace(NOTE, value=before + typed + after))
    assert hand.texts() == [typed]


def test_a_look_up_that_is_ahead_of_the_first_key_shows_what_stood_there_too(hand: Hand) -> None:
    hand.type("again", replace(NOTE, value="the simagple garden"))
    hand.key("Tab", replace(NOTE, value="the simagainple garden"))
    assert hand.texts() == ["again"]


@pytest.mark.parametrize(("before", "typed", "after"), [
    ("to Thistle", "old house ", "thwaite"),
    ("to Thistle", "house", "thwaite"), ("to ", "thistle", "thwaite"), ("rose.", "garden", "@example.org"),
    ("rose@", "exam", "ple.org"),
])  # fmt: skip
def test_what_is_put_to_anything_else_may_be_a_piece_of_it(hand: Hand, before: str, typed: str, after: str) -> None:
    hand.type(typed, replace(NOTE, value=before + after))
    hand.key("Tab", replace(NOTE, value=before + typed + after))
    assert hand.texts() == ["<SECRET>"]


def test_what_a_program_puts_to_a_word_may_make_a_name_of_it(hand: Hand) -> None:
    hand.type("wood", NOTE)
    hand.key("Tab", replace(NOTE, value="woodhouseman"))
    hand.type("garden", replace(NOTE, value="to "))
    hand.key("Tab", replace(NOTE, value="to gardenparty"))
    assert hand.texts() == ["<SECRET>", "<SECRET>"]


def test_typing_inside_an_address_that_stood_there(hand: Hand) -> None:
    before = replace(NOTE, value="rose@ple.org")
    hand.type("exam", before)
    hand.key("Tab", replace(NOTE, value="rose@example.org"))
    assert hand.texts() == ["<SECRET>"]


def elements_of(out: Iterable[Redacted]) -> list[str]:
    return [item.event.element.name for item in out if isinstance(item.event, Text) and item.event.element is not None]


def test_a_field_named_by_its_content_keeps_no_name(hand: Hand) -> None:
    named = replace(NOTE, name="the quiet old garden")
    hand.type("the quiet old garden", named)
    hand.flush()
    assert elements_of(hand.out) == [""]


def test_a_click_on_the_text_inside_a_field_shows_nothing_of_it(hand: Hand) -> None:
    inside = ObservedElement("static", "the quiet old garden", NOTE.box, path=(*NOTE.path, 0))
    hand.click(inside, Snapshot(hand.t_us, (NOTE, inside)))
    hand.click(inside)
    names = [getattr(item.event, "element", None) for item in hand.out]
    assert [each.name for each in names if each is not None] == ["", ""]


def test_without_a_tree_a_text_that_is_clicked_shows_nothing(hand: Hand) -> None:
    hand.click(ObservedElement("static", "the quiet old garden", NOTE.box, path=(0, 5)))
    (element,) = [each for each in (getattr(item.event, "element", None) for item in hand.out) if each is not None]
    assert element.name == ""
