"""What a simulated person does at the screen, through the real gate and the real redaction.

Nobody is recorded here: the input is made up from a seed. Everything after it is what a laptop does, so what is sealed
has the sizes, the events and the gaps of a recording.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from aboveboard.core.clock import US_PER_S, FixedClock
from aboveboard.core.events import (
    ButtonEdge,
    KeyEdge,
    Motion,
    Observed,
    ObservedElement,
    RawInput,
    Redacted,
    Snapshot,
    Surface,
)
from aboveboard.core.policy import Policy
from aboveboard.recorder.conditions import Conditions, always
from aboveboard.recorder.gate import Gate, Withheld
from aboveboard.recorder.home import Home
from aboveboard.recorder.pauses import Pauses
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.stage import RedactionStage

PIECE_EVENTS = 2_000
PIECE_US = 15 * 60 * US_PER_S
MOVE_US = 8_000  # a mouse at 125 Hz
SCREEN = (1920, 1080)
TASKS = ("Book a room", "File the invoice", "Answer the ticket", "Order supplies", "Update the list", "Plan the week")
TEXT = (
    "please check the numbers of last week and send them to the team before noon thank you the meeting moves to the "
    "second floor and the list is almost done order paper and two boxes of pens the customer asked for a copy"
)
WORDS = TEXT.split()
NAMES = ("Save", "Cancel", "Search", "Next", "Back", "Add a row", "Details", "Settings", "Send", "Open", "Close", "Log")


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes into one segment: events of one session that cover [start_us, end_us)."""

    start_us: int
    end_us: int
    events: tuple[Redacted, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One session at the screen. pause_us: a pause in it, (from, until); None for none."""

    start_us: int
    end_us: int
    pause_us: tuple[int, int] | None = None


def _page(rng: random.Random) -> tuple[ObservedElement, ...]:
    elements = []
    for n in range(rng.randint(8, 40)):
        box = (rng.randrange(1600), 60 + rng.randrange(900), 40 + rng.randrange(200), 24)
        if n % 4 == 3:
            states = frozenset({"enabled", "editable", "focusable", "focused"})
            elements.append(ObservedElement("entry", f"Field {n}", box, states, (0, n)))
        else:
            role = rng.choice(("push button", "link", "check box", "list item"))
            elements.append(ObservedElement(role, rng.choice(NAMES), box, frozenset({"enabled"}), (0, n)))
    return tuple(elements)


def _move(t_us: int, rng: random.Random, here: tuple[int, int], there: tuple[int, int]) -> Motion:
    n = rng.randint(20, 120)
    way = np.sort(np.clip(np.linspace(0, 1, n) + np.array([rng.gauss(0, 0.01) for _ in range(n)]), 0, 1))
    x, y = (np.rint(a + (b - a) * way).astype(np.int32) for a, b in zip(here, there, strict=True))
    return Motion(t_us + MOVE_US * np.arange(n, dtype=np.int64), x, y)


class Person:
    """Works in the first site that the policy lists."""

    def __init__(self, policy: Policy, region: str, folder: Path, start_us: int, rng: random.Random) -> None:
        home = Home(folder)
        home.make()
        self._rng, self._clock = rng, FixedClock(start_us)
        self._pauses = Pauses(home, self._clock)
        self._gate = Gate(Conditions(self._pauses, policy, "given", region, indicator=always, _power=(1e12, True)))
        self._stage = RedactionStage(Redactor(), self._clock)
        app = next(iter(policy.browsers), policy.apps[0])
        site = next((each.removesuffix(":*") for each in policy.sites), None)
        self._surface = Surface(1, app, app in policy.browsers, site, "Everyday work", (0, 0, *SCREEN))
        self._page: tuple[ObservedElement, ...] = ()
        self._at = (SCREEN[0] // 2, SCREEN[1] // 2)

    def _see(self, event: RawInput, target: ObservedElement | None, scene: Snapshot | None = None) -> list[Redacted]:
        verdict = self._gate.admit(Observed(event, self._surface, target, scene))
        return [] if isinstance(verdict, Withheld) else self._stage.feed(verdict)

    def work(self, stretch: Stretch) -> Iterator[tuple[int, list[Redacted]]]:
        """(until when, what came out), again and again."""
        rng, now = self._rng, stretch.start_us
        doing = rng.choice(TASKS)
        yield now, self._stage.task("start", doing, t_us=now)
        while now < stretch.end_us:
            if stretch.pause_us and stretch.pause_us[0] <= now < stretch.pause_us[1]:
                until = min(stretch.pause_us[1], stretch.end_us)
                yield until, self._stage.gap(now, until, "paused")
                now = until
                continue
            self._clock.advance(now - self._clock.now_us())
            now, kept = self._act(now)
            yield now, kept
            now += int(rng.expovariate(1 / 6) * US_PER_S)  # reads, thinks, talks
        yield now, [*self._stage.flush(now), *self._stage.task("stop", outcome="success", t_us=now)]

    def _act(self, now: int) -> tuple[int, list[Redacted]]:
        """One thing that a person does: goes somewhere, clicks, perhaps types."""
        rng, kept = self._rng, []
        scene = None
        if not self._page or rng.random() < 0.2:
            self._page = _page(rng)
            scene = Snapshot(now, self._page)
        target = rng.choice(self._page)
        x, y = target.box[0] + target.box[2] // 2, target.box[1] + target.box[3] // 2
        motion = _move(now, rng, self._at, (x, y))
        kept += self._see(motion, target, scene)
        self._at, now = (x, y), int(motion.t_us[-1]) + 90_000
        for pressed in (True, False):
            kept += self._see(ButtonEdge(now, x, y, 1, pressed), target)
            now += 80_000
        if "editable" in target.states:
            now += 60_000
            for char in " ".join(rng.choices(WORDS, k=rng.randint(1, 12))):
                for pressed in (True, False):
                    kept += self._see(KeyEdge(now, "space" if char == " " else char, char, pressed), target)
                    now += 60_000
            kept += self._see(KeyEdge(now, "Return", "", True), target)
            now += 60_000
        return now, kept


def pieces(policy: Policy, region: str, stretches: Sequence[Stretch], rng: random.Random) -> list[list[Piece]]:
    """For each stretch, a session's pieces in order, with no hole between them."""
    made = []
    for stretch in stretches:
        with TemporaryDirectory(prefix="aboveboard-simulate-") as folder:
            person = Person(policy, region, Path(folder), stretch.start_us, rng)
            session: list[Piece] = []
            begun, events = stretch.start_us, list[Redacted]()
            end = begun
            for until, kept in person.work(stretch):
                events += kept
                end = max(until, end)
                if len(events) > PIECE_EVENTS or end - begun > PIECE_US:
                    session.append(Piece(begun, end, tuple(events)))
                    begun, events = end, []
            if end > begun or events:
                session.append(Piece(begun, max(end, begun + 1), tuple(events)))
            made.append(session)
    return made
