"""An agent at work: sees through the accessibility bus and the redactor, acts by real X input.

Settling, looking and acting are the same for every task and every agent.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from aboveboard.core.errors import BadInput
from aboveboard.core.events import Element, ObservedElement
from aboveboard.desktop.accessibility import Accessibility
from aboveboard.desktop.input import Hand
from aboveboard.learn.agents import Agent, Decision, clipped
from aboveboard.learn.aim import aim
from aboveboard.learn.examples import spot
from aboveboard.learn.past import Past
from aboveboard.redact.elements import redact_elements
from aboveboard.redact.redactor import Redactor

SETTLE_S = 0.1
SETTLE_S_MAX = 2.5
REST_S = 0.4  # how long nothing moves before it is looked at: as a person's eyes need, and those of the demonstrations
# What is typed is looked up only once typing has stopped; where scrolling ended, a browser tells up to a second later.
LATE_REST_S = {"type": 0.7, "scroll_up": 1.0, "scroll_down": 1.0}
CHANGE_S_MAX = 1.0  # what was done usually shows; on a busy machine, or where a list is looked up, later
APPEARS_S_MAX = 3.0  # a window that shows nothing yet
AFTER_S = 0.12
HOVER_S = 0.4  # until what opens under a pointer has opened
NOTCH_S = 0.02
# Before a press, until what a thing becomes under the pointer has come: another picture, say, that is yet to be loaded.
DWELL_S = 0.1
_TIMES = {"double_click": 2, "triple_click": 3}
_BUTTON = {"right_click": "right", "middle_click": "middle"}
_PLACEHOLDER = re.compile(r"<[A-Z_]+?_\d+>")


class Scenery(Protocol):
    """Where an agent acts: one task after the other on one display."""

    def open(self, task: str, seed: str) -> str:
        """Puts a task on; returns the instruction."""

    def pid(self) -> int:
        """Of the program whose window is looked at."""

    def wait_done(self, timeout_s: float) -> bool:
        """Whether the task has ended, within this time."""

    def reward(self) -> float:
        """1 is success."""


@dataclass(slots=True)
class Run:
    """One episode by an agent. decisions_s: of deciding alone; steps: redacted throughout."""

    task: str
    seed: str
    instruction: str = ""
    success: bool = False
    seconds: float = 0.0
    decisions_s: list[float] = field(default_factory=list)
    steps: list[dict[str, object]] = field(default_factory=list)


class Body:
    """Eyes and hand on one display. Everything in a run is redacted by one session's redactor, as in a recording."""

    def __init__(
        self, stage: Scenery, session_bus: str, hand: Hand, redactor: Callable[[bytes], Redactor] = Redactor
    ) -> None:
        self._stage, self._hand, self._redactor = stage, hand, redactor
        self._eyes = Accessibility(session_bus)
        self._last: tuple[ObservedElement, ...] = ()

    def close(self) -> None:
        self._eyes.close()

    def look(self, redactor: Redactor, rest_s: float = REST_S) -> tuple[Element, ...]:
        """What is visible once it has changed since the last look, if it does, and stopped changing."""
        begun = since = time.monotonic()
        before = None
        while True:
            page = self._eyes.read(self._stage.pid())
            if page is None:
                self._eyes.look_anew()  # the program may have started since
            elements = page.snapshot.elements if page is not None else ()
            now = time.monotonic()
            if elements != before:
                since = now
            waited = now - begun
            news = elements != self._last or waited > CHANGE_S_MAX
            if (news and elements and now - since >= rest_s) or waited > (SETTLE_S_MAX if elements else APPEARS_S_MAX):
                self._last = elements
                return redact_elements(redactor, elements)
            before = elements
            time.sleep(SETTLE_S)

    def attempt(self, agent: Agent, task: str, seed: str, steps_max: int) -> Run:
        """One episode, until the task ends or the steps are used up."""
        run = Run(task, seed)
        instruction = self._stage.open(task, seed)
        redactor = self._redactor(os.urandom(32))
        told = run.instruction = redactor.text(instruction).text
        past = Past()
        self._last = ()
        begun = time.monotonic()
        self._hand.move(4, 460)  # off the page: nothing is hovered to begin with
        for _ in range(steps_max):
            last = past.kinds[-1] if past.kinds else ""
            elements = clipped(self.look(redactor, LATE_REST_S.get(last, REST_S)))
            decided_at = time.perf_counter()
            decision = agent.decide(told, elements, past)
            run.decisions_s.append(time.perf_counter() - decided_at)
            target = elements[decision.element] if 0 <= decision.element < len(elements) else None
            run.steps.append(_note(decision, target, elements))
            if decision.kind == "done":
                break
            self._act(decision, elements, redactor)
            past = past.after(decision.kind, target, decision.text, elements, decision.key)
            if self._stage.wait_done(AFTER_S):
                break
        run.success = self._stage.wait_done(0) and self._stage.reward() == 1
        run.seconds = time.monotonic() - begun
        return run

    def _act(self, decision: Decision, elements: tuple[Element, ...], redactor: Redactor) -> None:
        *held, kind = decision.kind.split("+")
        points, drops = (0 <= index < len(elements) for index in (decision.element, decision.goal))
        if kind == "type":
            original = redactor.placeholders()
            text = _PLACEHOLDER.sub(lambda found: original.get(found[0], ""), decision.text)
            try:
                self._hand.type(text)
            except BadInput:
                return  # the keyboard can't type it: a failed step, not a failed run
        elif kind in ("key", "hotkey"):
            *modifiers, key = decision.key.split("+")
            self._hand.press(key, *modifiers)
        elif points and kind == "drag":
            if drops:
                goal = spot(elements[decision.goal].box, decision.goal_place)
                self._hand.carry(*aim(elements, decision.element, decision.place), *goal)
        elif points:
            self._point(kind, held, *aim(elements, decision.element, decision.place), decision.notches)

    def _point(self, kind: str, held: list[str], x: int, y: int, notches: int) -> None:
        if kind in ("scroll_up", "scroll_down"):
            self._hand.move(x, y)
            for _ in range(notches):
                self._hand.scroll(1 if kind == "scroll_down" else -1)
                time.sleep(NOTCH_S)
        elif kind == "hover":
            self._hand.move(x, y)
            time.sleep(HOVER_S)
        else:
            self._hand.move(x, y)
            time.sleep(DWELL_S)
            with self._hand.holding(*held):
                self._hand.click(x, y, button=_BUTTON.get(kind, "left"), times=_TIMES.get(kind, 1))


def _note(decision: Decision, target: Element | None, elements: tuple[Element, ...]) -> dict[str, object]:
    """For a replay: redacted throughout."""
    return {
        "kind": decision.kind, "text": decision.text if decision.kind == "type" else "",
        "key": decision.key if decision.kind in ("key", "hotkey") else "",
        "place": decision.place, "notches": decision.notches,
        "target": None if target is None else {"role": target.role, "name": target.name, "box": list(target.box)},
        "seen": [{"role": each.role, "name": each.name, "box": list(each.box)} for each in elements],
    }  # fmt: skip
