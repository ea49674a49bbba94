"""Everyday tasks in programs of the desktop: two editors (GTK, Qt) and a calculator, each started anew for each task.

Whether a task was done is read off the program's own state: the bytes of the saved file, what the calculator's display
shows. Whoever does it, script or agent, sees the accessibility bus and has X input for hands.
"""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.core.events import Box, ObservedElement
from aboveboard.desktop.accessibility import Accessibility
from aboveboard.desktop.input import Hand
from aboveboard.learn.tasks.actor import FIND_S_MAX, Doer

PREFIX = "desktop/"
PROGRAMS = ("mousepad", "featherpad", "galculator")  # lower-case WM_CLASS, as a policy names them
START_S_MAX = 25.0
STOP_S_MAX = 5.0
SETTLED_S = 0.6
READS_S = 0.8  # what stands in a text is read before it is changed
_WORDS = (
    "meeting", "report", "budget", "table", "green", "window", "paper", "summer", "garden", "letter", "number",
    "early", "answer", "bring", "carry", "place", "water", "simple", "train", "market", "open", "close",
    "happy", "little", "never", "again", "between", "city", "music",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """One task as it was drawn. before, wanted: of the file; shows: of the calculator's display."""

    program: str
    instruction: str
    before: str = ""
    wanted: str | None = None
    shows: str | None = None


def _words(rng: np.random.Generator, low: int, high: int) -> str:
    return " ".join(str(each) for each in rng.choice(_WORDS, int(rng.integers(low, high)), replace=False))


def _write(program: str) -> Callable[[np.random.Generator], Work]:
    def draw(rng: np.random.Generator) -> Work:
        said = _words(rng, 1, 4)
        return Work(program, f'Write "{said}" in the text and save it with Ctrl+S.', "", said)

    return draw


def _replace(program: str) -> Callable[[np.random.Generator], Work]:
    def draw(rng: np.random.Generator) -> Work:
        before, said = _words(rng, 4, 8), _words(rng, 1, 4)
        return Work(program, f'Replace the whole text with "{said}" and save it with Ctrl+S.', before, said)

    return draw


def _empty(program: str) -> Callable[[np.random.Generator], Work]:
    def draw(rng: np.random.Generator) -> Work:
        return Work(program, "Delete all of the text and save the file with Ctrl+S.", _words(rng, 4, 8), "")

    return draw


def _add(rng: np.random.Generator) -> Work:
    one, two = (int(each) for each in rng.choice(np.arange(1, 10), 2, replace=False))
    return Work("galculator", f"Work out {one} + {two} with the buttons of the calculator.", shows=str(one + two))


def _subtract(rng: np.random.Generator) -> Work:
    one, two = (int(each) for each in rng.choice(np.arange(1, 10), 2, replace=False))
    return Work("galculator", f"Work out {one} - {two} with the buttons of the calculator.", shows=str(one - two))


DRAWS: dict[str, Callable[[np.random.Generator], Work]] = {
    "desktop/featherpad-empty": _empty("featherpad"),
    "desktop/featherpad-replace": _replace("featherpad"),
    "desktop/featherpad-write": _write("featherpad"),
    "desktop/galculator-add": _add,
    "desktop/galculator-subtract": _subtract,
    "desktop/mousepad-empty": _empty("mousepad"),
    "desktop/mousepad-replace": _replace("mousepad"),
    "desktop/mousepad-write": _write("mousepad"),
}


def drawn(task: str, seed: str) -> Work:
    """The same for the same seed. Raises BadInput for an unknown task."""
    if task not in DRAWS:
        raise BadInput(f"there is no task {task!r} on the desktop; there are {', '.join(sorted(DRAWS))}")
    number = int.from_bytes(hashlib.sha256(f"{task} {seed}".encode()).digest()[:8], "big")
    return DRAWS[task](np.random.default_rng(number))


class Desk:
    """One display on which programs are started, one after the other. `with Desk(display.env) as desk:`"""

    def __init__(self, env: Mapping[str, str]) -> None:
        """env: of a display with an accessibility bus."""
        self._env = dict(env)
        self._folder = tempfile.TemporaryDirectory(prefix="aboveboard-desk-")
        self._process: subprocess.Popen[bytes] | None = None
        self._tree = Accessibility(env["DBUS_SESSION_BUS_ADDRESS"])
        self._work: Work | None = None

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()
        self._tree.close()
        self._folder.cleanup()

    @property
    def _file(self) -> Path:
        return Path(self._folder.name) / "notes.txt"

    def open(self, task: str, seed: str) -> str:
        """Starts the task's program afresh; returns the instruction."""
        work = drawn(task, seed)
        self._leave()
        self._work = work
        self._file.write_text(work.before, encoding="utf-8")
        words = {
            "mousepad": ["mousepad", "--disable-server", str(self._file)],
            "featherpad": ["featherpad", "-s", str(self._file)],
            "galculator": ["galculator"],
        }[work.program]
        home = {"HOME": self._folder.name, "XDG_CONFIG_HOME": f"{self._folder.name}/config"}  # no settings left over
        try:
            self._process = subprocess.Popen(
                words, env={**self._env, **home}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise Unavailable(f"the program {work.program} is missing: apt-get install {work.program}") from error
        deadline = time.monotonic() + START_S_MAX
        while not any(each.role == "text" for each in self.elements()):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise Unavailable(f"{work.program} showed no window in {START_S_MAX:.0f} s")
            time.sleep(0.05)
        time.sleep(SETTLED_S)
        return work.instruction

    def _leave(self) -> None:
        if self._process is None:
            return
        self._process.kill()  # asked politely, an editor asks back about what was not saved
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S_MAX)
        self._process = None

    def pid(self) -> int:
        """Of the program in front. Raises Unavailable when none was started."""
        if self._process is None:
            raise Unavailable("no program was started")
        return self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def elements(self) -> tuple[ObservedElement, ...]:
        """What the program shows now, for the script and the check."""
        self._tree.look_anew()
        page = self._tree.read(self.pid())
        return page.snapshot.elements if page is not None else ()

    def done(self) -> bool:
        """Whether the state is as asked for."""
        work = self._work
        if work is None:
            return False
        if work.wanted is not None:
            return self._file.read_text("utf-8", "replace").removesuffix("\n") == work.wanted
        shown = [self._tree.text_at(self.pid(), each.path) for each in self.elements() if each.role == "text"]
        return any("".join(text.split()).replace("\u2212", "-") == work.shows for text in shown)

    def wait_done(self, timeout_s: float) -> bool:
        """Whether it was done within that time."""
        deadline = time.monotonic() + timeout_s
        while not self.done():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def reward(self) -> float:
        """1 is success."""
        return float(self.done())


class DeskDoer(Doer):
    """On a desktop: elements are found by role and name, "role/name", the largest of several."""

    def __init__(self, desk: Desk, hand: Hand, rng: np.random.Generator) -> None:
        super().__init__(hand, rng)
        self._desk = desk

    def box(self, script: str) -> Box:
        role, _, name = script.partition("/")
        deadline = time.monotonic() + FIND_S_MAX
        while True:
            found = [
                each.box for each in self._desk.elements() if each.role == role and name in ("", each.name.strip())
            ]  # fmt: skip
            if found:
                return max(found, key=lambda box: box[2] * box[3])
            if time.monotonic() > deadline:
                raise Unavailable(f"the program shows no {script}")
            time.sleep(0.05)


def do(doer: DeskDoer, work: Work) -> None:
    """As a person does it."""
    if work.wanted is None:
        _, _, one, sign, two, *_ = work.instruction.split()
        for key in (one, sign, two, "="):
            doer.click(f"toggle button/{key}", key)
        return
    doer.click("text/")
    doer.watch(READS_S)
    if work.before:
        doer.press("a", "Control")
        if not work.wanted:
            doer.press("Delete")
    if work.wanted:
        doer.type("text/", work.wanted)
    doer.press("s", "Control")
