"""The demo from end to end: one stage after the other, each through the public commands."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aboveboard.core.codes import new_code
from aboveboard.demo.canaries import Canary, make_canaries
from aboveboard.demo.contributor import BROWSER, Contributor, Diary, Plan, environment, rounds
from aboveboard.demo.organisation import STEWARDS, Organisation, found
from aboveboard.demo.pageserver import PageServer
from aboveboard.demo.processes import run, run_json, start
from aboveboard.demo.progress import Progress
from aboveboard.desktop.browser import Browser
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from aboveboard.learn.tasks.miniwob import TaskServer

SCREEN = (1180, 740)
TASKS = (
    "click-button", "click-test-2", "click-link", "click-dialog-2", "click-tab", "click-option", "click-checkboxes",
    "enter-text", "focus-text-2", "click-collapsible", "click-button-sequence", "click-test",
)  # fmt: skip
SPEC = """\
title: Everyday web tasks, a demonstration
purpose: train-agents
outcome: success
min_contributors: 1     # a demonstration has one contributor; a real dataset says ten or more
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is recorded and evaluated. steps: at most, for each evaluated episode, whoever does it."""

    tasks: tuple[str, ...]
    episodes: int
    evaluated: int
    speed: float
    epochs: int
    steps: int


FULL = Size(TASKS, 8, 9, 2.0, 60, 20)
QUICK = Size(TASKS[:8], 3, 3, 3.0, 50, 10)  # the longest of these tasks takes seven


@dataclass(slots=True)
class Outcome:
    """What the stages gave, for the report."""

    home: Path
    laptop: Path
    size: Size
    canaries: dict[str, Canary]
    progress: Progress
    diary: Diary = field(default_factory=Diary)
    audits: dict[str, dict[str, Any]] = field(default_factory=dict)
    dataset: dict[str, Any] = field(default_factory=dict)
    evaluations: dict[str, dict[str, Any]] = field(default_factory=dict)


def fresh(home: Path) -> Path:
    """An empty folder; what an earlier demo left there goes. Refuses to empty anything that isn't a demo's."""
    if home.exists() and any(home.iterdir()):
        if not (home / "report.json").exists() and not (home / "organisation").exists():
            raise SystemExit(f"aboveboard: {home} is not empty and no demo's: give another folder with --out")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    return home.resolve()


def record(outcome: Outcome, organisation: Organisation, tasks: TaskServer, pages: PageServer, seed: int) -> None:
    """The contributor's session, from the notice to leaving."""
    progress, home, laptop = outcome.progress, outcome.home, outcome.laptop
    pictures = home / "pictures"
    pictures.mkdir()
    code = new_code()
    organisation.invite(code)
    plan = Plan(outcome.size.tasks, outcome.size.episodes, outcome.size.speed, seed)
    with PrivateDisplay(*SCREEN) as display:
        environment(display)
        log = home / "organisation" / "logs" / "recorder.log"
        recorder = start(
            "the recorder", "record", "--home", laptop, "--charter", organisation.charter, "--invitation", code,
            "--region", "DE", log=log, env=display.env,
        )  # fmt: skip
        try:
            with (
                Browser(display.env, recorder.url, *BROWSER) as browser,
                Hand(display.name, speed=plan.speed, seed=seed) as hand,
            ):
                person = Contributor(
                    display, browser, hand, tasks, pages, laptop, recorder.url, outcome.canaries, plan, progress,
                    pictures,
                )  # fmt: skip
                outcome.diary = person.diary
                first, second = rounds(plan)
                with progress.stage("consent", "the contributor reads the notice and agrees"):
                    person.consent()
                with progress.stage("recording", "working: everyday tasks, personal details, a pause, another program"):
                    person.try_out_and_forget()
                    person.fill_in_a_form()
                    person.do_tasks(first, "everyday tasks")
                    person.pause_and_go_on()
                    person.use_another_app()
                    person.do_tasks(second, "more tasks")
                with progress.stage("review", "reviewing and sending"):
                    person.review_and_send()
                with progress.stage("leaving", "opting out, and working on unrecorded"):
                    person.opt_out()
        finally:
            recorder.stop()


def audit(outcome: Outcome, organisation: Organisation, name: str) -> None:
    """From outside with the charter and the published files, and by the person with their own keys."""
    charter = organisation.charter
    source = organisation.collector.url
    verified = run_json("audit", "verify", source, "--charter", charter, "--json", ok=(0, 1, 3))
    words: list[str | Path] = ["audit", "monitor", source, "--home", outcome.laptop, "--charter", charter, "--json"]
    manifest = outcome.home / "dataset" / "manifest.json"
    if manifest.is_file():
        words += ["--manifest", manifest]
    monitored = run_json(*words, "--state", outcome.home / "monitor", ok=(0, 1, 3))
    outcome.audits[f"{name}, from outside"] = verified
    outcome.audits[f"{name}, by the contributor"] = monitored


def build_dataset(outcome: Outcome, organisation: Organisation) -> None:
    """A reader, a grant by two stewards, both halves of the keys, a dataset."""
    home = outcome.home
    reader, grant, spec = home / "reader", home / "reader" / "grant.json", home / "dataset-spec.yaml"
    keys = run_json("dataset", "reader-init", "--home", reader, "--name", "reader-fola")
    run("dataset", "grant", "new", "--purpose", "train-agents", "--reader", "Fola, agents group", "--reader-key",
        keys["reader_key"], "--reader-recipient", keys["reader_recipient"], "--policy", organisation.policy_id,
        "--out", grant)  # fmt: skip
    for name in STEWARDS:
        run("dataset", "grant", "sign", grant, "--key", organisation.key(name))
    spec.write_text(SPEC, encoding="utf-8")
    outcome.dataset = run_json(
        "dataset", "build", spec, "--home", reader, "--charter", organisation.charter, "--grant", grant, "--out",
        home / "dataset", "--json",
    )  # fmt: skip
    run("dataset", "verify", home / "dataset", "--charter", organisation.charter)


def learn(outcome: Outcome, organisation: Organisation) -> None:
    """Trains on what was recorded, and evaluates live beside two baselines, on seeds not used in recording."""
    home, size = outcome.home, outcome.size
    # Training waits for a core and an evaluation for a screen, and baselines need no model: they run meanwhile.
    with ThreadPoolExecutor(1) as beside:
        baselines = [beside.submit(evaluate, outcome, name, name) for name in ("random", "majority")]
        with outcome.progress.stage("training", "training a small policy on the CPU"):
            words = ("--data", home / "dataset", "--out", home / "model", "--epochs", str(size.epochs))
            run("learn", "train", *words)
            run("learn", "publish", "--model", home / "model", "--home", home / "reader", "--charter",
                organisation.charter, "--grant", home / "reader" / "grant.json")  # fmt: skip
        for each in baselines:
            each.result()
    evaluate(outcome, "policy", str(home / "model"))


def evaluate(outcome: Outcome, name: str, model: str) -> None:
    """name: of the policy, of whatever one may do, and of what was done most often, in the report."""
    size, progress = outcome.size, outcome.progress
    with progress.stage(f"evaluating {name}", f"evaluating live: {name}"):
        found = outcome.evaluations[name] = run_json(
            "learn", "evaluate", "--model", model, "--data", outcome.home / "dataset", "--tasks", ",".join(size.tasks),
            "--episodes", str(size.evaluated), "--steps", str(size.steps), "--seeds", "held-out", "--json",
        )  # fmt: skip
        progress.say(f"{name}: {found['successes']} of {found['episodes']} done")


@contextlib.contextmanager
def demonstrate(home: Path, *, quick: bool, keep: bool) -> Iterator[Outcome]:
    """Runs everything below `home`, then hands over what came of it while the organisation still runs.

    keep: it stays up after that, until Enter or Ctrl-C.
    """
    progress = Progress()
    seed = secrets.randbelow(1 << 30)
    outcome = Outcome(home, home / "laptop", QUICK if quick else FULL, make_canaries(random.Random(seed)), progress)  # noqa: S311  # secrets of a demo
    environment_before = dict(os.environ)
    with PageServer() as pages, TaskServer() as tasks:
        with progress.stage(
            "organisation", "an organisation: keys, charter, two witnesses, the guardian, the collector"
        ):
            organisation = found(home / "organisation", [pages.origin, tasks.origin])
            progress.say(f"policy {organisation.policy_id[:16]}… signed by the employer and two representatives")
            progress.say("its notice period is of zero length, which only a charter that says demo: true allows")
            time.sleep(1)
        try:
            record(outcome, organisation, tasks, pages, seed)
            os.environ.clear()
            os.environ.update(environment_before)
            with progress.stage("audit", "checking every promise from outside, and by the contributor"):
                audit(outcome, organisation, "after recording")
            with progress.stage("dataset", "a grant, two shares of each key, actions, episodes, a dataset"):
                build_dataset(outcome, organisation)
            learn(outcome, organisation)
            with progress.stage("audit again", "checking again: keys released, dataset and model are in the log"):
                audit(outcome, organisation, "after reading")
            yield outcome
            if keep:
                print(f"the portal: {organisation.collector.url}\nthe contributor's token: {outcome.laptop / 'token'}")
                with contextlib.suppress(KeyboardInterrupt, EOFError):
                    input("Enter ends the demo. ")
        finally:
            organisation.stop()
