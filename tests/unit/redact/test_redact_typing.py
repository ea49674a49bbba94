"""Typed runs: the text as it stands at the end, and nothing of what was secret on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.events import Key, KeyEdge, ObservedElement, Text
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.remains import part_of_a_code
from aboveboard.redact.spans import Redaction, Span
from aboveboard.redact.typing import TypedRun


class Unredacted(Redactor):
    """Finds nothing, so that a test sees the text that was handed over."""

    def text(self, text: str) -> Redaction:
        return Redaction(text, ())

    def sensitive(self, text: str) -> list[Span]:
        return []


NAME = ObservedElement(role="entry", name="Name", box=(0, 0, 9, 9), path=(1,))
PASSWORD = ObservedElement(role="password text", name="Key phrase", box=(0, 0, 9, 9), path=(2,))


def press(key: str, *modifiers: str, t_us: int = 0) -> KeyEdge:
    return KeyEdge(t_us=t_us, key=key, text=key if len(key) == 1 else "", pressed=True, modifiers=frozenset(modifiers))


def edges(script: str) -> list[KeyEdge]:
    """ "ab{BackSpace}{Shift+Left}c" as key presses 1 ms apart."""
    made = []
    for t, (named, char) in enumerate(re.findall(r"\{([^}]+)\}|(.)", script)):
        *modifiers, key = named.split("+") if named else [char]
        made.append(press(key, *modifiers, t_us=1_000_000 + t * 1000))
    return made


def run(
    script: str,
    element: ObservedElement | None = NAME,
    *,
    prior_empty: bool = True,
    redactor: Redactor | None = None,
    before: str = "",
) -> list[Key | Text]:
    typed = TypedRun(redactor or Redactor(b"k"), 1_000_000, element, prior_empty=prior_empty)
    for edge in edges(script):
        assert typed.apply(edge) != "outside", edge.key
    return typed.finish(None, before)


def text_of(events: Sequence[Key | Text]) -> str:
    (event,) = [event for event in events if isinstance(event, Text)]
    return event.text


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("the garden", "the garden"),
        ("gardenz{BackSpace}", "garden"),
        ("arden{Home}g", "garden"),
        ("garde{Left}{Left}{Delete}{Right}{Right}en{BackSpace}{BackSpace}", "gare"),
        ("old garden{Control+BackSpace}house", "old house"),
        ("old garden{Home}{Control+Delete}new", "new garden"),
        ("old garden{Control+Left}{Control+Left}the {End} now", "the old garden now"),
        ("old garden{Shift+Home}new", "new"),
        ("old garden{Shift+Control+Left}house", "old house"),
        ("old{Shift+Left}{Left}x", "olxd"),
        ("old{Home}{Shift+Right}{Right}x", "oxld"),
        ("old garden{Control+a}new", "new"),
        ("old garden{Control+a}{BackSpace}new", "new"),
        ("old garden{Control+a}{Right}s", "old gardens"),
        ("old garden{Shift+Home}{Control+x}new", "new"),
        ("{BackSpace}{Left}{Delete}new", "new"),
    ],
)
def test_edits(script: str, expected: str) -> None:
    assert text_of(run(script, redactor=Unredacted())) == expected


class NaiveField:
    """A list of characters and two numbers: how a single-line field behaves, written as plainly as possible."""

    def __init__(self) -> None:
        self.chars: list[str] = []
        self.caret = 0
        self.mark = 0

    def press(self, key: str) -> None:
        shift = key.startswith("Shift+")
        name = key.removeprefix("Shift+")
        low, high = sorted((self.caret, self.mark))
        if name in ("Left", "Right", "Home", "End"):
            if low != high and not shift and name in ("Left", "Right"):
                self.caret = low if name == "Left" else high
            else:
                self.caret = {"Left": self.caret - 1, "Right": self.caret + 1, "Home": 0, "End": len(self.chars)}[name]
                self.caret = max(0, min(len(self.chars), self.caret))
            if not shift:
                self.mark = self.caret
            return
        if name == "Control+a":
            self.mark, self.caret = 0, len(self.chars)
            return
        if low != high:
            del self.chars[low:high]
            self.caret = self.mark = low
            if name in ("BackSpace", "Delete"):
                return
        if name == "BackSpace":
            if self.caret:
                del self.chars[self.caret - 1]
                self.caret -= 1
        elif name == "Delete":
            del self.chars[self.caret : self.caret + 1]
        else:
            self.chars.insert(self.caret, name)
            self.caret += 1
        self.mark = self.caret


KEYS = [
    "a",
    "i",
    "o",
    "Left",
    "Right",
    "Home",
    "End",
    "Shift+Left",
    "Shift+Right",
    "Shift+Home",
    "Shift+End",
    "BackSpace",
    "Delete",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from([*KEYS, "Control+a"]), max_size=25))
def test_agrees_with_a_naive_field(script: list[str]) -> None:
    field = NaiveField()
    typed = TypedRun(Unredacted(), 0, NAME, prior_empty=True)
    for key in ["z", *script, "z"]:
        field.press(key)
        *modifiers, name = key.split("+")
        assert typed.apply(press(name, *modifiers)) == "taken"
    assert text_of(typed.finish(None)) == "".join(field.chars)


@pytest.mark.parametrize(
    "key", ["Left", "Home", "End", "BackSpace", "Delete", "Right", "Up", "Return", "Tab", "Escape", "F5"]
)
def test_keys_that_leave_the_typed_text_are_outside(key: str) -> None:
    typed = TypedRun(Redactor(b"k"), 0, NAME, prior_empty=False)
    assert typed.apply(press(key)) == "outside"


def test_pacing_is_kept_for_ordinary_text() -> None:
    (event,) = run("the garden")
    assert isinstance(event, Text)
    assert (event.t_us, event.end_us, event.keys) == (1_000_000, 1_009_000, 10)


def test_replacing_what_was_there_shows_as_select_all() -> None:
    first, second = run("{Control+a}new", prior_empty=False)
    assert (first, second.t_us) == (Key(t_us=1_000_000, key="a", modifiers=("Control",)), 1_001_000)
    assert text_of([second]) == "new"
    assert [event.key for event in run("{Control+a}{Delete}", prior_empty=False) if isinstance(event, Key)] == [
        "a",
        "Delete",
    ]
    assert [event.key for event in run("{Control+a}", prior_empty=False) if isinstance(event, Key)] == ["a"]


def test_a_text_ends_before_all_of_it_is_selected() -> None:
    text, selected = run("old{Control+a}")
    assert isinstance(text, Text)
    assert (text.end_us, text.keys, selected.t_us) == (1_002_000, 3, 1_003_000)


def test_what_is_typed_over_at_once_was_selected_when_it_was_and_says_nothing_else() -> None:
    first, second = run("old{Control+a}new", prior_empty=False)
    assert (first.t_us, second.t_us, text_of([second])) == (1_003_000, 1_004_000, "new")
    selected, cleared = run("old{Control+a}{Delete}", prior_empty=False)
    assert (selected.t_us, cleared.t_us) == (1_003_000, 1_004_000)
    first, second = run("old{Control+a}4012888888881881", prior_empty=False)
    assert first.t_us == second.t_us == 1_000_000, "no rhythm beside a card number"


@pytest.mark.parametrize(
    "script",
    [
        "abc{Control+v}",
        "{Shift+Insert}abc",
        "caf{dead_acute}e",
        "{Multi_key}'e",
        "{Hangul}abc",
        "{Control+Shift+U}00e9",
        "abc{Insert}d",
    ],
)
def test_what_cannot_be_known_is_secret(script: str) -> None:
    events = run(script)
    assert text_of(events) == "<SECRET>"
    event = next(event for event in events if isinstance(event, Text))
    assert (event.t_us, event.end_us, event.keys) == (1_000_000, 1_000_000, 0)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (["", "n", "ni", "你好"], "<SECRET>"),  # what an input method made of it
        (["Grüße an ", "Grüße an t", "Grüße an ti", "Grüße an tiế"], "<SECRET>"),
        (["Grüße an ", "Grüße an n", "Grüße an ni", "Grüße an nih"], "niha"),  # it stood there before
        (["", "n", "", "nih"], "niha"),  # looked at late
    ],
)
def test_what_an_input_method_makes_of_keys_is_not_known(values: list[str], text: str) -> None:
    typed = TypedRun(Unredacted(b"k"), 1_000_000, NAME, prior_empty=not values[0])
    for edge, value in zip(edges("niha"), values, strict=True):
        typed.apply(edge, value)
    assert text_of(typed.finish(None)) == text


def test_letters_of_another_layout_are_typed_ones() -> None:
    typed = TypedRun(Unredacted(b"k"), 1_000_000, NAME, prior_empty=True)
    for edge, value in zip(edges("жук"), ["", "ж", "жу"], strict=True):
        typed.apply(edge, value)
    assert text_of(typed.finish(None)) == "жук"


@pytest.mark.parametrize("script", ["{Control+a}", "{Control+a}{Delete}", "{BackSpace}", "{Left}{Left}"])
def test_edits_in_a_field_nobody_knows_leave_one_mark_and_in_a_password_none(script: str) -> None:
    """Without it, a dataset tells of somebody who emptied a file by saving it."""
    (mark,) = run(script, None)
    assert isinstance(mark, Text)
    assert (mark.text, mark.t_us, mark.end_us, mark.keys) == ("<SECRET>", 1_000_000, 1_000_000, 0)
    assert run(script, PASSWORD) == []
    slipped = TypedRun(Redactor(b"k"), 1_000_000, NAME)
    slipped.apply(press("a", "Control"))
    slipped.distrust()
    assert text_of(slipped.finish(None)) == "<SECRET>"


def test_an_endless_text_becomes_secret() -> None:
    typed = TypedRun(Redactor(b"k"), 0, NAME, prior_empty=True)
    typed._buffer = "a " * 5000
    typed._caret = 10_000
    assert typed.apply(press("b")) == "taken"
    assert text_of(typed.finish(None)) == "<SECRET>"


def test_nothing_of_a_deleted_secret_remains() -> None:
    assert text_of(run("4111111111111111{Control+BackSpace}hello")) == "hello"
    assert text_of(run("password: hunter2!{Home}" + "{Delete}" * 10)) == "<SECRET>"
    assert text_of(run("ghp_" + "a1B2c3D4e5F6" * 3 + "{BackSpace}" * 30)) == "<SECRET>"


def test_half_of_a_deleted_name_or_address_does_not_stay() -> None:
    back = "{BackSpace}"
    assert text_of(run("Thistlethwaite" + back * 7)) == "<SECRET>"
    assert text_of(run("write to rose@garden.example" + back * 8)) == "<SECRET>"
    assert text_of(run("gardenz" + back)) == "garden", "mending a slip is no half of a name"
    assert text_of(run("the old gardenz" + back + " is quiet")) == "the old garden is quiet"


def test_addresses_typed_are_cut_down_to_their_route() -> None:
    assert text_of(run("https://shop.example/orders/4711")) == "https://shop.example/orders/:id"
    assert text_of(run("shop.example/users/rose/settings")) == "shop.example/users/:id/settings"


def test_identifiers_get_placeholders() -> None:
    assert text_of(run("pay 4111111111111111 now")) == "pay <CARD_1> now"
    assert text_of(run("jane@example.org")) == "<EMAIL_1>"
    assert text_of(run("ghp_" + "a1B2c3D4e5F6" * 3)) == "<SECRET>"
    (event,) = run("pay 4111111111111111 now")
    assert isinstance(event, Text)
    assert (event.end_us, event.keys) == (event.t_us, 0), "the rhythm of a card number is part of it"


def test_an_identifier_across_two_runs_is_masked() -> None:
    assert text_of(run("@example.org", before="jane.doe")) == "<SECRET>"
    assert text_of(run("and the garden", before="the old house ")) == "and the garden"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"abcXYZ019!@ ", "BackSpace", "Left", "Home", "Control+a", "Control+v", "Shift+Left"]),
        min_size=1,
        max_size=30,
    )
)
def test_secret_runs_all_look_the_same(script: list[str]) -> None:
    for element in (PASSWORD, None):
        typed = TypedRun(Redactor(b"k"), 1_000_000, element)
        for t, key in enumerate(["x", *script]):
            *modifiers, name = key.split("+")
            assert typed.apply(press(name, *modifiers, t_us=1_000_000 + t)) == "taken"
        assert typed.finish(None) == [Text(t_us=1_000_000, end_us=1_000_000, text="<SECRET>")]


@pytest.mark.parametrize("piece", ["wqwx", "vqx.", ".zvq", "xk"])
def test_a_piece_of_an_address_whose_rest_is_elsewhere_does_not_stay(piece: str) -> None:
    """Letters that stay elsewhere as nobody is called so; two of them tell nothing."""
    assert part_of_a_code(f"see {piece}", []) is (len(piece) > 2)
    assert not part_of_a_code("the end. (See below!)", [])


def test_a_typed_password_is_masked_wherever_it_turns_up_later() -> None:
    redactor = Redactor(b"k")
    run("plain-old-words", PASSWORD, redactor=redactor)
    assert redactor.text("you typed plain-old-words there").text == "you typed <SECRET_1> there"


def test_runs_show_nothing_of_themselves(make: Any) -> None:
    typed = TypedRun(Redactor(b"k"), 0, NAME, prior_empty=True)
    typed.apply(press("a"))
    assert repr(typed) == "<TypedRun>"
