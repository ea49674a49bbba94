"""Live evaluation: an agent does held-out tasks in a real browser on private displays, a few processes at once."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import statistics
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.datasets.schema import read_episodes
from aboveboard.desktop.browser import Browser
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from aboveboard.learn.acting import Body, Run, Scenery
from aboveboard.learn.agents import Agent, MajorityAgent, NeighbourAgent, RandomAgent, kinds_of
from aboveboard.learn.tasks import desk
from aboveboard.learn.tasks.miniwob import HEIGHT, WIDTH, Stage, TaskServer
from aboveboard.workers import end_with_parent

BASELINES = ("random", "majority", "neighbour")
STEPS_MAX = 20
RESTARTS_MAX = 4
RUN_S_MAX = 3 * 3600
REPLAYS_KEPT = 100
SPEED = 8.0  # of the hand, 1 is a person's: of three clicks without any time between, browsers may make one


@dataclass(frozen=True, slots=True)
class Order:
    """What to evaluate. model: a folder, or one of BASELINES (which need `data` for what is usual)."""

    model: str
    tasks: tuple[str, ...]
    seeds: str
    episodes: int
    data: str = ""
    steps_max: int = STEPS_MAX


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    z = 1.959964
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def make_agent(order: Order, seed: int) -> Agent:
    """Raises BadInput for a baseline without demonstrations."""
    if order.model in BASELINES:
        if not order.data:
            raise BadInput(f"the {order.model} baseline needs --data, to know what is usual")
        episodes = read_episodes(Path(order.data))
        if order.model == "random":
            return RandomAgent(kinds_of(episodes), seed)
        if order.model == "neighbour":
            return NeighbourAgent(episodes)
        return MajorityAgent(MajorityAgent.choices_of(episodes), seed)
    from aboveboard.learn.policy import PolicyAgent  # torch is slow to import, and baselines don't need it

    return PolicyAgent(Path(order.model))


def _work(order: Order, jobs: list[tuple[str, str]], number: int) -> list[Run]:
    """One process: a display, and its share of the episodes; a browser that fails is started again."""
    agent, runs = make_agent(order, number), list[Run]()
    with PrivateDisplay(800, 600) as display, TaskServer() as server:
        os.environ.update(display.env)
        for _ in range(RESTARTS_MAX):
            try:
                _session(order, agent, jobs[len(runs) :], display, server, runs)
            except Unavailable as error:
                problem = error
            if len(runs) == len(jobs):
                return runs
    raise Unavailable(f"the browser failed {RESTARTS_MAX} times: {problem}")


def _session(
    order: Order, agent: Agent, jobs: list[tuple[str, str]], display: PrivateDisplay, server: TaskServer,
    runs: list[Run],
) -> None:  # fmt: skip
    pages = [job for job in jobs if not job[0].startswith(desk.PREFIX)]
    if pages:
        with Browser(display.env, server.url(pages[0][0]), WIDTH, HEIGHT) as browser:
            _attempts(order, agent, pages, display, Stage(browser, server.url), runs)
    if len(pages) < len(jobs):
        with desk.Desk(display.env) as programs:
            _attempts(order, agent, jobs[len(pages) :], display, programs, runs)


def _attempts(
    order: Order, agent: Agent, jobs: list[tuple[str, str]], display: PrivateDisplay, stage: Scenery, runs: list[Run]
) -> None:
    with Hand(display.name, speed=SPEED) as hand:
        body = Body(stage, display.env["DBUS_SESSION_BUS_ADDRESS"], hand)
        try:
            for task, seed in jobs:
                runs.append(body.attempt(agent, task, seed, order.steps_max))
        finally:
            body.close()


def evaluate(order: Order, workers: int) -> dict[str, Any]:
    """Success by task with intervals, steps, seconds a decision, and failures step by step."""
    with TaskServer() as server:
        for task in order.tasks:
            if task.startswith(desk.PREFIX):
                desk.drawn(task, "")
            else:
                server.url(task)
    return report(order, run_all(order, workers))


def run_all(order: Order, workers: int) -> list[Run]:
    """Every episode of the order, on so many displays at once."""
    tasks = sorted(order.tasks, key=lambda task: task.startswith(desk.PREFIX))  # a browser's first
    jobs = [(task, f"{order.seeds}-{i}") for task in tasks for i in range(order.episodes)]
    if not jobs:
        raise BadInput("there is nothing to evaluate: name tasks, and at least one episode")
    workers = max(1, min(workers, len(jobs)))
    shares = [jobs[i::workers] for i in range(workers)]
    context = multiprocessing.get_context("spawn")  # a forked browser connection or torch pool would be broken
    with ProcessPoolExecutor(len(shares), context, end_with_parent) as pool:
        futures = [pool.submit(_work, order, share, number) for number, share in enumerate(shares)]
        return [run for future in futures for run in future.result(RUN_S_MAX)]


def report(order: Order, runs: Sequence[Run]) -> dict[str, Any]:
    """The figures of the runs, as `aboveboard learn evaluate --json` prints them."""
    by_task = {}
    for task in order.tasks:
        mine = [run for run in runs if run.task == task]
        won = sum(run.success for run in mine)
        low, high = wilson(won, len(mine))
        by_task[task] = {"successes": won, "episodes": len(mine), "low": round(low, 4), "high": round(high, 4)}
    won = sum(run.success for run in runs)
    low, high = wilson(won, len(runs))
    decisions = sorted(each for run in runs for each in run.decisions_s) or [0.0]
    return {
        "model": order.model, "seeds": order.seeds, "tasks": by_task, "successes": won, "episodes": len(runs),
        "rate": won / len(runs), "low": round(low, 4), "high": round(high, 4),
        "steps_mean": round(statistics.fmean(len(run.steps) for run in runs), 3),
        "decision_ms_p50": round(1000 * decisions[len(decisions) // 2], 3),
        "seconds_mean": round(statistics.fmean(run.seconds for run in runs), 3),
        "failures": [_replay(run) for run in runs if not run.success][:REPLAYS_KEPT],
        "shown": [_replay(run) for run in _one_of_each(runs)][:REPLAYS_KEPT],
    }  # fmt: skip


def _one_of_each(runs: Sequence[Run]) -> list[Run]:
    """The first success of every task."""
    return list({run.task: run for run in reversed(runs) if run.success}.values())


def _replay(run: Run) -> dict[str, Any]:
    kept = asdict(run)
    del kept["decisions_s"]
    return kept


def tell(found: dict[str, Any]) -> None:
    """For people."""
    for task, figures in found["tasks"].items():
        print(f"{task:28} {figures['successes']:4}/{figures['episodes']}")
    print(
        f"{'all':28} {found['successes']:4}/{found['episodes']}  {100 * found['rate']:.1f} % "
        f"({100 * found['low']:.0f} to {100 * found['high']:.0f}), {found['steps_mean']:.1f} steps, "
        f"{found['decision_ms_p50']:.1f} ms a decision"
    )
    sys.stdout.flush()


def write_failures(found: dict[str, Any], folder: Path) -> None:
    """One small JSON file a failed episode, to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    for failure in found["failures"]:
        name = f"{failure['task'].replace('/', '-')}.{failure['seed']}.json"
        (folder / name).write_text(json.dumps(failure, indent=1), encoding="utf-8")
