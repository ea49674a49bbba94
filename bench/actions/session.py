"""One session: a display, the recorder, a program, a person at it; then the actions rebuilt from what was recorded,
beside the diary. A process of its own, told by a JSON file what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from aboveboard.core.events import Gap, KeptEvent
from aboveboard.datasets.actions import reconstruct
from aboveboard.datasets.agreement import Agreement, Truth, agreement
from aboveboard.datasets.episodes import SECRET
from aboveboard.datasets.vocabulary import Action
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from bench.actions.desk import Desk
from bench.actions.monitors import side_by_side
from bench.actions.person import Person
from bench.actions.programs import Calculator, Editor, Program
from bench.carried import carry_out

SCREEN = (1000, 760)
PAUSE_SHARE, WAIT_SHARE = 0.012, 0.035
NEAR_US = 600_000


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """program: desk, mousepad, featherpad or galculator; speed: of the hand, 1 is a person's; acts: at least."""

    program: str
    speed: float
    monitors: int
    acts: int
    seed: int


class Outcome(msgspec.Struct):
    """denied: acts that the program says did not happen as meant, and which are in no count; misses: in words; problem:
    what the recorder said of itself; gaps_s: seconds in which nothing was kept, by reason."""

    task: Task
    total: int
    matched: int
    exact: dict[str, int]
    confusion: dict[str, dict[str, int]]
    misses: list[str]
    denied: int
    paused: int
    seconds: float
    problem: str
    gaps_s: dict[str, float]


class Told:
    """The recorder of a session, in its own process."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.actions.recording", str(folder)], env={**os.environ, **env},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if self._line() != "ready":
            raise RuntimeError("the recorder did not start")

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        if (answer := self._line()) != "ok":
            raise RuntimeError(f"the recorder, told {line!r}: {answer}")

    def stop(self) -> tuple[list[KeptEvent], str]:
        """What was kept, and what the recorder says of itself: JSON."""
        assert self._process.stdin is not None
        self._process.stdin.write("stop\n")
        self._process.stdin.flush()
        said = self._line()
        self._process.wait(30)
        data = (self._folder / "events.msgpack").read_bytes()
        return msgspec.msgpack.decode(data, type=list[KeptEvent]), said


def start_program(name: str, display: PrivateDisplay, folder: Path, person: Person, left: int) -> Program:
    env = {**os.environ, **display.env}
    if name == "desk":
        return Desk(env, person, left, 20)
    return Calculator(env, person) if name == "galculator" else Editor(name, env, folder, person)


def interrupt(person: Person, told: Told) -> tuple[int, int]:
    """A pause in the middle of a gesture: pressed before it, let go after it. Nothing of that was an action."""
    since_us = time.time_ns() // 1000
    person.hand.press_button()
    time.sleep(0.1)
    told.say("pause 30m")
    time.sleep(0.3)
    person.hand.release_button()
    person.hand.press("Escape")
    time.sleep(0.3)
    told.say("resume")
    time.sleep(0.5)
    return since_us, time.time_ns() // 1000


def gaps_of(events: Sequence[KeptEvent]) -> dict[str, float]:
    """Seconds by reason."""
    found: Counter[str] = Counter()
    for each in events:
        if isinstance(each, Gap):
            found[each.reason] += each.end_us - each.t_us
    return {reason: us / 1e6 for reason, us in found.items()}


def outside(truths: Sequence[Truth], spans: Sequence[tuple[int, int]]) -> list[Truth]:
    """Those that touch none of the spans."""
    return [t for t in truths if not any(t.start_us < end and start < t.end_us for start, end in spans)]


def compared(actions: list[Action], person: Person, holes: Sequence[tuple[int, int]]) -> Agreement:
    """The diary against what was rebuilt, without the moments in which nothing could be right."""
    first, last = person.acts[0].end_us, person.acts[-1].start_us
    waits = [each for each in person.waits() if first <= each.start_us and each.end_us <= last]
    truths = outside([*person.acts, *waits], holes)
    spans = [*holes, *person.unsure()]
    # What was withheld agrees with nothing: the person did type words.
    actions = [replace(a, text="\0") if a.text == SECRET else a for a in actions]
    kept = [a for a in actions if not any(a.start_us < end and start <= a.end_us for start, end in spans)]
    return agreement(kept, truths, frozenset({"done"}))


def run(task: Task, folder: Path) -> Outcome:
    begun = time.monotonic()
    width = SCREEN[0] * task.monitors
    with PrivateDisplay(width, SCREEN[1]) as display:
        os.environ.update(display.env)
        if task.monitors > 1:
            side_by_side(display.name)
        time.sleep(1.0)  # a window that comes before the window manager is ready is never shown
        hand = Hand(display.name, speed=task.speed, seed=task.seed)
        person = Person(hand, np.random.default_rng(task.seed))
        hand.move(width - SCREEN[0] // 2, SCREEN[1] // 2)  # windows come up on the monitor with the pointer
        program = start_program(task.program, display, folder, person, width - SCREEN[0] + 10)
        holes: list[tuple[int, int]] = []
        try:
            told = Told(folder, display.env)
            while len(person.acts) < task.acts:
                draw = person.rng.random()
                if draw < PAUSE_SHARE and person.acts:
                    holes.append(interrupt(person, told))
                elif draw < PAUSE_SHARE + WAIT_SHARE:
                    person.wait()
                program.act()
            time.sleep(0.5)
            events, problem = told.stop()
        finally:
            program.close()
            hand.close()
    told_of = reconstruct(events)
    found = compared(list(told_of.actions), person, holes)
    if os.environ.get("BENCH_SHOW"):
        show(list(told_of.actions), person, events)
    confusion = {kind: dict(counts) for kind, counts in found.confusion.items()}
    return Outcome(
        task, found.total, found.matched, dict(found.exact), confusion, found.misses, program.denied(), len(holes),
        time.monotonic() - begun, problem, gaps_of(events),
    )  # fmt: skip


def show(actions: list[Action], person: Person, events: Sequence[KeptEvent]) -> None:
    """Both, by time, for whoever looks for a fault."""
    both: list[tuple[int, str]] = [
        (t.start_us, f"  did  {t.kind} {t.name!r} {t.box} {t.text!r} {t.key} {t.dy}") for t in person.acts
    ]
    both += [(g.t_us, f"gap    {g.reason} {(g.end_us - g.t_us) / 1e6:.3f} s") for g in events if isinstance(g, Gap)]
    for a in actions:
        e = a.element
        named = f"{e.role} {e.name!r} {e.box}" if e is not None else "nothing"
        both.append((a.start_us, f"found  {a.kind} {named} {a.text!r} {a.key} {a.dy} at {a.x},{a.y}"))
    for t_us, line in sorted(both):
        print(f"{t_us / 1e6 % 1000:8.3f} {line}", file=sys.stderr)


def main() -> int:
    """argv: task file, outcome file."""
    return carry_out(Task, "aboveboard-actions-", run)


if __name__ == "__main__":
    sys.exit(main())
