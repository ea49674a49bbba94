"""The stages of PROTOCOL.md, each with a file for what it found: started again, it goes on where it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from aboveboard.demo.collect import Plan, collect
from aboveboard.learn.model import Config
from aboveboard.learn.tasks.desk import DRAWS
from aboveboard.learn.tasks.scripts import SCRIPTS
from aboveboard.workers import end_with_parent
from bench.learn.ablations import VARIABLE, changed
from bench.learn.demonstrations import Shown, demonstrable, first, held_out, shown_in

ROOT = Path(__file__).parents[2]
CHUNK = 32  # tasks an evaluation's file holds


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is run. probe: demonstrations of every task, by which it is decided which of them count and which no agent
    is shown; demonstrations: of each that is, `bare` of them without redaction; counts: points of the curve between;
    desktop: demonstrations of each task of the desktop; seeds: of training; episodes: for each task and training seed,
    `few_episodes` for ablations and points between."""

    tasks: tuple[str, ...] = tuple(sorted(SCRIPTS))
    probe: int = 12
    demonstrations: int = 60
    few: int = 3
    counts: tuple[int, ...] = (10,)
    seeds: tuple[int, ...] = (0, 1, 2)
    episodes: int = 17
    few_episodes: int = 5
    bare: int = 10
    bare_episodes: int = 17
    unseen: int = 16
    contributors: int = 5
    speed: float = 3.0
    workers: int = 8
    updates_min: int = 2000
    updates_max: int = 6000
    desktop: int = 20
    desktop_episodes: int = 10
    held_out_seeds: str = "held-out-seventh"
    ablations: tuple[str, ...] = ("no-neighbours", "no-paths", "no-placeholders")


@dataclass(frozen=True, slots=True)
class Training:
    """One model: trained on the first `count` demonstrations of each seen task of one dataset. tasks: which list."""

    name: str
    count: int
    seed: int
    ablation: str = ""
    tasks: str = "seen"

    @property
    def dataset(self) -> str:
        return "bare" if self.ablation == "bare" else "desktop" if self.tasks == "desktop" else "demonstrations"


@dataclass(frozen=True, slots=True)
class Trial:
    """One evaluation: of a model by name, or of a baseline. tasks: "seen", "unseen" or "desktop"."""

    model: str
    tasks: str
    episodes: int
    ablation: str = ""

    @property
    def name(self) -> str:
        return f"{self.model}.{self.tasks}"


def trainings(p: Protocol) -> list[Training]:
    """In the order in which they matter."""
    full = [Training(f"n{p.demonstrations}-s{seed}", p.demonstrations, seed) for seed in p.seeds]
    few = [Training(f"n{p.few}-s{seed}", p.few, seed) for seed in p.seeds]
    asked = {n for n in p.counts if n < p.demonstrations} | ({p.bare} if p.bare else set())
    between = sorted(asked - {p.few, p.demonstrations})
    curve = [Training(f"n{n}-s0", n, 0) for n in between]
    cut = [Training("bare", p.bare, 0, "bare")] if p.bare else []
    others = [Training(f"{name}-s0", p.bare or p.few, 0, name) for name in p.ablations]
    desk = [Training("desktop", p.desktop, p.seeds[0], tasks="desktop")] if p.desktop else []
    return [full[0], few[0], *desk, *curve, *cut, *full[1:], *few[1:], *others]


def trials(p: Protocol) -> list[Trial]:
    """In the order in which they matter; the baselines after the first seed of everything."""
    found: list[Trial] = []
    for each in trainings(p):
        if each.tasks == "desktop":
            found.append(Trial(each.name, each.tasks, p.desktop_episodes))
            continue
        whole = each.count in (p.few, p.demonstrations) and not each.ablation
        compared = each.ablation == "bare" or (each.count == p.bare and not each.ablation)
        episodes = p.episodes if whole else p.bare_episodes if compared else p.few_episodes
        if each.seed != p.seeds[0] or (each.ablation and not compared):
            found += [trial for trial in _baselines(p) if trial not in found]
        found.append(Trial(each.name, "seen", episodes, each.ablation))
        if each.count == p.demonstrations and not each.ablation:
            found.append(Trial(each.name, "unseen", p.episodes))
    return [*found, *(trial for trial in _baselines(p) if trial not in found)]


def _baselines(p: Protocol) -> list[Trial]:
    return [Trial(name, "seen", p.few_episodes) for name in ("random", "majority", "neighbour")]


class Stages:
    """Runs what is missing below `home`."""

    def __init__(self, protocol: Protocol, home: Path, told: Callable[[str], None]) -> None:
        self.protocol, self.home, self.told = protocol, home, told
        home.mkdir(parents=True, exist_ok=True)
        self._mark("protocol", asdict(protocol))

    def _mark(self, name: str, value: Any) -> None:
        path = self.home / f"{name}.json"
        text = json.dumps(value, indent=1, sort_keys=True)
        if path.exists() and path.read_text("utf-8") != text and name == "protocol":
            raise SystemExit(f"{path} was made by another protocol: choose another folder, or go on with that one")
        _whole(path, text)

    # ------------------------------------------------------------ demonstrations

    def demonstrate(self) -> None:
        """Has every task demonstrated and recorded a few times, and those that agents are shown as often as asked."""
        p = self.protocol
        first_of_all = Plan(p.tasks, min(p.probe, p.demonstrations), "demonstration", p.speed, p.contributors)
        self._collect("probe", first_of_all, "demonstrations")
        if p.demonstrations > p.probe:
            plan = replace(first_of_all, tasks=tuple(self.choose()["seen"]), episodes=p.demonstrations)
            self._collect("demonstrations", plan, "demonstrations")

    def demonstrate_desktop(self) -> None:
        """In programs of the desktop. Those whose script fails too often don't count, by the rule for pages."""
        p = self.protocol
        if not p.desktop:
            return
        self._collect(
            "desktop",
            Plan(tuple(sorted(DRAWS)), p.desktop, "demonstration", p.speed, min(p.contributors, 2)),
            "desktop",
        )
        chosen = self.choose()
        if "desktop" not in chosen:
            why = demonstrable(self.home / "desktop", shown_in(self.home / "desktop"))
            chosen["desktop"] = [task for task, reason in why.items() if not reason]
            chosen["left_out"] |= {task: reason for task, reason in why.items() if reason}
            self._mark("tasks", chosen)

    def demonstrate_bare(self) -> None:
        p = self.protocol
        if not p.bare or (self.home / "bare.json").exists():
            return
        seen = self.choose()["seen"]
        self.told(f"bare: {p.bare} demonstrations of {len(seen)} tasks, nothing redacted")
        self._run("bare", [
            "learn", "collect", "--tasks", ",".join(seen), "--episodes", str(p.bare), "--seeds", "demonstration",
            "--speed", str(p.speed), "--contributors", str(p.contributors), "--out", str(self.home / "bare"), "--json",
        ], self.home / "bare.json")  # fmt: skip

    def _collect(self, name: str, plan: Plan, folder: str) -> None:
        if not (self.home / f"{name}.json").exists():
            self.told(f"{name}: {plan.episodes} of {len(plan.tasks)} tasks")
            self._mark(name, collect(plan, self.home / folder))

    def choose(self) -> dict[str, Any]:
        """Which tasks count, and which of them no agent is shown: by the first demonstrations, once and for all."""
        path = self.home / "tasks.json"
        if not path.exists():
            why = demonstrable(self.home / "demonstrations", shown_in(self.home / "demonstrations"))
            counted = [task for task, reason in why.items() if not reason]
            unseen = held_out(counted, self.protocol.unseen)
            seen = [task for task in counted if task not in unseen]
            self._mark("tasks", {"seen": seen, "unseen": unseen, "left_out": {t: r for t, r in why.items() if r}})
        chosen: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return chosen

    # ------------------------------------------------------------ models

    def train(self, which: list[Training], at_once: int = 2) -> None:
        """Those that aren't there yet, so many at once on a core each."""
        missing = [each for each in which if not (self.home / "models" / each.name / "done.json").exists()]
        if not missing:
            return
        chosen = self.choose()
        with ProcessPoolExecutor(min(at_once, len(missing)), get_context("spawn"), end_with_parent) as pool:
            for future in [pool.submit(_train, self.protocol, self.home, chosen[each.tasks], each) for each in missing]:
                self.told(future.result())

    # ------------------------------------------------------------ evaluations

    def evaluate(self, trial: Trial) -> None:
        """In pieces of CHUNK tasks."""
        p, chosen = self.protocol, self.choose()
        tasks = chosen[trial.tasks]
        baseline = trial.model in ("random", "majority", "neighbour")
        model = trial.model if baseline else str(self.home / "models" / trial.model)
        for at in range(0, len(tasks), CHUNK):
            path = self.home / "evaluations" / f"{trial.name}.{at // CHUNK}.json"
            if path.exists():
                continue
            begun = time.monotonic()
            words = [
                "learn", "evaluate", "--model", model, "--tasks", ",".join(tasks[at : at + CHUNK]), "--seeds",
                p.held_out_seeds, "--episodes", str(trial.episodes), "--workers", str(p.workers), "--json",
            ]  # fmt: skip
            if baseline:
                words += ["--data", str(self.home / "models" / f"n{p.few}-s0" / "data")]
            self._run(trial.ablation, words, path)
            found = json.loads(path.read_text("utf-8"))
            self.told(
                f"{trial.name} {at // CHUNK}: {found['successes']} of {found['episodes']}, "
                f"{time.monotonic() - begun:.0f} s"
            )

    def _run(self, ablation: str, words: list[str], out: Path) -> None:
        """`aboveboard WORDS`, and its answer as a file, whole or not at all."""
        environment = {**os.environ, VARIABLE: ablation, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-m", "bench.learn.ablated", *words], env=environment, stdout=subprocess.PIPE, check=True
        )
        json.loads(done.stdout)
        _whole(out, done.stdout.decode())


def _train(p: Protocol, home: Path, seen: list[str], each: Training) -> str:
    """In a process of its own."""
    from aboveboard.datasets.schema import encode_episodes
    from aboveboard.learn.examples import examples_of
    from aboveboard.learn.model import save
    from aboveboard.learn.train import train
    from bench.learn.ablations import apply

    apply(each.ablation if each.ablation == "no-neighbours" else "")
    shown: list[Shown] = shown_in(home / each.dataset)
    episodes = changed(first(shown, seen, each.count), each.ablation)
    begun = time.monotonic()
    lines: list[str] = []
    config = Config(seed=each.seed, updates_min=p.updates_min, updates_max=p.updates_max)
    policy = train(episodes, config, lines.append)
    seconds = time.monotonic() - begun
    folder = home / "models" / each.name
    save(policy, folder)
    if each.name == f"n{p.few}-s0":  # what the baselines know
        (folder / "data").mkdir(exist_ok=True)
        (folder / "data" / "train.parquet").write_bytes(encode_episodes(episodes))
    done = {
        **asdict(each), "episodes": len(episodes), "examples": len(examples_of(episodes)), "seconds": round(seconds, 1),
        "parameters": sum(weight.numel() for weight in policy.parameters()), "told": lines,
    }  # fmt: skip
    _whole(folder / "done.json", json.dumps(done, indent=1))
    return f"{each.name}: {len(episodes)} demonstrations, {done['examples']} steps, {seconds:.0f} s; {lines[-1]}"


def _whole(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.rename(path)
