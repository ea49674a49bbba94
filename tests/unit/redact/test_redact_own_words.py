"""A field that says "answer" because the person wrote so asks them for nothing; one that says so by itself does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aboveboard.core.events import KeyEdge, ObservedElement, Permitted, Snapshot, Text
from aboveboard.redact.own_words import OwnWords
from aboveboard.redact.stage import RedactionStage

NOTE = ObservedElement("text", "", (0, 0, 400, 300), frozenset({"editable", "multi-line"}), (2, 0))
ENTRY = ObservedElement("entry", "Subject", (0, 0, 200, 30), frozenset({"editable", "single-line"}), (1, 0))


class Writer:
    """Types into a field whose content grows with what is typed."""

    def __init__(self, stage: RedactionStage, make: Any, field: ObservedElement) -> None:
        self.stage, self.make, self.field = stage, make, field
        self.texts: list[str] = []

    def _give(self, raw: Any, scene: Snapshot | None = None) -> None:
        self._keep(self.stage.feed(Permitted(raw, self.make.surface, self.field, scene, "p")))

    def _keep(self, out: list[Any]) -> None:
        self.texts += [each.event.text for each in out if isinstance(each.event, Text)]

    def look(self) -> None:
        """A click into it, with a scene that shows it."""
        self._give(replace(self.make.button()), Snapshot(0, (self.field,), self.field))
        self.make.t_us += 200_000

    def type(self, text: str, ahead: int = 0) -> None:
        """ahead: by how many letters the look-up is ahead of the key."""
        before = self.field.value
        for n, char in enumerate(text):
            key = KeyEdge(self.make.tick(), "space" if char == " " else char, char, True)
            self.field = replace(self.field, value=before + text[: n + ahead])
            self._give(key)
        self.field = replace(self.field, value=before + text)

    def enter(self) -> None:
        self.field = replace(self.field, value=self.field.value + "\n")
        self._give(KeyEdge(self.make.tick(), "Return", "", True))

    def done(self) -> list[str]:
        self._keep(self.stage.flush())
        return self.texts


@pytest.mark.parametrize("ahead", [0, 3])
@pytest.mark.parametrize("field", [NOTE, ENTRY])
def test_what_the_person_wrote_asks_for_nothing(
    stage: RedactionStage, make: Any, field: ObservedElement, ahead: int
) -> None:
    writer = Writer(stage, make, field)
    writer.look()
    writer.type("the green answer ", ahead)
    writer.look()
    writer.type("to a letter ", ahead)
    assert writer.done() == ["the green answer ", "to a letter "]


@pytest.mark.parametrize(("stood", "typed"), [
    ("Enter your answer", "answer "),  # a placeholder that the toolkit gives as content
    ("Enter your PIN", "p"),
])  # fmt: skip
def test_a_field_that_asked_before_goes_on_asking(stage: RedactionStage, make: Any, stood: str, typed: str) -> None:
    writer = Writer(stage, make, replace(ENTRY, name="", value=stood))
    writer.look()
    writer.type(typed)
    writer.type("garden ")
    assert set(writer.done()) == {"<SECRET>"}


def test_a_word_that_asked_before_it_was_typed_is_not_the_persons() -> None:
    words, asks = OwnWords(), replace(ENTRY, value="Enter your answer")
    assert not words.seen(1, asks).own
    words.wrote(1, "my answer")
    assert not words.seen(1, asks, "ans").own
    words.seen(2, ENTRY)  # empty at first
    words.wrote(2, "my answer")
    assert words.seen(2, replace(ENTRY, value="my answer")).own
    assert not words.seen(2, replace(ENTRY, value="my answer, and your PIN")).own


def test_what_asks_and_was_not_typed_asks(stage: RedactionStage, make: Any) -> None:
    writer = Writer(stage, make, ENTRY)
    writer.look()
    writer.type("the green garden ")
    writer.field = replace(writer.field, value="Now your PIN")
    writer.look()
    writer.type("quiet ")
    first, *after = writer.done()
    assert (first, set(after)) == ("the green garden ", {"<SECRET>"})


def test_a_prompt_asks_whoever_wrote_it(stage: RedactionStage, make: Any) -> None:
    writer = Writer(stage, make, NOTE)
    writer.look()
    writer.type("password:")
    writer.enter()
    writer.type("garden")
    assert "garden" not in writer.done()
    assert writer.texts[-1] == "<SECRET>"
