"""The scripted contributor: knows from the page what to do, and does it with a person's hand on real X input.

Only this file knows single tasks. What it did is its ground truth (one JSON object an episode): what the recorder makes
of it is another matter, and the two are compared.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import cast

import msgspec
import numpy as np

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.core.events import Box
from aboveboard.desktop.input import Hand
from aboveboard.learn.tasks.miniwob import Stage

DONE_S_MAX = 1.5


class Did(msgspec.Struct, frozen=True):
    """One action as done. box: of the element meant, on the screen; times in µs since 1970."""

    kind: str
    box: Box
    name: str
    text: str
    key: str
    start_us: int
    end_us: int


class Performance(msgspec.Struct, frozen=True):
    """One episode as done."""

    task: str
    seed: str
    instruction: str
    start_us: int
    end_us: int
    reward: float
    actions: tuple[Did, ...]


def _now_us() -> int:
    return time.time_ns() // 1000


class Actor:
    """A hand that finds elements by script and keeps a log of what it meant."""

    def __init__(self, stage: Stage, hand: Hand, rng: np.random.Generator) -> None:
        self._stage, self._hand, self._rng = stage, hand, rng
        self.did: list[Did] = []

    def box(self, script: str) -> Box:
        """Screen box of the element a JavaScript expression gives, scrolled into view. Raises Unavailable for none."""
        found = self._stage.browser.evaluate(
            f"(() => {{ const e = {script}; if (!e) return null; e.scrollIntoView({{block: 'nearest'}});"
            " const r = e.getClientRects()[0]; return [r.x, r.y, r.width, r.height]; })()"
        )
        if found is None:
            raise Unavailable("the page has no such element")
        left, top = self._stage.viewport()
        x, y, width, height = cast("list[float]", found)
        return round(left + x), round(top + y), max(round(width), 1), max(round(height), 1)

    def click(self, script: str, name: str = "") -> None:
        """Clicks somewhere near the middle of it, as hands do."""
        box = self.box(script)
        x = box[0] + box[2] * float(np.clip(self._rng.normal(0.5, 0.12), 0.2, 0.8))
        y = box[1] + box[3] * float(np.clip(self._rng.normal(0.5, 0.12), 0.25, 0.75))
        start_us = _now_us()
        self._hand.click(int(x), int(y), width=min(box[2], box[3]))
        self.did.append(Did("click", box, name, "", "", start_us, _now_us()))
        self._hand.rest(float(self._rng.uniform(0.12, 0.3)))

    def watch_it_open(self) -> None:
        """Sections open at their own pace, however fast the hand."""
        time.sleep(0.7)

    def type(self, script: str, text: str) -> None:
        """Types into the field that has the focus."""
        box, start_us = self.box(script), _now_us()
        self._hand.type(text)
        self.did.append(Did("type", box, "", text, "", start_us, _now_us()))
        self._hand.rest(float(self._rng.uniform(0.15, 0.3)))


def _by_text(selector: str, text: str) -> str:
    """JavaScript for the visible element of a selector with exactly this text or value."""
    wanted = msgspec.json.encode(text).decode()
    return (
        f"[...document.querySelectorAll('#area {selector}, .ui-dialog {selector}')].find(e => "
        f"(e.innerText || e.value || '').trim() === {wanted} && e.offsetParent !== null)"
    )


def _quoted_in(instruction: str) -> str:
    found = re.search(r'"([^"]+)"', instruction)
    if found is None:
        raise BadInput(f"nothing is quoted in {instruction!r}")
    return found[1]


_SUBMIT = "document.querySelector('#subbtn, #area button')"


def _click_button(actor: Actor, instruction: str) -> None:
    name = _quoted_in(instruction)
    actor.click(_by_text("button", name), name)


def _click_test(actor: Actor, instruction: str) -> None:
    actor.click("document.querySelector('#area button')", "Click Me!")


def _click_test_2(actor: Actor, instruction: str) -> None:
    name = cast("re.Match[str]", re.search(r"button (\w+)", instruction))[1]
    actor.click(_by_text("button", name), name)


def _click_link(actor: Actor, instruction: str) -> None:
    name = _quoted_in(instruction)
    actor.click(_by_text("span.alink", name), name)


def _click_dialog_2(actor: Actor, instruction: str) -> None:
    name = _quoted_in(instruction)
    if name.lower() == "x":
        actor.click("document.querySelector('.ui-dialog-titlebar-close')", name)
    else:
        actor.click(_by_text("button", name), name)


def _click_tab(actor: Actor, instruction: str) -> None:
    name = cast("re.Match[str]", re.search(r"Tab #\d+", instruction))[0]
    actor.click(_by_text("a", name), name)


def _click_option(actor: Actor, instruction: str) -> None:
    name = cast("re.Match[str]", re.search(r"Select (.+) and click", instruction))[1]
    wanted = msgspec.json.encode(name).decode()
    label = f"[...document.querySelectorAll('#area label')].find(e => e.innerText.trim() === {wanted})"
    actor.click(f"{label}.querySelector('input')", name)
    actor.click(_SUBMIT, "Submit")


def _click_checkboxes(actor: Actor, instruction: str) -> None:
    names = cast("re.Match[str]", re.search(r"Select (.+) and click", instruction))[1]
    for name in [] if names == "nothing" else names.split(", "):
        wanted = msgspec.json.encode(name).decode()
        label = f"[...document.querySelectorAll('#area label')].find(e => e.innerText.trim() === {wanted})"
        actor.click(f"{label}.querySelector('input')", name)
    actor.click(_SUBMIT, "Submit")


def _enter_text(actor: Actor, instruction: str) -> None:
    field = "document.querySelector('#area input[type=text]')"
    actor.click(field)
    actor.type(field, _quoted_in(instruction))
    actor.click(_SUBMIT, "Submit")


def _focus_text(actor: Actor, instruction: str) -> None:
    actor.click("document.querySelector('#area input')")


def _focus_text_2(actor: Actor, instruction: str) -> None:
    number = int(cast("re.Match[str]", re.search(r"(\d)(st|nd|rd|th)", instruction))[1])
    actor.click(f"document.querySelectorAll('#area input')[{number - 1}]")


def _click_collapsible(actor: Actor, instruction: str) -> None:
    actor.click("document.querySelector('#area h3')")
    actor.watch_it_open()
    actor.click("document.querySelector('#area button')", "Submit")


def _click_button_sequence(actor: Actor, instruction: str) -> None:
    for name in re.findall(r"button (\w+)", instruction):
        actor.click(_by_text("button", name), name)


SCRIPTS: dict[str, Callable[[Actor, str], None]] = {
    "click-button": _click_button,
    "click-test": _click_test,
    "click-test-2": _click_test_2,
    "click-link": _click_link,
    "click-dialog-2": _click_dialog_2,
    "click-tab": _click_tab,
    "click-option": _click_option,
    "click-checkboxes": _click_checkboxes,
    "enter-text": _enter_text,
    "focus-text": _focus_text,
    "focus-text-2": _focus_text_2,
    "click-collapsible": _click_collapsible,
    "click-button-sequence": _click_button_sequence,
}


def perform(
    stage: Stage,
    hand: Hand,
    task: str,
    seed: str,
    rng: np.random.Generator,
    *,
    begin: Callable[[str], None],
    end: Callable[[float], None],
) -> Performance:
    """Does one task. begin(instruction) and end(reward) are the contributor's own marks to the recorder."""
    instruction = stage.open(task, seed)
    time.sleep(0.05)
    begin(instruction)
    hand.rest(float(rng.uniform(0.25, 0.5)))  # reads the instruction
    start_us = _now_us()
    actor = Actor(stage, hand, rng)
    SCRIPTS[task](actor, instruction)
    stage.wait_done(DONE_S_MAX)
    reward = stage.reward()
    end_us = _now_us()
    end(reward)
    return Performance(task, seed, instruction, start_us, end_us, reward, tuple(actor.did))
