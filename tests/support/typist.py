"""A page of fields and somebody typing into it, as the X source and the accessibility bus tell of it: late, if at all.

The fields hold real text with a caret and a selection. What has the focus is known here at once; what is *said* to have
it follows 12 to 20 ms later, is looked up wrongly or not at all, and may change its role and name while a person types.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from aboveboard.core.clock import FixedClock
from aboveboard.core.events import (
    ButtonEdge,
    KeyEdge,
    Motion,
    ObservedElement,
    Permitted,
    RawInput,
    Redacted,
    Snapshot,
    Surface,
)
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.stage import RedactionStage


@dataclass
class Field:
    """One field of the page, and what stands in it."""

    role: str
    name: str
    row: int
    chars: list[str] = field(default_factory=list)
    caret: int = 0
    mark: int = 0

    @property
    def text(self) -> str:
        return "".join(self.chars)

    def element(self, *, value: bool = True) -> ObservedElement:
        shown = "•" * len(self.chars) if self.role == "password text" else self.text
        return ObservedElement(
            role=self.role, name=self.name, box=(100, 40 * self.row, 300, 30), path=(0, 3, self.row),
            states=frozenset({"focusable", "editable", "showing"}) if self.role != "push button" else frozenset(),
            value=shown if value else "",
        )  # fmt: skip

    def key(self, name: str, text: str, modifiers: frozenset[str]) -> None:
        """What a browser's single-line field does with a key."""
        low, high = sorted((self.caret, self.mark))
        if "Control" in modifiers:
            if name == "a":
                self.mark, self.caret = 0, len(self.chars)
            elif name == "BackSpace":
                self._cut(0 if low == high else low, high)
        elif name in ("Left", "Right", "Home", "End"):
            to = {"Left": self.caret - 1, "Right": self.caret + 1, "Home": 0, "End": len(self.chars)}[name]
            if low != high and "Shift" not in modifiers and name in ("Left", "Right"):
                to = low if name == "Left" else high
            self.caret = max(0, min(len(self.chars), to))
            if "Shift" not in modifiers:
                self.mark = self.caret
        elif name in ("BackSpace", "Delete"):
            if low != high:
                self._cut(low, high)
            elif name == "BackSpace":
                self._cut(max(0, low - 1), low)
            else:
                self._cut(low, min(len(self.chars), low + 1))
        elif text.isprintable() and text:
            self._cut(low, high)
            self.chars[self.caret : self.caret] = [text]
            self.caret = self.mark = self.caret + 1

    def _cut(self, start: int, end: int) -> None:
        del self.chars[start:end]
        self.caret = self.mark = start


class Typist:
    """One session. `kept`: all that came out of the stage."""

    def __init__(self, rng: random.Random, fields: list[Field]) -> None:
        self.rng = rng
        self.fields = fields
        self.stage = RedactionStage(Redactor(rng.randbytes(16)), FixedClock(1))
        self.kept: list[Redacted] = []
        self.t_us = 1_700_000_000_000_000
        self.title = "Sign up"
        self.focus: Field = fields[0]  # what has the keyboard
        self.said: Field = fields[0]  # what is said to have it, until _said_until_us
        self._said_until_us = 0
        self.lost = 0.0  # share of look-ups that fail
        self._scene: tuple[ObservedElement, ...] = ()
        self.told: set[int] = set()  # rows whose role was said at least once
        self.settled_us = 0  # when the last move of the focus has been told

    # ------------------------------------------------------------ what the page does

    def move_focus(self, to: Field) -> None:
        if self.t_us >= self._said_until_us:
            self.said = self.focus
        self._said_until_us = self.t_us + self.rng.randint(12_000, 20_000)
        self.settled_us = self._said_until_us
        self.focus = to

    def _elements(self) -> tuple[ObservedElement, ...]:
        """The tree: each field, and the text node inside it that shows what it holds."""
        made: list[ObservedElement] = [ObservedElement("document web", "Sign up", (0, 0, 800, 600), path=(0,))]
        for each in self.fields:
            element = each.element()
            made.append(element)
            if element.value:
                made.append(ObservedElement("static", element.value, element.box, path=(*element.path, 0)))
        return tuple(made)

    # ------------------------------------------------------------ what the source tells

    def wait(self, low_ms: float, high_ms: float) -> None:
        self.t_us += int(self.rng.uniform(low_ms, high_ms) * 1000)

    def give(self, raw: RawInput, target: ObservedElement | None, *, scene: bool = False) -> None:
        surface = Surface(3, "chromium", True, "https://shop.example", self.title, (0, 0, 800, 600))
        shown = self._elements()
        snapshot = None
        if target is not None:
            self.told.add(target.path[-1])
        if scene and shown != self._scene:
            snapshot, self._scene = Snapshot(self.t_us - 500, shown), shown
            self.told |= {each.row for each in self.fields}
        self.kept += self.stage.feed(Permitted(raw, surface, target, snapshot, "p"))

    def key(self, name: str, text: str = "", *modifiers: str, repeat: bool = False) -> None:
        """A press and a release."""
        late = self.t_us < self._said_until_us
        target = None if self.rng.random() < self.lost else (self.said if late else self.focus).element()
        held = frozenset(modifiers)
        self.give(KeyEdge(self.t_us, name, text, True, held, repeat), target, scene=self.rng.random() < 0.2)
        self.focus.key(name, text, held)
        self.give(KeyEdge(self.t_us + 300, name, text, False, held), target)

    def click(self, on: Field, *, button: int = 1, known: bool = True) -> None:
        self.wait(100, 900)
        times = self.t_us + np.arange(4, dtype=np.int64) * 8_000
        self.give(Motion(times, np.arange(4, dtype=np.int32), np.arange(4, dtype=np.int32)), None)
        self.t_us = int(times[-1]) + 5_000
        inside = ObservedElement("static", on.text, on.element().box, path=(*on.element().path, 0))
        target = (
            (inside if on.text and on.role != "password text" and self.rng.random() < 0.3 else on.element())
            if known
            else None
        )
        self.give(ButtonEdge(self.t_us, 110, 40 * on.row + 5, button, True), target, scene=known)
        if on is not self.focus:
            self.move_focus(on)
        on.caret = on.mark = self.rng.randint(0, len(on.chars))
        self.give(ButtonEdge(self.t_us + 900, 110, 40 * on.row + 5, button, False), None)
        self.t_us += 1_000

    def finish(self) -> None:
        self.kept += self.stage.flush()


def slips(rng: random.Random, text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The keys of somebody who types `text` and nothing else in the end: slips, detours, repeats."""
    for char in text:
        while rng.random() < 0.12:
            wrong = rng.choice("qxzjk")
            match rng.randrange(6):
                case 0:
                    yield wrong, wrong, ()
                    yield "BackSpace", "", ()
                case 1:
                    yield "Left", "", ()
                    yield "Right", "", ()
                case 2:
                    yield wrong, wrong, ()
                    yield "Left", "", ("Shift",)
                    yield "Delete", "", ()
                case 3:
                    yield "Home", "", ()
                    yield "End", "", ()
                case 4:
                    yield "Up", "", ()
                    yield "End", "", ()
                case _:
                    yield "Shift_L", "", ()
        name = {" ": "space", "@": "at", ".": "period", "-": "minus"}.get(char, char)
        yield name, char, ("Shift",) if char.isupper() else ()
