"""A scripted contributor who demonstrates tasks, one after the other, before a recorder they have agreed to."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from aboveboard.core.errors import AboveboardError, Refused, Unavailable
from aboveboard.demo.processes import start
from aboveboard.desktop.browser import Browser
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from aboveboard.learn.tasks import desk
from aboveboard.learn.tasks.actor import Actor, Doer, Performance, Place, perform
from aboveboard.learn.tasks.desk import Desk, DeskDoer
from aboveboard.learn.tasks.miniwob import HEIGHT, WIDTH, Stage, url_of
from aboveboard.learn.tasks.scripts import SCRIPTS
from aboveboard.recorder.asking import ask

STATE_S_MAX = 20.0
SENT_S_MAX = 120.0
SEND_EVERY = 200  # episodes: the spool is bounded
RESTARTS_MAX = 5  # of the browser, for one worker


@dataclass(frozen=True, slots=True)
class Job:
    """One demonstration."""

    task: str
    seed: str

    @property
    def on_desk(self) -> bool:
        return self.task.startswith(desk.PREFIX)


@dataclass(frozen=True, slots=True)
class Orders:
    """What one worker has to do; plain values, so that they can go to another process."""

    folder: str
    charter: str
    code: str  # of an invitation; "" when the laptop is enrolled already
    origin: str
    speed: float
    number: int
    jobs: tuple[Job, ...]

    def url(self, task: str) -> str:
        return url_of(self.origin, task)


def demonstrate_all(orders: Orders) -> int:
    """Does all jobs, writing the diary line by line; returns how many. Raises AboveboardError."""
    folder = Path(orders.folder)
    laptop = folder / "laptop"
    folder.mkdir(parents=True, exist_ok=True)
    with PrivateDisplay(800, 600) as display:
        os.environ.update(display.env)
        words: list[str | Path] = ["record", "--home", laptop]
        if orders.code:
            words += ["--charter", orders.charter, "--invitation", orders.code, "--region", "DE"]
        recorder = start("the recorder", *words, log=folder / "recorder.log", env=display.env)
        try:
            if ask(laptop, do="status")["state"] == "waiting_for_consent":  # or a run before this one died there
                _agree(display, recorder.url, laptop)
            left = [job for job in orders.jobs if not job.on_desk]
            for _ in range(RESTARTS_MAX if left else 0):
                left = _session(orders, display, laptop, left)
                if not left:
                    break
            if left:
                raise Unavailable(f"the browser failed {RESTARTS_MAX} times; {len(left)} episodes are left")
            _at_desk(orders, display, laptop, [job for job in orders.jobs if job.on_desk])
            _send(laptop)
        finally:
            recorder.stop()
    return len(orders.jobs)


def _agree(display: PrivateDisplay, page: str, laptop: Path) -> None:
    """Reads the notice and clicks "I agree" on the recorder's own page."""
    with Browser(display.env, page, WIDTH, HEIGHT) as browser, Hand(display.name) as hand:
        browser.wait("document.querySelector('#agree') !== null")
        time.sleep(0.8)  # painted, not only loaded
        browser.evaluate("document.querySelector('#agree').scrollIntoView({block: 'center'})")
        x, y, width, height = browser.evaluate(
            "(() => { const r = document.querySelector('#agree').getBoundingClientRect();"
            " return [r.x, r.y, r.width, r.height]; })()"
        )
        left, top = browser.evaluate("[screenX + (outerWidth - innerWidth) / 2, screenY + outerHeight - innerHeight]")
        hand.click(round(left + x + width / 2), round(top + y + height / 2))
        _wait_for(laptop, "recording", "not_allowed")


def _wait_for(laptop: Path, *states: str) -> None:
    deadline = time.monotonic() + STATE_S_MAX
    while (state := ask(laptop, do="status")["state"]) not in states:
        if time.monotonic() > deadline:
            raise Unavailable(f"the recorder is {state}, not {' or '.join(states)}, after {STATE_S_MAX:.0f} s")
        time.sleep(0.05)


def _mark(laptop: Path, **what: str) -> None:
    """A mark at a moment at which the recorder keeps it: while a page loads, what is in front isn't known, and nothing
    is kept. Raises Refused when it never does."""
    deadline = time.monotonic() + STATE_S_MAX
    while True:
        _wait_for(laptop, "recording")
        try:
            ask(laptop, **what)
            return
        except Refused:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _session(orders: Orders, display: PrivateDisplay, laptop: Path, jobs: list[Job]) -> list[Job]:
    """One browser's life: all jobs if all is well. Returns what is left when the browser or a page failed."""
    rng = np.random.default_rng([orders.number, len(jobs)])
    diary = (Path(orders.folder) / "diary.jsonl").open("a", encoding="utf-8")
    with (
        diary,
        Browser(display.env, orders.url(jobs[0].task), WIDTH, HEIGHT) as browser,
        Hand(display.name, speed=orders.speed, seed=int(rng.integers(1 << 30))) as hand,
    ):
        stage = Stage(browser, orders.url)
        for at, job in enumerate(jobs):
            actor = Actor(stage, hand, rng)
            note = _one(stage, actor, partial(SCRIPTS[job.task], actor), laptop, job)
            if isinstance(note, str):
                if browser.process.poll() is not None:
                    return jobs[at:]
                stage.left()
                note = _nothing(job, note)
            diary.write(json.dumps(note) + "\n")
            diary.flush()
            if (at + 1) % SEND_EVERY == 0:
                _send(laptop)
    return []


def _at_desk(orders: Orders, display: PrivateDisplay, laptop: Path, jobs: list[Job]) -> None:
    """The jobs in programs of the desktop, each of which is started anew."""
    if not jobs:
        return
    rng = np.random.default_rng([orders.number, len(jobs), 1])
    diary = (Path(orders.folder) / "diary.jsonl").open("a", encoding="utf-8")
    with (
        diary,
        Desk(display.env) as stage,
        Hand(display.name, speed=orders.speed, seed=int(rng.integers(1 << 30))) as hand,
    ):
        for at, job in enumerate(jobs):
            doer = DeskDoer(stage, hand, rng)
            note = _one(stage, doer, partial(_work, doer, desk.drawn(job.task, job.seed)), laptop, job)
            diary.write(json.dumps(_nothing(job, note) if isinstance(note, str) else note) + "\n")
            diary.flush()
            if (at + 1) % SEND_EVERY == 0:
                _send(laptop)


def _work(doer: DeskDoer, work: desk.Work, instruction: str) -> None:
    desk.do(doer, work)


def _nothing(job: Job, why: str) -> dict[str, Any]:
    """The diary's line for an episode that came to nothing."""
    now = time.time_ns() // 1000
    note: dict[str, Any] = msgspec.to_builtins(Performance(job.task, job.seed, why, now, now, 0.0, ()))
    return note


def _one(
    stage: Place, doer: Doer, do: Callable[[str], None], laptop: Path, job: Job
) -> dict[str, Any] | str:  # fmt: skip
    """One demonstration. A script that fails ends its episode as a failure: why it did."""
    opened = False

    def begin(instruction: str) -> None:
        nonlocal opened
        _mark(laptop, do="task_start", description=instruction)
        opened = True

    def end(reward: float) -> None:
        time.sleep(0.1)
        _mark(laptop, do="task_stop", outcome="success" if reward == 1 else "failure")

    try:
        done = perform(stage, doer, do, job.task, job.seed, begin=begin, end=end)
    except AboveboardError as error:
        if opened:
            with contextlib.suppress(AboveboardError):  # it may have ended with the page: that is no success either
                _mark(laptop, do="task_stop", outcome="failure")
        return str(error)
    note: dict[str, Any] = msgspec.to_builtins(done)
    return note


def _send(laptop: Path) -> None:
    """Everything recorded so far, and waits for the log's proofs."""
    ask(laptop, do="send_now")
    deadline = time.monotonic() + SENT_S_MAX
    while True:
        status = ask(laptop, do="status")
        if status["sent_segments"] and not (status["unsent_segments"] or status["proofs_missing"]):
            return
        if time.monotonic() > deadline:
            raise Unavailable(f"not everything was sent and proven in {SENT_S_MAX:.0f} s: {status['problem']}")
        time.sleep(0.3)
