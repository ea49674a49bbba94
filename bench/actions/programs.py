"""The programs that are worked with, and what a person does in each. What they say of themselves, by the page's own
events, the saved text or the display, confirms the diary or corrects it; the recorder is never asked."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import ObservedElement
from aboveboard.desktop.accessibility import Accessibility
from bench.actions.person import Person, Thing

WORDS = (
    "meeting", "report", "budget", "table", "green", "window", "paper", "summer", "garden", "letter", "number",
    "early", "answer", "bring", "carry", "place", "water", "simple", "train", "market", "open", "close",
    "happy", "little", "never", "again", "between", "city", "music",
)  # fmt: skip
MENU_S_MAX, CLICKS_MAX = 15.0, 3
FOCUS_S_MAX, ESCAPES_MAX = 2.0, 2
START_S_MAX = 20.0


class Program(Protocol):
    """One window at which a person works."""

    def act(self) -> None:
        """One or a few acts, drawn by chance."""

    def denied(self) -> int:
        """How many acts the program says did not happen as the person meant; they are not in the diary."""

    def close(self) -> None:
        """Ends it."""


def some_words(rng: np.random.Generator, low: int = 1, high: int = 4) -> str:
    return " ".join(str(each) for each in rng.choice(WORDS, int(rng.integers(low, high))))


class Desktop:
    """A GTK or Qt program: its tree as it is now, its text as it stands."""

    def __init__(self, words: list[str], env: Mapping[str, str]) -> None:
        """Raises Unavailable when the program is not installed."""
        if shutil.which(words[0]) is None:
            raise Unavailable(f"the program {words[0]} is missing: apt-get install {words[0]}")
        self.process = subprocess.Popen(
            words, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        self._tree = Accessibility(env["DBUS_SESSION_BUS_ADDRESS"])
        self.until(lambda: any(each.role == "text" for each in self.elements()), START_S_MAX)
        time.sleep(0.5)

    def elements(self) -> tuple[ObservedElement, ...]:
        self._tree.look_anew()
        page = self._tree.read(self.process.pid)
        return page.snapshot.elements if page is not None else ()

    def until(self, holds: Callable[[], bool], s_max: float = 3.0) -> bool:
        deadline = time.monotonic() + s_max
        while not holds():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def find(self, name: str, *roles: str) -> Thing | None:
        for each in self.elements():
            if each.name.strip() == name and (not roles or each.role in roles):
                return Thing(each.box, each.name.strip())
        return None

    def field(self) -> ObservedElement:
        """The largest text. Raises ValueError when the program shows none for a while."""
        deadline = time.monotonic() + 3
        while not (texts := [each for each in self.elements() if each.role == "text"]) and time.monotonic() < deadline:
            time.sleep(0.1)
        return max(texts, key=lambda each: each.box[2] * each.box[3])

    def text(self) -> str:
        """What stands in it, asked for apart from any tree."""
        return self._tree.text_at(self.process.pid, self.field().path)

    def close(self) -> None:
        self._tree.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Editor(Desktop):
    """mousepad (GTK) or featherpad (Qt) with a text."""

    def __init__(self, name: str, env: Mapping[str, str], folder: Path, person: Person) -> None:
        self.name, self._person, self._rng = name, person, person.rng
        path = folder / "notes.txt"
        lines = [some_words(person.rng, 4, 9) for _ in range(18)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        words = ["mousepad", "--disable-server", str(path)] if name == "mousepad" else ["featherpad", "-s", str(path)]
        super().__init__(words, env)
        self._denied = 0
        self._area = Thing(self.field().box)

    def denied(self) -> int:
        return self._denied

    def _place(self) -> tuple[int, int]:
        """Somewhere in the upper part of the text, where there are words."""
        left, top, width, height = self._area.box
        x = left + 50 + int(self._rng.integers(0, max(width // 3, 1)))
        return x, top + 10 + int(self._rng.integers(0, height // 2))

    def act(self) -> None:
        acts: list[tuple[Callable[[], None], float]] = [
            (self._click, 4), (self._double, 2.5), (self._triple, 2.5), (self._right, 1.6), (self._mark, 3),
            (self._scroll, 3), (self._keys, 4), (self._hotkeys, 3), (self._write, 5), (self._menu, 2.5),
            (self._middle, 0.6), (self._replace, 0.6),
        ]  # fmt: skip
        shares = np.array([share for _, share in acts])
        acts[int(self._rng.choice(len(acts), p=shares / shares.sum()))][0]()

    def _click(self) -> None:
        self._person.click(self._area, at=self._place())

    def _double(self) -> None:
        self._person.click(self._area, "double_click", at=self._place())

    def _triple(self) -> None:
        self._person.click(self._area, "triple_click", at=self._place())

    def _middle(self) -> None:
        self._person.click(self._area, "middle_click", at=self._place())

    def _right(self) -> None:
        self._person.click(self._area, "right_click", at=self._place())
        time.sleep(0.5)
        self._person.key("Escape")
        self._back()

    def _mark(self) -> None:
        start, end = self._place(), self._place()
        if abs(start[0] - end[0]) + abs(start[1] - end[1]) > 40:
            self._person.drag(self._area, start, end)

    def _scroll(self) -> None:
        notches = int(self._rng.integers(1, 6)) * int(self._rng.choice([-1, 1]))
        self._person.scroll(self._area, notches)

    def _keys(self) -> None:
        key = str(self._rng.choice(["Up", "Down", "Page_Down", "Page_Up", "Return"]))
        self._person.key(key, field=self._area)

    def _hotkeys(self) -> None:
        key, *held = list[list[str]]([["Home", "Control"], ["End", "Control"], ["z", "Control"], ["a", "Control"],
                                      ["c", "Control"]])[int(self._rng.integers(5))]  # fmt: skip
        self._person.key(key, *held, field=self._area)
        if key == "a":
            self._click()

    def _write(self) -> None:
        self._person.key("End", "Control", field=self._area)
        self._type()

    def _replace(self) -> None:
        """All of it anew, so that it stays short."""
        self._person.key("a", "Control", field=self._area)
        self._type(6, 9)
        self._person.key("Return", field=self._area)

    def _type(self, low: int = 1, high: int = 4) -> None:
        said = some_words(self._rng, low, high) + " "
        self._person.type(self._area, said)
        if not self.until(lambda: said.strip() in self.text()):
            self._denied += self._person.disown()

    def _menu(self) -> None:
        name, under, leaf = ("Edit", "Convert", "To Lowercase") if self.name == "mousepad" else ("Options", "", "")
        if (head := self.find(name, "menu", "menu item")) is None:
            return
        before = {each.name for each in self.elements()}

        def is_open() -> bool:
            return len({each.name for each in self.elements()} - before) > 2

        for _ in range(CLICKS_MAX):  # Qt closes a menu at once when the hand slips while it opens: one clicks again
            self._person.click(head)
            if self.until(is_open, MENU_S_MAX / CLICKS_MAX):
                break
        else:
            raise RuntimeError(f"the menu {name} did not open in {MENU_S_MAX} s: what is seen now is not known")
        time.sleep(0.3)
        if under and self._rng.random() < 0.75 and (branch := self.find(under, "menu")) is not None:
            opened = self._person.hover(branch, lambda: self.find(leaf) is not None)
            self._denied += not opened
            if opened and (thing := self.find(leaf)) is not None:
                time.sleep(0.4)
                self._person.click(thing)
                self._back()
                return
        self._person.key("Escape")
        if under:
            self._person.key("Escape")
        # A key that is pressed while a menu still closes goes to the menu.
        if not self.until(lambda: not is_open(), MENU_S_MAX):
            raise RuntimeError(f"the menu {name} did not close in {MENU_S_MAX} s: what is seen now is not known")
        self._back()

    def _back(self) -> None:
        """To the text: Qt's menu bar may keep the keyboard when its menu has gone, and shows that it does."""
        for _ in range(ESCAPES_MAX):
            if self.until(lambda: "focused" in self.field().states, FOCUS_S_MAX):
                return
            self._person.key("Escape")
        if "focused" not in self.field().states:
            raise RuntimeError("the text did not get the keyboard back from the menu: what is seen now is not known")


class Calculator(Desktop):
    """galculator (GTK): small buttons, quick repeats, a display that says what came of it."""

    def __init__(self, env: Mapping[str, str], person: Person) -> None:
        self._person, self._rng = person, person.rng
        super().__init__(["galculator"], env)
        self._keys = {
            each.name: Thing(each.box, each.name) for each in self.elements() if each.role == "toggle button"
        }  # fmt: skip
        self._denied = 0

    def denied(self) -> int:
        return self._denied

    def act(self) -> None:
        if self._rng.random() < 0.12:
            self._menu()
            return
        one, two = (int(each) for each in self._rng.integers(2, 99, 2))
        first = len(self._person.acts)
        self._person.click(self._keys["AC"])
        for char in f"{one}+{two}":
            self._person.click(self._keys[char])
        # Digits that are typed here go into no field, so the recorder withholds them: only the mouse counts.
        if self._rng.random() < 0.7:
            self._person.click(self._keys["="])
        else:
            self._person.key("Return")
        if not self.until(lambda: str(one + two) in self.text().replace(" ", "").replace(",", "")):
            self._denied += self._person.disown(first)

    def _menu(self) -> None:
        name = str(self._rng.choice(["View", "Calculator", "Edit"]))
        if (head := self.find(name, "menu")) is not None:
            self._person.click(head)
            time.sleep(0.4)
            self._person.key("Escape")
