"""Makers of events for the redaction tests: short words for long constructors."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from aboveboard.core.clock import FixedClock
from aboveboard.core.events import (
    Box,
    ButtonEdge,
    KeyEdge,
    Motion,
    ObservedElement,
    Permitted,
    RawInput,
    Snapshot,
    Surface,
    WheelStep,
)
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.stage import RedactionStage

BOX: Box = (10, 20, 100, 30)


class Make:
    """Events with a clock that ticks 100 ms an event."""

    def __init__(self) -> None:
        self.t_us = 1_000_000
        self.surface = Surface(
            window=7, app="chromium", is_browser=True, site="https://shop.example", title="Orders", box=(0, 0, 800, 600)
        )

    def element(
        self,
        role: str = "entry",
        name: str = "Name",
        *,
        value: str = "",
        label: str = "",
        path: tuple[int, ...] = (0, 1),
        states: Iterable[str] = ("focusable", "showing"),
    ) -> ObservedElement:
        return ObservedElement(
            role=role, name=name, box=BOX, states=frozenset(states), path=path, label=label, value=value
        )

    def permitted(
        self,
        raw: RawInput,
        target: ObservedElement | None = None,
        scene: Snapshot | None = None,
        surface: Surface | None = None,
    ) -> Permitted:
        return Permitted(input=raw, surface=surface or self.surface, target=target, scene=scene, policy_id="0" * 64)

    def tick(self) -> int:
        self.t_us += 100_000
        return self.t_us

    def key(self, key: str, text: str | None = None, modifiers: Iterable[str] = (), *, pressed: bool = True) -> KeyEdge:
        """text: by default the key itself for a single character, nothing for a named key."""
        typed = (key if len(key) == 1 else "") if text is None else text
        return KeyEdge(t_us=self.tick(), key=key, text=typed, pressed=pressed, modifiers=frozenset(modifiers))

    def button(self, *, pressed: bool = True, button: int = 1) -> ButtonEdge:
        return ButtonEdge(t_us=self.tick(), x=50, y=40, button=button, pressed=pressed)

    def wheel(self) -> WheelStep:
        return WheelStep(t_us=self.tick(), x=50, y=40, dx=0, dy=1)

    def motion(self, n: int = 3) -> Motion:
        first = self.tick()
        return Motion(
            t_us=first + 8_000 * np.arange(n, dtype=np.int64),
            x=np.arange(n, dtype=np.int32) + 100,
            y=np.arange(n, dtype=np.int32) + 200,
        )

    def typed(self, text: str, target: ObservedElement | None) -> list[Permitted]:
        """One press and one release for each character."""
        made = []
        for char in text:
            name = "space" if char == " " else char
            made.append(self.permitted(self.key(name, char), target))
            made.append(self.permitted(self.key(name, char, pressed=False), target))
        return made


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(b"test" * 4)


@pytest.fixture
def new_stage() -> Callable[[], RedactionStage]:
    return lambda: RedactionStage(Redactor(b"test" * 4), FixedClock(50_000_000))


@pytest.fixture
def stage(new_stage: Callable[[], RedactionStage]) -> RedactionStage:
    return new_stage()
