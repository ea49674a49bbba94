"""An agent at work: sees through the accessibility bus and the redactor, acts by real X input.

Settling, looking and acting are the same for every task and every agent.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field

from aboveboard.core.errors import BadInput
from aboveboard.core.events import Element
from aboveboard.desktop.accessibility import Accessibility
from aboveboard.desktop.input import Hand
from aboveboard.learn.agents import Agent, Decision, clipped
from aboveboard.learn.sight import Past, identity
from aboveboard.learn.tasks.miniwob import Stage
from aboveboard.redact.elements import redact_elements
from aboveboard.redact.redactor import Redactor

SETTLE_S = 0.05
SETTLE_S_MAX = 1.2
AFTER_S = 0.08
_TIMES = {"double_click": 2, "triple_click": 3}
_BUTTON = {"right_click": "right", "middle_click": "middle"}
_PLACEHOLDER = re.compile(r"<[A-Z_]+?_\d+>")


@dataclass(slots=True)
class Run:
    """One episode by an agent."""

    task: str
    seed: str
    success: bool = False
    seconds: float = 0.0
    decisions_s: list[float] = field(default_factory=list)
    steps: list[dict[str, object]] = field(default_factory=list)


class Body:
    """Eyes and hand on one display. Everything in a run is redacted by one session's redactor, as in a recording."""

    def __init__(self, stage: Stage, session_bus: str, hand: Hand) -> None:
        self._stage, self._hand = stage, hand
        self._eyes = Accessibility(session_bus)

    def close(self) -> None:
        self._eyes.close()

    def look(self, redactor: Redactor) -> tuple[Element, ...]:
        """What is visible once it has stopped changing."""
        deadline = time.monotonic() + SETTLE_S_MAX
        before = None
        while True:
            page = self._eyes.read(self._stage.browser.pid)
            elements = page.snapshot.elements if page is not None else ()
            if (elements and elements == before) or time.monotonic() > deadline:
                return redact_elements(redactor, elements)
            before = elements
            time.sleep(SETTLE_S)

    def attempt(self, agent: Agent, task: str, seed: str, steps_max: int) -> Run:
        """One episode, until the task ends or the steps are used up."""
        run = Run(task, seed)
        instruction = self._stage.open(task, seed)
        redactor = Redactor(os.urandom(32))
        told = redactor.text(instruction).text
        past = Past()
        begun = time.monotonic()
        self._hand.move(4, 460)  # off the page: nothing is hovered to begin with
        for _ in range(steps_max):
            elements = clipped(self.look(redactor))
            decided_at = time.perf_counter()
            decision = agent.decide(told, elements, past)
            run.decisions_s.append(time.perf_counter() - decided_at)
            target = elements[decision.element] if 0 <= decision.element < len(elements) else None
            run.steps.append(_note(decision, target))
            if decision.kind == "done":
                break
            self._act(decision, target, redactor)
            acted = past.acted if target is None else (*past.acted, identity(target))
            past = Past((*past.kinds, decision.kind), acted)
            if self._stage.wait_done(AFTER_S):
                break
        run.success = self._stage.done() and self._stage.reward() == 1
        run.seconds = time.monotonic() - begun
        return run

    def _act(self, decision: Decision, target: Element | None, redactor: Redactor) -> None:
        match decision.kind:
            case "type":
                original = redactor.placeholders()
                text = _PLACEHOLDER.sub(lambda found: original.get(found[0], ""), decision.text)
                try:
                    self._hand.type(text)
                except BadInput:
                    return  # the keyboard can't type it: a failed step, not a failed run
            case "key" | "hotkey":
                *modifiers, key = decision.key.split("+")
                self._hand.press(key, *modifiers)
            case kind if target is not None:
                x, y = target.box[0] + target.box[2] // 2, target.box[1] + target.box[3] // 2
                self._hand.click(x, y, button=_BUTTON.get(kind, "left"), times=_TIMES.get(kind, 1))
            case _:
                pass


def _note(decision: Decision, target: Element | None) -> dict[str, object]:
    """For a replay: redacted throughout."""
    return {
        "kind": decision.kind, "text": decision.text if decision.kind == "type" else "",
        "key": decision.key if decision.kind in ("key", "hotkey") else "",
        "target": None if target is None else {"role": target.role, "name": target.name, "box": list(target.box)},
    }  # fmt: skip
