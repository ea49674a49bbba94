"""The stage: permitted input in, kept events out, in order of time, and fail closed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.clock import FixedClock
from aboveboard.core.columns import decode_column
from aboveboard.core.events import (
    Button,
    ButtonEdge,
    Focus,
    Gap,
    KeptEvent,
    Key,
    KeyEdge,
    Motion,
    ObservedElement,
    Permitted,
    PointerPath,
    Scene,
    Scroll,
    Snapshot,
    Surface,
    Task,
    Text,
)
from aboveboard.redact import keys
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.stage import RedactionStage

BOX = (0, 0, 9, 9)
NewStage = Callable[[], RedactionStage]


def feed(stage: RedactionStage, events: Iterable[Permitted]) -> list[KeptEvent]:
    return [redacted.event for event in events for redacted in stage.feed(event)]


def kinds(events: Iterable[KeptEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def shape(events: Iterable[KeptEvent]) -> list[str]:
    """Kind and what a reader of the list needs to see."""
    names = []
    for event in events:
        if isinstance(event, Key):
            names.append("+".join([*event.modifiers, event.key]))
        elif isinstance(event, Text):
            names.append(f"Text {event.text}")
        else:
            names.append(type(event).__name__)
    return names


def test_a_click_and_a_word_in_order(stage: RedactionStage, make: Any) -> None:
    entry = make.element()
    scene = Snapshot(t_us=make.t_us - 50, elements=(entry, make.element("push button", "Submit", path=(0, 2))))
    events = feed(stage, [
        make.permitted(make.motion()),
        make.permitted(make.button(), entry, scene),
        make.permitted(make.button(pressed=False), entry),
        *make.typed("hello", entry),
        make.permitted(make.motion()),
        make.permitted(make.wheel(), entry),
        make.permitted(make.key("Return"), entry),
    ])  # fmt: skip
    assert kinds(events) == [
        "Focus",
        "PointerPath",
        "Scene",
        "Button",
        "Button",
        "Text",
        "PointerPath",
        "Scroll",
        "Key",
    ]
    assert [event.t_us for event in events] == sorted(event.t_us for event in events)
    focus, path, kept_scene, press, release, text, _, scroll, _ = events
    assert isinstance(focus, Focus)
    assert (focus.app, focus.site, focus.title) == ("chromium", "https://shop.example", "Orders")
    assert isinstance(path, PointerPath)
    assert decode_column(path.t, path.n).tolist() == [0, 8_000, 16_000]
    assert decode_column(path.x, path.n).tolist() == [100, 101, 102]
    assert decode_column(path.y, path.n).tolist() == [200, 201, 202]
    assert isinstance(kept_scene, Scene)
    assert [element.name for element in kept_scene.elements] == ["Name", "Submit"]
    assert isinstance(press, Button)
    assert isinstance(release, Button)
    assert press.element is not None
    assert press.element.name == "Name"
    assert release.element is None
    assert isinstance(text, Text)
    assert (text.text, text.keys) == ("hello", 5)
    assert isinstance(scroll, Scroll)
    assert scroll.element is not None


def test_every_event_knows_its_app(stage: RedactionStage, make: Any) -> None:
    out = stage.feed(make.permitted(make.motion()))
    assert {redacted.app for redacted in out} == {"chromium"}


@pytest.mark.parametrize("key", ["Return", "Tab", "Escape", "Up", "Down", "F5", "Prior"])
def test_named_keys_end_a_run_and_follow_it(stage: RedactionStage, make: Any, key: str) -> None:
    entry = make.element()
    events = feed(stage, [*make.typed("hello", entry), make.permitted(make.key(key), entry)])
    assert shape(events) == ["Focus", "Text hello", key]


def test_shortcuts(stage: RedactionStage, make: Any) -> None:
    entry = make.element()
    events = feed(stage, [
        *make.typed("hello", entry),
        make.permitted(make.key("Control_L"), entry),
        make.permitted(make.key("s", "s", ["Control"]), entry),
        make.permitted(make.key("Tab", None, ["Alt"]), entry),
        make.permitted(make.key("ISO_Left_Tab", None, ["Shift"]), entry),
    ])  # fmt: skip
    assert shape(events) == ["Focus", "Text hello", "Control+s", "Alt+Tab", "Shift+ISO_Left_Tab"]


def test_keys_before_any_text_in_a_filled_field(stage: RedactionStage, make: Any) -> None:
    entry = make.element(value="something")
    events = feed(stage, [
        make.permitted(make.key("End"), entry),
        make.permitted(make.key("BackSpace"), entry),
        *make.typed("hello", entry),
        make.permitted(make.key("Home"), entry),
        *make.typed("old", entry),
        make.permitted(make.key("Return"), entry),
    ])  # fmt: skip
    assert shape(events) == ["Focus", "End", "BackSpace", "Text hello", "Home", "Text old", "Return"]


def test_a_field_typed_into_before_is_not_taken_for_empty(stage: RedactionStage, make: Any) -> None:
    """The tree still says so, but a second run's Home leads out of what that run typed."""
    entry = make.element()
    feed(stage, [*make.typed("hello", entry), make.permitted(make.button(), entry)])
    events = feed(stage, [*make.typed("old", entry), make.permitted(make.key("Home"), entry)])
    assert shape(events) == ["Text old", "Home"]


def test_a_paste_shows_as_a_shortcut_and_its_text_does_not(stage: RedactionStage, make: Any) -> None:
    entry = make.element()
    paste = make.permitted(make.key("v", "v", ["Control"]), entry)
    assert shape(feed(stage, [paste, make.permitted(make.key("Return"), entry)])) == ["Focus", "Control+v", "Return"]
    events = feed(
        stage, [*make.typed("hello", entry), paste, *make.typed("old", entry), make.permitted(make.key("Tab"), entry)]
    )
    assert shape(events) == ["Text <SECRET>", "Control+v", "Tab"]


def test_a_middle_click_pastes_too(stage: RedactionStage, make: Any) -> None:
    entry = make.element()
    events = feed(stage, [make.permitted(make.button(button=2), entry), *make.typed("hello", entry)])
    events += [redacted.event for redacted in stage.flush()]
    assert shape(events) == ["Focus", "Button", "Text <SECRET>"]


@pytest.mark.parametrize(("shown", "kept"), [
    ("a letter garden", "garden"), ("a letter", "<SECRET>"), ("garden and a letter", "<SECRET>"),
    ("to Thistlegarden", "<SECRET>"),
])  # fmt: skip
def test_what_is_typed_after_a_middle_click_stays_where_the_field_shows_what_is_around_it(
    stage: RedactionStage, make: Any, shown: str, kept: str
) -> None:
    """The second and the third look-up are older than the keys."""
    before = make.element(value="garden and a letter" if shown.startswith("garden") else "a letter")
    after = replace(before, value=shown)
    middle = [make.permitted(make.button(button=2), before), *make.typed("garden", before)]
    events = feed(stage, [*middle, make.permitted(make.key("Tab"), after)])
    assert [event.text for event in events if isinstance(event, Text)] == [kept]


@pytest.mark.parametrize(
    "ends", ["other field", "button", "other window", "other page", "task", "gap", "flush"]
)  # fmt: skip
def test_what_ends_a_run(stage: RedactionStage, make: Any, ends: str) -> None:
    entry = make.element()
    assert shape(feed(stage, make.typed("hello", entry))) == ["Focus"]
    if ends == "other field":
        out = feed(stage, make.typed("x", make.element(path=(0, 9))))
    elif ends == "button":
        out = feed(stage, [make.permitted(make.button(), entry)])
    elif ends == "other window":
        out = feed(stage, [make.permitted(make.motion(), surface=replace(make.surface, window=8))])
    elif ends == "other page":
        out = feed(
            stage, [make.permitted(make.key("x"), entry, surface=replace(make.surface, site="https://b.example"))]
        )
    elif ends == "task":
        out = [redacted.event for redacted in stage.task("stop", outcome="success")]
    elif ends == "gap":
        out = [redacted.event for redacted in stage.gap(make.tick(), make.tick(), "app_not_allowed")]
    else:
        out = [redacted.event for redacted in stage.flush()]
    assert shape(out)[0] == "Text hello"


def test_typing_with_no_known_field_is_secret(stage: RedactionStage, make: Any) -> None:
    events = feed(stage, [*make.typed("hello", None), make.permitted(make.key("Return"), None)])
    assert shape(events) == ["Focus", "Text <SECRET>", "Return"]


def test_focus_that_arrives_late_does_not_let_the_first_letters_through(stage: RedactionStage, make: Any) -> None:
    events = feed(stage, [*make.typed("hun", None), *make.typed("ter", make.element("password text", "Password"))])
    events += [redacted.event for redacted in stage.flush()]
    assert shape(events) == ["Focus", "Text <SECRET>", "Text <SECRET>"]


def test_characters_on_a_button_or_list_are_not_kept(stage: RedactionStage, make: Any) -> None:
    item = make.element("list item", "Cheese")
    events = feed(stage, [*make.typed("chx", item), make.permitted(make.key("Down"), item), *make.typed(" ", item)])
    assert shape(events) == ["Focus", "Text <SECRET>", "Down", "space"]


def test_a_character_never_becomes_a_key_event(stage: RedactionStage, make: Any) -> None:
    """Whatever the modifiers that type: Shift and AltGr make characters, not shortcuts."""
    for target in (None, make.element(), make.element("push button", "Ok"), make.element("password text", "x")):
        presses = [
            make.permitted(make.key("Q", "Q", ["Shift"]), target),
            make.permitted(make.key("EuroSign", "€", ["AltGr"]), target),
        ]
        presses.append(make.permitted(make.key("U2713", ""), target))
        events = feed(stage, presses) + [redacted.event for redacted in stage.flush()]
        assert not [event for event in events if isinstance(event, Key)]


@pytest.mark.parametrize("role", ["password text", None])
def test_passwords_differ_only_in_time(new_stage: NewStage, make: Any, role: str | None) -> None:
    """Neither length, rhythm, edits, nor what was typed."""
    target = None if role is None else make.element(role, "Password")
    short = [make.permitted(make.key(key), target) for key in ("a", "Return")]
    long = [
        *make.typed("Correct Horse 9!", target),
        make.permitted(make.key("BackSpace"), target),
        make.permitted(make.key("Left"), target),
        make.permitted(make.key("a", "a", ["Control"]), target),
        make.permitted(make.key("v", "v", ["Control"]), target),
        make.permitted(make.key("Return"), target),
    ]
    one, other = feed(new_stage(), short), feed(new_stage(), long)

    def timeless(events: list[KeptEvent]) -> list[KeptEvent]:
        for event in events:
            assert not isinstance(event, Text) or event.end_us == event.t_us
        return [without_time(event) for event in events]

    assert timeless(one) == timeless(other)
    assert shape(one) == ["Focus", "Text <SECRET>", "Return"]


def without_time(event: KeptEvent) -> KeptEvent:
    changes = {"t_us": 0} | ({"end_us": 0} if isinstance(event, Text) else {})
    return msgspec.structs.replace(event, **changes)


def test_gaps_mark_holes_and_make_the_next_event_say_where_it_is(stage: RedactionStage, make: Any) -> None:
    feed(stage, make.typed("hello", make.element()))
    start, end = make.tick(), make.tick()
    out = [redacted.event for redacted in stage.gap(start, end, "app_not_allowed")]
    assert shape(out) == ["Text hello", "Gap"]
    assert out[-1] == Gap(t_us=start, end_us=end, reason="app_not_allowed")
    assert shape(feed(stage, [make.permitted(make.motion())])) == ["Focus", "PointerPath"]


@pytest.mark.parametrize("reason", ["opted_out", "forgotten", "no_consent", "paused"])
def test_some_gaps_drop_what_was_typed(stage: RedactionStage, make: Any, reason: Any) -> None:
    feed(stage, make.typed("hello", make.element()))
    began = make.t_us - 9 * 100_000
    (gap,) = [redacted.event for redacted in stage.gap(make.tick(), make.tick(), reason)]
    assert gap == Gap(t_us=began, end_us=make.t_us, reason=reason), "what was dropped lies in the gap too"
    assert stage.flush() == []


def test_a_failure_inside_drops_the_run_and_leaves_a_gap(
    stage: RedactionStage, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(stage, make.typed("hello", make.element()))
    began = make.t_us

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("hello is in this message")

    with monkeypatch.context() as patched:
        patched.setattr("aboveboard.redact.stage.redact_element", broken)
        out = stage.feed(make.permitted(make.button(), make.element()))
    (gap,) = [redacted.event for redacted in out]
    assert isinstance(gap, Gap)
    assert gap.reason == "redaction_failed"
    assert gap.t_us < began
    assert gap.end_us == make.t_us
    assert stage.flush() == []
    assert shape(feed(stage, [make.permitted(make.motion())])) == ["Focus", "PointerPath"]


def test_impossible_columns_are_a_failure_not_a_crash(stage: RedactionStage, make: Any) -> None:
    motion = make.motion(2)
    out = stage.feed(make.permitted(replace(motion, t_us=motion.t_us + np.array([0, 1 << 40]))))
    assert kinds(redacted.event for redacted in out) == ["Gap"]
    assert kinds(redacted.event for redacted in stage.feed(make.permitted(replace(motion, t_us=motion.t_us[:0])))) == [
        "Gap"
    ]


def test_time_never_falls(stage: RedactionStage, make: Any) -> None:
    late = make.permitted(make.button())
    early = make.permitted(replace(make.button(pressed=False), t_us=5))
    events = feed(stage, [late, early])
    assert [event.t_us for event in events] == sorted(event.t_us for event in events)


def test_what_is_held_back_is_bounded(stage: RedactionStage, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aboveboard.redact.stage._HELD_MAX", 5)
    entry = make.element()
    events = feed(stage, [*make.typed("hello", entry), *[make.permitted(make.wheel(), entry) for _ in range(8)]])
    assert kinds(events) == ["Focus", "Text", *["Scroll"] * 8]


def test_an_identifier_split_by_a_flush_is_not_completed(stage: RedactionStage, make: Any) -> None:
    entry = make.element()
    events = feed(stage, make.typed("jane.doe", entry)) + [redacted.event for redacted in stage.flush()]
    events += feed(stage, [*make.typed("@example.org", entry), make.permitted(make.key("Return"), entry)])
    assert shape(events) == ["Focus", "Text <PERSON_1>.<PERSON_2>", "Text <SECRET>", "Return"]


def test_tasks_are_redacted_and_dated(stage: RedactionStage) -> None:
    (start,) = stage.task("start", "Write to jane@example.org", t_us=7)
    assert start.event == Task(t_us=7, phase="start", description="Write to <EMAIL_1>")
    (stop,) = stage.task("stop", outcome="failure")
    assert stop.event == Task(t_us=50_000_000, phase="stop", outcome="failure")


def test_titles_and_sites(stage: RedactionStage, make: Any) -> None:
    surface = replace(make.surface, title="Mail from Karen – jane@example.org", site="https://u:p@a.example:1/x?y")
    (focus,) = [redacted.event for redacted in stage.focus(9, surface)]
    assert isinstance(focus, Focus)
    assert (focus.title, focus.site) == ("Mail from <PERSON_1> – <EMAIL_1>", "https://a.example:1")
    assert stage.focus(10, surface) == []
    (other,) = [redacted.event for redacted in stage.focus(11, replace(surface, site=None, app=None))]
    assert isinstance(other, Focus)
    assert (other.app, other.site) == ("", None)


KEYS = st.sampled_from(
    [
        *[
            ("a", "a"),
            ("Q", "Q"),
            ("4", "4"),
            ("space", " "),
            ("at", "@"),
            ("EuroSign", "€"),
            ("v", "v"),
            ("Return", "\r"),
        ],
        *[
            (name, "")
            for name in ("BackSpace", "Left", "Home", "Tab", "Delete", "dead_acute", "Insert", "Shift_L", "F5")
        ],
        *[("U2713", ""), ("KP_Home", ""), ("Up", "")],
    ]
)
HELD = st.sampled_from([(), (), (), ("Shift",), ("Control",), ("Alt",), ("Control", "Shift"), ("AltGr",)])
TARGETS = st.sampled_from(["entry", "password text", "push button", "none"])
KINDS = st.sampled_from(["key", "key", "key", "click", "move", "flush"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(KEYS, HELD, TARGETS, KINDS), max_size=40))
def test_whatever_is_pressed(script: list[tuple[tuple[str, str], tuple[str, ...], str, str]]) -> None:
    stage = RedactionStage(Redactor(b"k"), FixedClock(0))
    surface = Surface(window=1, app="a", is_browser=False, site=None, title="t", box=BOX)
    events: list[KeptEvent] = []
    for n, ((key, text), held, role, kind) in enumerate(script):
        target = None if role == "none" else ObservedElement(role=role, name="Field", box=BOX, path=(len(role),))
        raw: Any = KeyEdge(t_us=n, key=key, text=text, pressed=True, modifiers=frozenset(held))
        if kind == "click":
            raw = ButtonEdge(t_us=n, x=1, y=1, button=1 + n % 3, pressed=True)
        elif kind == "move":
            raw = Motion(np.array([n]), np.array([1], dtype=np.int32), np.array([1], dtype=np.int32))
        events += [redacted.event for redacted in stage.feed(Permitted(raw, surface, target, None, "p"))]
        if kind == "flush":
            events += [redacted.event for redacted in stage.flush()]
    events += [redacted.event for redacted in stage.flush()]
    assert not [event for event in events if isinstance(event, Gap)]
    assert [event.t_us for event in events] == sorted(event.t_us for event in events)
    for event in events:
        if isinstance(event, Key):
            named = keys.is_named(KeyEdge(0, event.key, "", True)) or event.key == "space"
            assert named or set(event.modifiers) & {"Control", "Alt"}
        if isinstance(event, Text) and (event.element is None or event.element.role != "entry"):
            assert (event.text, event.end_us, event.keys) == ("<SECRET>", event.t_us, 0)
