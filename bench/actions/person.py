"""A person at a display who keeps a diary of what they did: each true action comes from the events really sent.

Their hand shakes: the pointer slips a little while a button is down, words are mistyped and mended, aims overshoot.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from aboveboard.core.events import Box
from aboveboard.datasets.agreement import Truth
from aboveboard.datasets.pauses import WAIT_US
from aboveboard.desktop.input import Hand, Sent

SLIPS = "qxzjk"
SAME_KEYSYM = {"Page_Down": "Next", "Page_Up": "Prior"}  # two names of one keysym; X gives the older one back
UNSURE_US = 150_000  # rests so near to what counts as a wait are nobody's truth
SETTLES_US = 300_000
HOVER_S_MAX = 2.0
REST_S = 0.22  # between two acts: nobody is quicker
APART_S = 0.75  # between clicks that belong to two actions on one place


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to act on. name: "" where the program gives it none."""

    box: Box
    name: str = ""


class Person:
    """`acts` is the diary, in order. Everything is drawn from the generator."""

    def __init__(self, hand: Hand, rng: np.random.Generator) -> None:
        self.hand, self.rng = hand, rng
        self.acts: list[Truth] = []
        self._on: Thing | None = None  # where the last click was
        self._disowned: list[tuple[int, int]] = []

    # ------------------------------------------------------------ the diary

    def _note(self, kind: str, since: int, thing: Thing | None, **more: object) -> Truth:
        """since: how many events had been sent before it."""
        sent = [each for each in self.hand.sent[since:] if each.kind != "motion" or kind == "hover"]
        box, name = (thing.box, thing.name) if thing is not None else ((0, 0, 0, 0), "")
        truth = replace(Truth(kind, box, "", "", sent[0].t_us, sent[-1].t_us), name=name, **more)  # type: ignore[arg-type]
        self.acts.append(truth)
        return truth

    def disown(self, first: int = -1) -> int:
        """Takes the acts from number `first` on out of the diary, because the program says that they did not happen as
        meant: what did happen then is nobody's truth. How many."""
        gone = self.acts[first:]
        del self.acts[first:]
        if gone:
            self._disowned.append((gone[0].start_us, max(each.end_us for each in gone) + SETTLES_US))
        return len(gone)

    def waits(self) -> list[Truth]:
        """The rests as long as a wait, by the events sent."""
        return [Truth("wait", (0, 0, 0, 0), "", "", one.t_us, two.t_us) for one, two in self._rests(0)]

    def unsure(self) -> list[tuple[int, int]]:
        """Rests of which a millisecond decides whether they are waits, and what the program denies."""
        near = [(one.t_us, two.t_us) for one, two in self._rests(-UNSURE_US)]
        return [*self._disowned, *((one, two) for one, two in near if abs(two - one - WAIT_US) < UNSURE_US)]

    def _rests(self, more_us: int) -> list[tuple[Sent, Sent]]:
        sent = self.hand.sent
        return [(one, two) for one, two in pairwise(sent) if two.t_us - one.t_us >= WAIT_US + more_us]

    # ------------------------------------------------------------ the pointer

    def _aim(self, thing: Thing, margin: float = 0.22) -> tuple[int, int]:
        left, top, width, height = thing.box
        x, y = (float(np.clip(self.rng.normal(0.5, 0.14), margin, 1 - margin)) for _ in range(2))
        return int(left + x * width), int(top + y * height)

    def _go(self, thing: Thing, at: tuple[int, int] | None = None) -> None:
        x, y = at or self._aim(thing)
        self.hand.move(x, y, width=min(thing.box[2:]))
        self.hand.rest(float(self.rng.uniform(0.05, 0.14)))

    def _shake(self) -> None:
        """As far as toolkits take for a click still."""
        if self.rng.random() < 0.3:
            dx, dy = self.rng.integers(-1, 2, 2).tolist()
            self.hand.move(self.hand.x + dx, self.hand.y + dy)

    def _press(self, button: str = "left") -> None:
        self.hand.press_button(button)
        self.hand.rest(float(self.rng.uniform(0.03, 0.06)))
        self._shake()
        self.hand.rest(float(self.rng.uniform(0.03, 0.06)))
        self.hand.release_button(button)

    def click(self, thing: Thing, kind: str = "click", at: tuple[int, int] | None = None) -> None:
        """click, double_click, triple_click, right_click or middle_click."""
        if self._on is not None and self._on.box == thing.box and kind.endswith("click"):
            time.sleep(APART_S)
        self._go(thing, at)
        since = len(self.hand.sent)
        times = {"double_click": 2, "triple_click": 3}.get(kind, 1)
        button = {"right_click": "right", "middle_click": "middle"}.get(kind, "left")
        for n in range(times):
            if n:
                self.hand.rest(float(self.rng.uniform(0.04, 0.1)))
            self._press(button)
        self._note(kind, since, thing)
        self._on = thing
        self._pause()

    def drag(self, thing: Thing, start: tuple[int, int], end: tuple[int, int]) -> None:
        self._go(thing, start)
        since = len(self.hand.sent)
        self.hand.press_button()
        self.hand.rest(float(self.rng.uniform(0.06, 0.12)))
        self.hand.move(*end)
        self.hand.rest(float(self.rng.uniform(0.06, 0.12)))
        self.hand.release_button()
        self._note("drag", since, thing, end=end)
        self._on = thing
        self._pause()

    def slip(self, thing: Thing, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Slides over it while the button is down: a button takes that for a click."""
        self.drag(thing, start, end)
        self.acts[-1] = replace(self.acts[-1], kind="click", end=None)

    def hover(self, thing: Thing, until: Callable[[], bool]) -> bool:
        """Rests on it until what it opens is there; whether it came. If not, it is out of the diary."""
        self._go(thing)
        since = len(self.hand.sent) - 1
        deadline = time.monotonic() + HOVER_S_MAX
        while not (opened := until()) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(float(self.rng.uniform(0.25, 0.5)))
        self._note("hover", since, thing)
        self._on = None
        if not opened:
            self.disown()
        return opened

    def scroll(self, thing: Thing, notches: int) -> None:
        time.sleep(1.05 if self.acts and self.acts[-1].kind == "scroll" else 0)  # or it would be the same run
        self._go(thing)
        since = len(self.hand.sent)
        self.hand.scroll(notches)
        self._note("scroll", since, thing, dy=notches)
        self._pause()

    # ------------------------------------------------------------ the keyboard

    def type(self, field: Thing, text: str) -> None:
        """With slips: a wrong key taken back, a word taken back whole, a letter left out and put in later. What was
        typed just before and is all selected now is taken back too, and stands in no diary."""
        self._take_back(field)
        since = len(self.hand.sent)
        at = 0
        while at < len(text):
            draw = self.rng.random()
            if draw < 0.05:
                self.hand.type(SLIPS[int(self.rng.integers(len(SLIPS)))])
                self.hand.press("BackSpace")
            elif draw < 0.07 and at + 2 < len(text):
                self.hand.type(text[at + 1])
                self.hand.press("Left")
                self.hand.type(text[at])
                self.hand.press("Right")
                at += 2
                continue
            self.hand.type(text[at])
            at += 1
        self._note("type", since, field, text=text)
        self._pause()

    def _take_back(self, field: Thing) -> None:
        typed, selected = self.acts[-2:] if len(self.acts) > 1 else (None, None)
        if (
            typed is not None and selected is not None and typed.kind == "type" and typed.box == field.box
            and (selected.kind, selected.key) == ("hotkey", "a")
        ):  # fmt: skip
            self.acts.remove(typed)
            self._disowned.append((typed.start_us, typed.end_us))

    def key(self, key: str, *modifiers: str, field: Thing | None = None) -> None:
        since = len(self.hand.sent)
        self.hand.press(key, *modifiers)
        truth = self._note("hotkey" if {"Control", "Alt", "Super"} & set(modifiers) else "key", since, field)
        key = SAME_KEYSYM.get(key, key)
        key = key.upper() if "Shift" in modifiers and len(key) == 1 else key
        self.acts[-1] = replace(truth, key=key, modifiers=tuple(sorted(modifiers)))
        self._pause()

    # ------------------------------------------------------------ in between

    def _pause(self) -> None:
        self.hand.rest(float(self.rng.uniform(0.1, 0.4)))
        time.sleep(REST_S)

    def wait(self) -> None:
        """Reads, thinks, fetches a coffee."""
        time.sleep(float(self.rng.uniform(3.3, 4.2)))
