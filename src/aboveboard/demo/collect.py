"""`aboveboard learn collect`: demonstrations of everyday tasks, through the recorder and the dataset builder.

A programme of its own below one folder: organisation, collector, witnesses; scripted contributors, each with a
display, a browser and a recorder that they have agreed to; then a grant and a dataset. What the script meant is written
down beside it, to compare, and is never learned from. Goes on where it was stopped.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.core.errors import BadInput, Corrupt, Unavailable
from aboveboard.demo.demonstrator import Job, Orders, demonstrate_all
from aboveboard.demo.organisation import STEWARDS, Organisation, found, resume
from aboveboard.demo.processes import run, run_json
from aboveboard.learn.tasks.desk import DRAWS, PROGRAMS
from aboveboard.learn.tasks.miniwob import TaskServer
from aboveboard.learn.tasks.scripts import SCRIPTS
from aboveboard.workers import end_with_parent

WORKER_S_MAX = 6 * 3600.0
EPISODES_MAX = 10_000
_SPEC = """\
title: Demonstrations of everyday tasks
purpose: train-agents
outcome: success
min_contributors: 1     # scripted contributors; a real dataset says ten or more
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """tasks: each `episodes` times, on seeds PREFIX-0, PREFIX-1, ...; speed: of the hand, 1 is a person's."""

    tasks: tuple[str, ...]
    episodes: int
    seeds: str
    speed: float
    contributors: int

    def jobs(self) -> list[Job]:
        """Round after round, so that whatever is there when it is stopped holds every task."""
        return [Job(task, f"{self.seeds}-{i}") for i in range(self.episodes) for task in self.tasks]


def check(plan: Plan) -> None:
    """Raises BadInput for what can't be collected."""
    unknown = [task for task in plan.tasks if task not in SCRIPTS and task not in DRAWS]
    if unknown or not plan.tasks:
        raise BadInput(f"no script demonstrates {', '.join(unknown) or 'nothing'}; `learn tasks` lists those there are")
    if not 1 <= plan.episodes <= EPISODES_MAX or not 1 <= plan.contributors <= 16:
        raise BadInput(f"1 to {EPISODES_MAX} episodes a task, 1 to 16 contributors")


def done_already(home: Path) -> list[dict[str, Any]]:
    """What the contributors' diaries tell of. A last line cut short by a crash doesn't count. Raises Corrupt."""
    rows = []
    for diary in sorted(home.glob("contributor-*/diary.jsonl")):
        lines = diary.read_text("utf-8").split("\n")
        for number, line in enumerate(lines[:-1]):
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise Corrupt(f"line {number + 1} is no JSON", str(diary)) from error
    return rows


def collect(plan: Plan, home: Path) -> dict[str, Any]:
    """Records what is missing, sends it, builds the dataset anew; returns the figures."""
    check(plan)
    home.mkdir(parents=True, exist_ok=True)
    before = {(row["task"], row["seed"]) for row in done_already(home)}
    missing = [job for job in plan.jobs() if (job.task, job.seed) not in before]
    begun = time.monotonic()
    port_file = home / "tasks-port"
    with TaskServer(int(port_file.read_text()) if port_file.exists() else 0) as tasks:
        port_file.write_text(tasks.origin.rsplit(":", 1)[1])
        organisation = _organisation(home / "organisation", tasks.origin)
        try:
            if missing:
                _record(plan, home, organisation, tasks.origin, missing)
            figures = _dataset(home, organisation)
        finally:
            organisation.stop()
    rows = done_already(home)
    failed = Counter(row["task"] for row in rows if row["reward"] != 1)
    return {
        "episodes_done": len(rows), "episodes_now": len(missing), "failed": dict(sorted(failed.items())),
        "seconds": round(time.monotonic() - begun, 1), "dataset": figures, "out": str(home / "dataset"),
    }  # fmt: skip


def _organisation(home: Path, origin: str) -> Organisation:
    return resume(home) if (home / "organisation.json").exists() else found(home, [origin], PROGRAMS)


def _record(plan: Plan, home: Path, organisation: Organisation, origin: str, jobs: list[Job]) -> None:
    # Everybody comes to do every task: one further each round.
    n, a_round = plan.contributors, len(plan.tasks)
    shares = [[job for at, job in enumerate(jobs) if (at + at // a_round) % n == i] for i in range(n)]
    context = multiprocessing.get_context("spawn")  # each worker is a client of its own display
    with ProcessPoolExecutor(plan.contributors, context, end_with_parent) as pool:
        futures = []
        for number, share in enumerate(shares):
            if not share:
                continue
            folder = home / f"contributor-{number + 1}"
            code = ""
            if not (folder / "laptop").exists():
                code = f"invitation-{number + 1}-{home.name}"
                organisation.invite(code)
            orders = Orders(str(folder), str(organisation.charter), code, origin, plan.speed, number, tuple(share))
            futures.append(pool.submit(demonstrate_all, orders))
        deadline, shown = time.monotonic() + WORKER_S_MAX, 0.0
        while not all(future.done() for future in futures):
            if time.monotonic() > deadline:
                raise Unavailable("the contributors were not done in six hours; start again to go on")
            if time.monotonic() - shown > 10:
                shown = time.monotonic()
                print(f"{len(done_already(home))} episodes recorded", file=sys.stderr, flush=True)
            time.sleep(0.5)
        for future in futures:
            future.result()


def _dataset(home: Path, organisation: Organisation) -> dict[str, Any]:
    """A reader, a grant by two stewards, both halves of the keys, a dataset."""
    reader, spec = home / "reader", home / "dataset-spec.yaml"
    grant = reader / "grant.json"
    if not grant.exists():
        keys = run_json("dataset", "reader-init", "--home", reader, "--name", "reader-of-demonstrations")
        run("dataset", "grant", "new", "--purpose", "train-agents", "--reader", "Agents group", "--reader-key",
            keys["reader_key"], "--reader-recipient", keys["reader_recipient"], "--policy", organisation.policy_id,
            "--out", grant)  # fmt: skip
        for name in STEWARDS:
            run("dataset", "grant", "sign", grant, "--key", organisation.key(name))
    spec.write_text(_SPEC, encoding="utf-8")
    out = home / "dataset"
    if out.exists():
        out.rename(home / f"dataset-before-{int(time.time())}")
    built: dict[str, Any] = run_json(
        "dataset", "build", spec, "--home", reader, "--charter", organisation.charter, "--grant", grant, "--out", out,
        "--json",
    )  # fmt: skip
    return built


def tell(figures: dict[str, Any]) -> None:
    """For people."""
    print(f"{figures['episodes_done']} episodes, {figures['episodes_now']} of them now, {figures['seconds']:.0f} s")
    for task, n in figures["failed"].items():
        print(f"  {task}: {n} failed by the task's own reward")
    print(f"dataset: {figures['out']}  {msgspec.json.encode(figures['dataset']).decode()[:300]}")
