"""The scripted contributor: knows from the page what to do, and does it with a person's hand on real X input.

Which steps a task takes is in `scripts/`; the hand's ways are here: it aims near the middle of things, sometimes
mistypes and corrects itself, sometimes looks at something else first. What it did is its ground truth (one JSON object
an episode): what the recorder makes of it is another matter, and the two are compared.
"""

from __future__ import annotations

import json
import string
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, cast

import msgspec
import numpy as np

from aboveboard.core.errors import AboveboardError, Unavailable
from aboveboard.core.events import Box
from aboveboard.desktop.input import Hand
from aboveboard.learn.tasks.miniwob import Stage

DONE_S_MAX = 1.5
FIND_S_MAX = 2.0  # menus, calendars and results take a moment to appear
# How often a hand errs: a letter mistyped and taken back, a look at something else before a click.
MISTYPED_SHARE, DETOUR_SHARE = 0.015, 0.06
WHEEL_STEPS_MAX = 60
READS_S = 0.6  # before the first action, however fast the hand: what is on the screen has to be seen
HOMING_S = 0.4  # from the mouse to the keyboard (Card, Moran and Newell 1980), however fast the hand then types
NOTCH_PX = 120  # that a notch of the wheel moves a page by in Chromium, about
REACTS_S, FINDS_S = 0.6, 1.0  # until what an action changed has been seen; and found, after scrolling


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


Script = Callable[["Actor", str], None]
# [x, y, width, height, how far it lies outside of what scrolls it (0: in sight), where to turn the wheel, how much of
# what is scrolled shows]
_WHERE = """(() => {
  const e = %s; if (!e) return null;
  const r = e.getClientRects()[0]; if (!r) return null;
  for (let p = e.parentElement; p; p = p.parentElement) {
    const page = p === document.scrollingElement;
    if (p.scrollHeight <= p.clientHeight + 1) continue;
    if (!page && getComputedStyle(p).overflowY === 'visible') continue;
    const b = page ? {x: 0, y: 0, width: innerWidth, height: innerHeight} : p.getBoundingClientRect();
    const top = Math.max(b.y, 0), bottom = Math.min(b.y + b.height, innerHeight);
    const fits = Math.min(r.height, bottom - top - 4);
    const from = Math.max(r.y, top), until = Math.min(r.y + r.height, bottom);
    if (until - from >= r.height / 2) {  // enough of it to be clicked
      if (until - from < r.height - 2) return [r.x, from, r.width, until - from, 0, 0, 0, 0];
      continue;
    }
    const away = r.y < top + 2 ? r.y - top - 2 : r.y + fits > bottom - 2 ? r.y + fits - bottom + 2 : 0;
    if (away) return [r.x, r.y, r.width, r.height, away, b.x + b.width / 2, (top + bottom) / 2, bottom - top];
  }
  return [r.x, r.y, r.width, r.height, 0, 0, 0, 0];
})()"""


class _Place(NamedTuple):
    """away: pixels to scroll, > 0 is down; over: where on the screen; shows: pixels of what is scrolled, in height."""

    box: Box
    away: float
    over: tuple[int, int]
    shows: float


def quoted(text: str) -> str:
    """The text as JavaScript writes it."""
    return json.dumps(text)


def by_text(selector: str, text: str) -> str:
    """JavaScript for the visible element of a selector with exactly this text or value."""
    return (
        f"[...document.querySelectorAll('#area {selector}, .ui-dialog {selector}, body > {selector}')].find(e => "
        f"(e.innerText || e.value || '').trim() === {quoted(text)} && e.offsetParent !== null)"
    )


def one(selector: str, number: int = 0) -> str:
    """JavaScript for the visible element of a selector, the first or a later one."""
    return f"[...document.querySelectorAll({quoted(selector)})].filter(e => e.offsetParent !== null)[{number}]"


def _now_us() -> int:
    return time.time_ns() // 1000


class Doer:
    """A hand with a person's ways, and a log of what it meant. Where things are, `box` says."""

    def __init__(self, hand: Hand, rng: np.random.Generator) -> None:
        self._hand, self._rng = hand, rng
        self.did: list[Did] = []

    def box(self, script: str) -> Box:
        """Screen box of what is named. Raises Unavailable when it is not there."""
        raise NotImplementedError

    def _aim(self, box: Box, across: float = 0.5) -> tuple[int, int]:
        """Somewhere near the middle of it, as hands do."""
        spread = 0.1 if across == 0.5 else 0.01
        x = box[0] + box[2] * float(np.clip(self._rng.normal(across, spread), across - 3 * spread, across + 3 * spread))
        y = box[1] + box[3] * float(np.clip(self._rng.normal(0.5, 0.12), 0.25, 0.75))
        return int(x), int(y)

    def _note(self, kind: str, box: Box, start_us: int, *, name: str = "", text: str = "", key: str = "") -> None:
        self.did.append(Did(kind, box, name, text, key, start_us, _now_us()))

    def click(self, script: str, name: str = "", *, held: str = "", times: int = 1, across: float = 0.5) -> None:
        """Clicks it. held: a modifier; across: where in its width, 0 to 1."""
        box = self.box(script)
        if self._rng.random() < DETOUR_SHARE and not held:
            self._hand.move(
                box[0] + int(self._rng.integers(-60, 60)), box[1] + box[3] + int(self._rng.integers(20, 90))
            )
            self.rest(0.1, 0.25)
        x, y = self._aim(box, across)
        start_us = _now_us()
        width = min(box[2], box[3])
        if held:
            self._hand.move(x, y, width=width)
            with self._hand.holding(held):
                self._hand.click(x, y)
        else:
            self._hand.click(x, y, times=times, width=width)
        kind = {1: "click", 2: "double_click", 3: "triple_click"}[times]
        self._note(kind, box, start_us, name=name)
        time.sleep(REACTS_S)
        self.rest(0.12, 0.3)

    def drag(self, script: str, to: str, name: str = "", *, past: float = 0.0, within: bool = False) -> None:
        """Takes hold of it and lets go over another, by `past` of its size beyond the middle. within: so that all of it
        is in there, wherever the hand holds it."""
        box, goal = self.box(script), self.box(to)
        (x, y), (to_x, to_y) = self._aim(box), self._aim(goal)
        if within:
            to_x, to_y = to_x + x - box[0] - box[2] // 2, to_y + y - box[1] - box[3] // 2
        beyond = [
            round(past * size) * ((gap > size / 2) - (gap < -size / 2))
            for gap, size in ((to_x - x, goal[2]), (to_y - y, goal[3]))
        ]
        start_us = _now_us()
        self._hand.carry(x, y, to_x + beyond[0], to_y + beyond[1])
        self._note("drag", box, start_us, name=name)
        time.sleep(REACTS_S)
        self.rest(0.3, 0.5)

    def hover(self, script: str, name: str = "", *, s: float = 0.5) -> None:
        """Rests the pointer on it until what it opens has opened."""
        box = self.box(script)
        start_us = _now_us()
        self._hand.move(*self._aim(box), width=min(box[2], box[3]))
        time.sleep(s)
        self._note("hover", box, start_us, name=name)

    def type(self, script: str, text: str) -> None:
        """Types into the field that has the focus, now and then with a slip that is taken back."""
        box = self.box(script)
        time.sleep(HOMING_S)
        start_us = _now_us()
        for piece in self._with_slips(text):
            if piece == "\b":
                self._hand.press("BackSpace")
            else:
                self._hand.type(piece)
        self._note("type", box, start_us, text=text)
        self.rest(0.15, 0.3)

    def _with_slips(self, text: str) -> list[str]:
        """The text in pieces; "\\b" takes a letter back."""
        pieces, run = [], ""
        for char in text:
            if char.isalpha() and self._rng.random() < MISTYPED_SHARE:
                pieces += [run + str(self._rng.choice(list(string.ascii_lowercase))), "\b"]
                run = ""
            run += char
        return [piece for piece in [*pieces, run] if piece]

    def press(self, key: str, *modifiers: str) -> None:
        """One key, or a shortcut."""
        start_us = _now_us()
        self._hand.press(key, *modifiers)
        kind = "hotkey" if modifiers else "key"
        self._note(kind, (0, 0, 0, 0), start_us, key="+".join([*modifiers, key]))
        self.rest(0.1, 0.2)

    def rest(self, low_s: float, high_s: float) -> None:
        """Between two things, in a person's time."""
        self._hand.rest(float(self._rng.uniform(low_s, high_s)))

    def watch(self, s: float) -> None:
        """Waits for what moves at its own pace, however fast the hand."""
        time.sleep(s)


class Actor(Doer):
    """On a page: elements are found by JavaScript."""

    def __init__(self, stage: Stage, hand: Hand, rng: np.random.Generator) -> None:
        super().__init__(hand, rng)
        self._stage = stage

    def ask(self, script: str) -> Any:
        """What the page's script says: for a script that has to know what a person would read."""
        return self._stage.browser.evaluate(script)

    def there(self, script: str) -> bool:
        """Whether the page has such an element now."""
        return self.ask(f"Boolean({script})") is True

    def _look(self, script: str) -> _Place | None:
        """Where it is, and how far what it lies in has to be scrolled for it to be seen. None: not on the page yet."""
        found = self.ask(_WHERE % script)
        if found is None:
            return None
        left, top = self._stage.viewport()
        x, y, width, height, away, over_x, over_y, shows = cast("list[float]", found)
        box = (round(left + x), round(top + y), max(round(width), 1), max(round(height), 1))
        return _Place(box, away, (round(left + over_x), round(top + over_y)), shows)

    def box(self, script: str) -> Box:
        """Screen box of the element a JavaScript expression gives, brought into sight with the wheel, as a hand has to.
        Raises Unavailable for none."""
        deadline = time.monotonic() + FIND_S_MAX
        while (place := self._look(script)) is None:
            if time.monotonic() > deadline:
                raise Unavailable("the page has no such element")
            time.sleep(0.05)
        if place.away:
            place = self._scroll_to(script, place)
        return place.box

    def _still(self, script: str) -> _Place | None:
        """Where it is once it has stopped moving."""
        before = None
        for _ in range(12):
            found = self._look(script)
            if found is None or found == before:
                return found
            before = found
            time.sleep(0.05)
        return before

    def _scroll_to(self, script: str, place: _Place) -> _Place:
        """In turns of as much as shows, with a look at each: nobody knows how far away is what is out of sight."""
        start_us, at = _now_us(), place.over
        self._hand.move(*at, width=60)
        turns = max(1, int(place.shows / NOTCH_PX))
        for turned in range(1, WHEEL_STEPS_MAX + 1):
            self._hand.scroll(1 if place.away > 0 else -1)
            time.sleep(0.08)
            found = self._still(script)
            there = found is None or not found.away
            if there or turned % turns == 0:
                self._note("scroll", (*at, 1, 1), start_us)
                time.sleep(FINDS_S)
                self.rest(0.1, 0.3)
                start_us = _now_us()
            if found is None or not found.away:
                break
            place = found
        if found is None or found.away:
            raise Unavailable("the page can't be scrolled to the element")
        return found

    def scroll(self, script: str, until: str, *, down: bool) -> None:
        """Turns the wheel over it until the page's script says it is enough."""
        box, start_us = self.box(script), _now_us()
        self._hand.move(*self._aim(box), width=min(box[2], box[3]))
        for _ in range(WHEEL_STEPS_MAX):
            self._hand.scroll(3 if down else -3)
            time.sleep(0.12)  # smooth scrolling
            if self.ask(until) is True:
                break
        self._note("scroll", box, start_us)
        time.sleep(FINDS_S)
        self.rest(0.15, 0.3)


class Place(Protocol):
    """Where tasks are put on: a browser's window, or a desktop."""

    def open(self, task: str, seed: str) -> str: ...
    def done(self) -> bool: ...
    def wait_done(self, timeout_s: float) -> bool: ...
    def reward(self) -> float: ...


def perform(
    stage: Place,
    doer: Doer,
    do: Callable[[str], None],
    task: str,
    seed: str,
    *,
    begin: Callable[[str], None],
    end: Callable[[float], None],
) -> Performance:
    """Does one task. do(instruction): what a person does in it; begin(instruction) and end(reward) are the
    contributor's own marks to the recorder."""
    instruction = stage.open(task, seed)
    time.sleep(0.05)
    begin(instruction)
    time.sleep(READS_S)
    doer.rest(0.1, 0.4)
    start_us = _now_us()
    try:
        do(instruction)
    except AboveboardError:
        if not stage.done():  # else the task was over before the script thought so
            raise
    stage.wait_done(DONE_S_MAX)
    reward = stage.reward()
    end_us = _now_us()
    end(reward)
    return Performance(task, seed, instruction, start_us, end_us, reward, tuple(doer.did))
