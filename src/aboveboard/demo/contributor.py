"""The scripted contributor: consents by a click, works, pauses, errs, forgets, reviews, leaves. All by real input."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import Box
from aboveboard.demo.canaries import Canary
from aboveboard.demo.measure import Span
from aboveboard.demo.pageserver import PageServer
from aboveboard.demo.processes import run
from aboveboard.demo.progress import Progress
from aboveboard.demo.screenshot import screenshot
from aboveboard.desktop.browser import Browser
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from aboveboard.learn.tasks.actor import Actor, Performance, perform
from aboveboard.learn.tasks.miniwob import Stage, TaskServer
from aboveboard.learn.tasks.scripts import SCRIPTS
from aboveboard.recorder.asking import ask

BROWSER = (760, 680)
XTERM_AT = (800, 300)
STATE_S_MAX = 15.0
SENT_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is done. speed: of the hand, 1.0 is a person's."""

    tasks: tuple[str, ...]
    episodes: int
    speed: float
    seed: int


@dataclass(slots=True)
class Diary:
    """What the script did, for the comparison with what was recorded. In memory; canaries never go to disk."""

    spans: list[Span] = field(default_factory=list)
    performances: list[Performance] = field(default_factory=list)
    failed_tasks: int = 0
    shots: list[tuple[str, Path]] = field(default_factory=list)
    xterm: Box = (0, 0, 0, 0)
    sent: dict[str, int] = field(default_factory=dict)
    pointer: list[tuple[int, int, int]] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)
    cpu_s: float = 0.0
    wall_s: float = 0.0

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        begun = time.time_ns() // 1000
        yield
        self.spans.append(Span(name, begun, time.time_ns() // 1000))


class Contributor:
    """One person at one display."""

    def __init__(
        self, display: PrivateDisplay, browser: Browser, hand: Hand, tasks: TaskServer, pages: PageServer, laptop: Path,
        page_url: str, canaries: dict[str, Canary], plan: Plan, progress: Progress, pictures: Path,
    ) -> None:  # fmt: skip
        self._display, self._browser, self._hand, self._pages = display, browser, hand, pages
        self._stage = Stage(browser, tasks.url)
        self._laptop, self._page_url, self._canaries = laptop, page_url, canaries
        self._plan, self._progress, self._pictures = plan, progress, pictures
        self._rng = np.random.default_rng(plan.seed)
        self._number = 0
        self.diary = Diary()

    def _ask(self, **request: Any) -> dict[str, Any]:
        return ask(self._laptop, **request)

    def _wait_for(self, *states: str) -> None:
        deadline = time.monotonic() + STATE_S_MAX
        while (state := self._ask(do="status")["state"]) not in states:
            if time.monotonic() > deadline:
                raise Unavailable(f"the recorder is {state}, not {' or '.join(states)}, after {STATE_S_MAX:.0f} s")
            time.sleep(0.05)

    def _shot(self, name: str, caption: str) -> None:
        path = self._pictures / f"{name}.png"
        screenshot(self._display.name, path)
        self.diary.shots.append((caption, path))

    def _visit(self, page: str, query: str = "") -> None:
        self._browser.navigate(self._pages.url(page) + query)
        self._stage.left()
        self._wait_for("recording")

    def _click(self, selector: str) -> None:
        find = f"document.querySelector({json.dumps(selector)})"
        self._browser.evaluate(f"{find}.scrollIntoView({{block: 'center'}})")
        x, y, width, height = cast("list[float]", self._browser.evaluate(
            f"(() => {{ const r = {find}.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; }})()"
        ))  # fmt: skip
        left, top = self._stage.viewport()
        self._hand.click(round(left + x + width / 2), round(top + y + height / 2), width=min(width, height))
        self._hand.rest(0.25)

    def _fill(self, selector: str, text: str) -> None:
        self._click(selector)
        self._hand.type(text)
        self._hand.rest(0.3)

    # ------------------------------------------------------------ scenes, in order

    def consent(self) -> None:
        """Reads the notice and clicks "I agree"."""
        time.sleep(0.8)  # painted, not only loaded
        self._shot("consent", "The notice, before anything is recorded. Two plain buttons.")
        with self.diary.span("reads the notice"):
            self._hand.move(300, 400)
            self._hand.scroll(3)
            self._hand.rest(0.6)
            self._hand.scroll(-3)
            self._click("#agree")
        self._wait_for("recording", "not_allowed")
        time.sleep(0.3)
        self._sent_before = dict(self._hand.counts)
        self._pointer_from = len(self._hand.sent)
        self._cpu_before = float(self._ask(do="status")["cpu_s"])
        self._begun = time.monotonic()

    def try_out_and_forget(self) -> None:
        """Tries things, writes something, thinks better of it: forget the last minute."""
        with self.diary.span("tries things"):
            for task in self._plan.tasks[:2]:
                self._episode(task, keep=False)
            self._visit("notes.html")
            self._fill("#note", self._canaries["typed, then forgotten"].value)
        print_ = run("forget", "--home", self._laptop, "last", "60s")
        self._progress.say(print_.strip())
        tried = self.diary.spans[-1]
        self.diary.spans[-1] = Span("forgotten", tried.start_us, time.time_ns() // 1000)

    def fill_in_a_form(self) -> None:
        """Personal details into ordinary fields, a password into a password field; other people's letters in view."""
        named = {
            "#fullname": "name", "#email": "e-mail", "#phone": "phone", "#street": "address", "#card": "card",
            "#password": "password", "#code": "one-time code",
        }  # fmt: skip
        with self.diary.span("fills in a form"):
            self._visit("signup.html")
            for selector, name in named.items():
                if name == "e-mail":
                    self._hand.press("Tab")  # from the field before it, as many do
                    self._hand.rest(0.25)
                    self._hand.type(self._canaries[name].value)
                else:
                    self._fill(selector, self._canaries[name].value)
            self._click("button")
        secret = self._canaries["secret in an address"].value
        letters = [
            {"from": self._canaries["other person's name"].value, "text": "Shall we meet on Tuesday?"},
            {
                "from": self._canaries["other person's e-mail"].value,
                "text": self._canaries["other person's words"].value,
            },
        ]
        with self.diary.span("reads and answers mail"):
            self._visit("mail.html", f"?session={secret}#{urllib.parse.quote(json.dumps(letters))}")
            self._hand.move(300, 300)
            self._hand.scroll(2)
            self._hand.rest(0.3)
            self._hand.scroll(-2)
            self._fill("#reply", f"here it is {self._canaries['access token in a reply'].value}")
            self._hand.press("Home", "Control")
            self._click("#send")

    def _episode(self, task: str, *, keep: bool = True, shot: bool = False) -> None:
        seed = f"demonstration-{self._plan.seed}-{self._number}"
        self._number += 1

        def begin(instruction: str) -> None:
            self._wait_for("recording")
            self._ask(do="task_start", description=instruction)
            if shot:
                time.sleep(0.5)  # the badge is drawn a moment after the state changes
                self._shot("task", "A task, recorded. The badge in the corner says so.")

        def end(reward: float) -> None:
            time.sleep(0.1)
            self._ask(do="task_stop", outcome="success" if reward == 1 else "failure")

        actor = Actor(self._stage, self._hand, self._rng)
        done = perform(self._stage, actor, partial(SCRIPTS[task], actor), task, seed, begin=begin, end=end)
        if keep:
            self.diary.performances.append(done)
            self.diary.failed_tasks += done.reward != 1

    def do_tasks(self, rounds: range, name: str) -> None:
        """Everyday tasks, one episode of each a round."""
        with self.diary.span(name):
            for number in rounds:
                for task in self._plan.tasks:
                    self._episode(task, shot=number == 0 and task == self._plan.tasks[-1])
                self._progress.say(
                    f"round {number + 1} of {self._plan.episodes}: {len(self.diary.performances)} episodes"
                )

    def pause_and_go_on(self) -> None:
        """Pauses, works on, and resumes: nothing of it may be kept."""
        self._visit("notes.html")
        run("pause", "--home", self._laptop, "30m")
        with self.diary.span("paused"):
            self._fill("#note", self._canaries["typed while paused"].value)
            self._click("#save")
            time.sleep(0.3)
            self._shot("paused", "Paused: the person goes on working, nothing is kept.")
        run("resume", "--home", self._laptop)

    def use_another_app(self) -> None:
        """Works in a terminal, which the policy does not list."""
        with self.diary.span("another program"):
            words = ["xterm", "-geometry", f"44x12+{XTERM_AT[0]}+{XTERM_AT[1]}", "-T", "terminal", "-e", "cat"]
            xterm = subprocess.Popen(words, env=self._display.env, stderr=subprocess.DEVNULL)
            try:
                time.sleep(1.2)
                x, y = XTERM_AT[0] + 80, XTERM_AT[1] + 80
                self._hand.click(x, y)
                time.sleep(0.3)
                begun = time.time_ns() // 1000
                self._hand.type(self._canaries["typed in an app not allowed"].value)
                self._hand.move(x + 60, y + 20)
                self._shot("terminal", "A program that the policy does not list: not recorded here.")
                self.diary.spans.append(Span("app not allowed", begun, time.time_ns() // 1000))
                self.diary.xterm = (XTERM_AT[0], XTERM_AT[1], 280, 170)
            finally:
                xterm.terminate()
                xterm.wait()
        time.sleep(0.3)

    def review_and_send(self) -> None:
        """Looks at what would leave, then sends it."""
        self.diary.cpu_s = float(self._ask(do="status")["cpu_s"]) - self._cpu_before
        self.diary.wall_s = time.monotonic() - self._begun
        self.diary.sent = {kind: n - self._sent_before.get(kind, 0) for kind, n in self._hand.counts.items()}
        sent = self._hand.sent[self._pointer_from :]
        self.diary.pointer = [(each.t_us, each.x, each.y) for each in sent if each.kind == "motion"]
        time.sleep(0.4)
        self.diary.status = self._ask(do="status")
        with self.diary.span("reviews"):
            self._browser.navigate(self._page_url)
            self._stage.left()
            time.sleep(0.4)
            self._shot("review", "Review: text as it will leave, gaps with their reasons, delete or send.")
            self._click("#send")
        deadline = time.monotonic() + SENT_S_MAX
        while True:
            status = self._ask(do="status")
            if status["sent_segments"] and not (status["unsent_segments"] or status["proofs_missing"]):
                return
            if time.monotonic() > deadline:
                raise Unavailable(f"not everything was sent and proven in {SENT_S_MAX:.0f} s: {status['problem']}")
            time.sleep(0.2)

    def opt_out(self) -> None:
        """Leaves, without a reason, and goes on working."""
        run("opt-out", "--home", self._laptop)
        with self.diary.span("opted out"):
            self._browser.navigate(self._pages.url("notes.html"))
            time.sleep(0.4)
            self._fill("#note", self._canaries["typed after opting out"].value)
            self._shot("left", "After opting out: the recorder is off.")


def environment(display: PrivateDisplay) -> None:
    """Makes this process a client of the display: the X library looks for its cookie there."""
    os.environ.update(display.env)


def rounds(plan: Plan) -> tuple[range, range]:
    """The first half of the episodes, and the second."""
    half = (plan.episodes + 1) // 2
    return range(half), range(half, plan.episodes)
