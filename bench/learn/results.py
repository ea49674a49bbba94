"""What the evaluations found, put together: the figures of results.json."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aboveboard.learn.evaluate import wilson
from bench.learn.protocol import Protocol, trainings, trials


def read(home: Path, name: str) -> dict[str, dict[str, Any]]:
    """task -> its figures in this evaluation, all pieces together; {} when it was not made, or not to its end."""
    tasks: dict[str, dict[str, Any]] = {}
    for path in sorted((home / "evaluations").glob(f"{name}.*.json")):
        tasks.update(json.loads(path.read_text("utf-8"))["tasks"])
    wanted = json.loads((home / "tasks.json").read_text("utf-8")).get(name.rpartition(".")[2], ["none yet"])
    return tasks if sorted(tasks) == sorted(wanted) else {}


def pooled(home: Path, names: list[str]) -> dict[str, Any]:
    """Successes of several evaluations together; success is the mean over tasks of each task's share."""
    by_task: dict[str, list[int]] = {}
    for name in names:
        for task, figures in read(home, name).items():
            count = by_task.setdefault(task, [0, 0])
            count[0] += figures["successes"]
            count[1] += figures["episodes"]
    won, n = (sum(count[i] for count in by_task.values()) for i in (0, 1))
    low, high = wilson(won, n)
    mean = sum(each[0] / each[1] for each in by_task.values()) / len(by_task) if by_task else None
    return {
        "success": None if mean is None else round(mean, 4), "successes": won, "episodes": n, "tasks": len(by_task),
        "low": round(low, 4), "high": round(high, 4), "by_task": {task: by_task[task] for task in sorted(by_task)},
    }  # fmt: skip


def results(p: Protocol, home: Path) -> dict[str, Any]:
    """The keys of results.json. What was not run is null, with no episodes. success_60 is of all demonstrations
    of a task that there are, 60 at most, success_3 of the few: `demonstrations` says how many."""
    chosen = json.loads((home / "tasks.json").read_text("utf-8"))
    many = [f"n{p.demonstrations}-s{seed}" for seed in p.seeds]
    few = [f"n{p.few}-s{seed}" for seed in p.seeds]
    found: dict[str, Any] = {
        "success_60": pooled(home, [f"{name}.seen" for name in many]),
        "success_3": pooled(home, [f"{name}.seen" for name in few]),
        "success_unseen": pooled(home, [f"{name}.unseen" for name in many]),
        "success_no_redaction": pooled(home, ["bare.seen"]),
        "success_redaction_same_n": pooled(home, [f"n{p.bare}-s0.seen"]),
        "success_desktop": pooled(home, ["desktop.desktop"] if p.desktop else []),
        "success_random": pooled(home, ["random.seen"]),
        "success_majority": pooled(home, ["majority.seen"]),
        "success_neighbour": pooled(home, ["neighbour.seen"]),
        **{f"success_{name.replace('-', '_')}": pooled(home, [f"{name}-s0.seen"]) for name in p.ablations},
    }
    flat: dict[str, Any] = {}
    for key, figures in found.items():
        flat[key] = figures["success"]
        flat[f"{key}_successes"], flat[f"{key}_n"] = figures["successes"], figures["episodes"]
        flat[f"{key}_interval"] = [figures["low"], figures["high"]] if figures["episodes"] else None
    names = [each.name for each in trials(p)]
    decisions = [
        json.loads(path.read_text("utf-8"))["decision_ms_p50"]
        for path in sorted((home / "evaluations").glob("n*.json"))
    ]  # fmt: skip
    models = {}
    for each in trainings(p):
        path = home / "models" / each.name / "done.json"
        if path.exists():
            done = json.loads(path.read_text("utf-8"))
            models[each.name] = {k: done[k] for k in ("episodes", "examples", "seconds", "parameters")}
    return {
        **flat,
        "tasks_seen": chosen["seen"], "tasks_unseen": chosen["unseen"], "tasks_left_out": chosen["left_out"],
        "tasks_desktop": chosen.get("desktop", []),
        "demonstrations": {"success_60": p.demonstrations, "success_3": p.few, "success_no_redaction": p.bare,
                           "success_redaction_same_n": p.bare, "success_desktop": p.desktop},
        "training_seeds": list(p.seeds), "episode_seeds": f"{p.held_out_seeds}-0 ...",
        "curve": _curve(p, home), "models": models,
        "decision_ms_p50": sorted(decisions)[len(decisions) // 2] if decisions else None,
        "per_task": {key: figures["by_task"] for key, figures in found.items() if figures["episodes"]},
        "not_run": [name for name in names if not read(home, name)],
        "protocol": asdict(p), "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "made": time.strftime("%Y-%m-%d"),
    }  # fmt: skip


def _curve(p: Protocol, home: Path) -> list[dict[str, Any]]:
    """Success on the seen tasks against demonstrations of each."""
    points = []
    for count in sorted({p.few, *p.counts, p.demonstrations}):
        figures = pooled(home, [f"n{count}-s{seed}.seen" for seed in p.seeds])
        if figures["episodes"]:
            del figures["by_task"]
            points.append({"demonstrations": count, **figures})
    return points
