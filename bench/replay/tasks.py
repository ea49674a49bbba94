"""Tasks that can be set up afresh, and read at their end: pages of MiniWoB, two editors, a calculator."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from aboveboard.desktop.browser import Browser
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from aboveboard.learn.tasks.actor import DONE_S_MAX, Actor
from aboveboard.learn.tasks.miniwob import HEIGHT, WIDTH, Stage, TaskServer
from aboveboard.learn.tasks.scripts import SCRIPTS
from bench.actions.person import Person, Thing
from bench.actions.programs import Calculator, Desktop, Editor, some_words

# What a page shows at its end: what a person could tell two ends apart by.
_PAGE = """(() => { const area = document.getElementById('area');
  const fields = [...area.querySelectorAll('input, textarea, select')].map(e => [e.type, e.value, e.checked]);
  return JSON.stringify([WOB_DONE_GLOBAL, WOB_RAW_REWARD_GLOBAL, fields, area.innerText]); })()"""


class Work(Protocol):
    """One kind of task on one display. `open` makes a fresh copy, the same for the same seed."""

    def open(self, seed: int) -> str:
        """What is to be done, in words."""

    def do(self, seed: int) -> None:
        """As a person does it."""

    def state(self) -> str:
        """What came of it."""

    def leave(self) -> None:
        """Ends this copy."""

    def close(self) -> None:
        """Ends all of it."""


class Pages:
    """The tasks that the scripted person knows, in turn. Another place on the screen for another `corner`."""

    def __init__(self, display: PrivateDisplay, hand: Hand, corner: int) -> None:
        self._hand = hand
        self._server = TaskServer().__enter__()
        env = {**os.environ, **display.env}
        url = self._server.url("click-test")
        self._browser = Browser(env, url, WIDTH, HEIGHT, left=10 + corner, top=20 + corner)
        self._stage = Stage(self._browser, self._server.url)
        self._instruction = ""

    def open(self, seed: int) -> str:
        task = sorted(SCRIPTS)[seed % len(SCRIPTS)]
        self._hand.move(self._hand.x, 5)  # nothing lies under it when the page comes
        self._instruction = self._stage.open(task, f"replay-{seed}")
        time.sleep(0.3)
        return f"{task}: {self._instruction}"

    def do(self, seed: int) -> None:
        task = sorted(SCRIPTS)[seed % len(SCRIPTS)]
        SCRIPTS[task](Actor(self._stage, self._hand, np.random.default_rng(seed)), self._instruction)

    def state(self) -> str:
        self._stage.wait_done(DONE_S_MAX)
        time.sleep(1.0)  # sections open and close at their own pace
        return str(self._browser.evaluate(_PAGE))

    def leave(self) -> None:
        """The next one reloads nothing of this one."""
        self._stage.left()

    def close(self) -> None:
        self._browser.close()
        self._server.__exit__(None, None, None)


class Desk:
    """mousepad, featherpad or galculator, started anew for each episode."""

    def __init__(self, name: str, display: PrivateDisplay, hand: Hand, folder: Path) -> None:
        self._name, self._hand, self._folder = name, hand, folder
        self._env = {**os.environ, **display.env}
        self._program: Desktop | None = None
        self._person: Person | None = None

    def open(self, seed: int) -> str:
        person = self._person = Person(self._hand, np.random.default_rng(seed))
        if self._name == "galculator":
            self._program = Calculator(self._env, person)
            return "work out a sum"
        self._program = Editor(self._name, self._env, self._folder, person)
        return "edit the notes and save them"

    def do(self, seed: int) -> None:
        assert self._person is not None
        person, program = self._person, self._program
        if isinstance(program, Calculator):
            _calculate(person, program)
        elif isinstance(program, Editor):
            _edit(person, program)

    def state(self) -> str:
        if isinstance(self._program, Calculator):
            return self._program.text().strip()
        time.sleep(0.5)
        data = (self._folder / "notes.txt").read_bytes()
        return hashlib.sha256(data).hexdigest() + f" {len(data)} bytes"

    def leave(self) -> None:
        if self._program is not None:
            self._program.close()
            self._program = None

    def close(self) -> None:
        self.leave()


def _calculate(person: Person, program: Calculator) -> None:
    keys = {each.name: Thing(each.box, each.name) for each in program.elements() if each.role == "toggle button"}
    rng = person.rng
    sum_of = "+".join(str(int(each)) for each in rng.integers(2, 999, int(rng.integers(2, 4))))
    for char in f"{sum_of}=":
        person.click(keys[char])


def _edit(person: Person, program: Editor) -> None:
    """A few changes, each of another way to make one, and Ctrl+S."""
    rng, area = person.rng, Thing(program.field().box)
    left, top, width, height = area.box

    def place() -> tuple[int, int]:
        return left + 50 + int(rng.integers(0, max(width // 4, 1))), top + 10 + int(rng.integers(0, height // 3))

    def words() -> None:
        time.sleep(0.5)  # what is typed at once after a click is withheld while a busy machine looks the field up
        person.type(area, some_words(rng) + " ")

    def put_in() -> None:
        person.click(area, at=place())
        words()

    def put_over() -> None:
        person.click(area, "double_click", at=place())
        words()

    def cut() -> None:
        start, end = place(), place()
        if abs(start[0] - end[0]) > 30:
            person.drag(area, start, end)
            person.key("BackSpace", field=area)

    def add() -> None:
        person.key("End", "Control", field=area)
        words()

    def line() -> None:
        person.click(area, "triple_click", at=place())
        person.key("Delete", field=area)

    def down() -> None:
        person.click(area, at=place())
        for _ in range(int(rng.integers(1, 4))):
            person.key(str(rng.choice(["Up", "Down", "Home", "End"])), field=area)
        words()

    ways: list[Callable[[], None]] = [put_in, put_over, cut, add, line, down]
    for place_of in rng.integers(0, len(ways), 4).tolist():
        ways[place_of]()
    person.key("s", "Control", field=area)


def work_of(name: str, display: PrivateDisplay, hand: Hand, folder: Path, corner: int) -> Work:
    """name: pages, mousepad, featherpad or galculator."""
    return Pages(display, hand, corner) if name == "pages" else Desk(name, display, hand, folder)
