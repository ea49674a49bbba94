"""Which task each episode of a dataset shows. A recording does not say it, and the policy never learns it: the protocol
has to know, to take so many demonstrations of each task and none of the tasks that are held out."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aboveboard.datasets.schema import Episode, read_episodes
from aboveboard.demo.collect import done_already
from aboveboard.learn.examples import find_typed, kind_of

_PLACEHOLDER = re.compile(r"(<[A-Z_]+(?:_\d+)?>)")
APART_US = 2_000_000  # how far recording and diary may be apart about how long an episode took
SHARE = 0.9  # of its demonstrations a task's script has to succeed in
READABLE_MIN = 0.25  # of its recordings in which everything typed can be read


@dataclass(frozen=True, slots=True)
class Shown:
    """A recorded episode, and the task it shows; order: of the demonstrations of a task, those from which all can be
    learned first, then by their seeds."""

    task: str
    order: tuple[bool, str, int]
    episode: Episode


def shown_in(home: Path) -> list[Shown]:
    """Every episode of the collection's dataset for which the diaries have one of those words and of that length."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in done_already(home):
        if row["actions"]:
            rows[row["instruction"]].append(row)
    found = []
    taken: set[tuple[str, str]] = set()
    for episode in read_episodes(home / "dataset"):
        told = _row_of(episode, rows, taken)
        if told is not None:
            taken.add((told["task"], told["seed"]))
            prefix, _, number = told["seed"].rpartition("-")
            found.append(Shown(told["task"], (not readable(episode), prefix, int(number)), episode))
    return sorted(found, key=lambda each: (each.task, each.order))


def _row_of(
    episode: Episode, rows: dict[str, list[dict[str, Any]]], taken: set[tuple[str, str]]
) -> dict[str, Any] | None:
    if not episode.steps:
        return None
    parts = _PLACEHOLDER.split(episode.instruction)
    pattern = re.compile("".join(".+" if i % 2 else re.escape(part) for i, part in enumerate(parts)), re.DOTALL)
    took = episode.steps[-1].start_us - episode.steps[0].start_us
    best, best_apart = None, APART_US
    for instruction, candidates in rows.items():
        if not pattern.fullmatch(instruction):
            continue
        for row in candidates:
            apart = abs(row["end_us"] - row["actions"][0]["start_us"] - took)
            if apart < best_apart and (row["task"], row["seed"]) not in taken:
                best, best_apart = row, apart
    return best


def demonstrable(home: Path, shown: Iterable[Shown]) -> dict[str, str]:
    """Each task -> "" when it counts, else why it doesn't: its script fails too often by the task's own reward, or what
    it types is to be read nowhere on the screen as recorded."""
    tries, won = Counter[str](), Counter[str]()
    for row in done_already(home):
        tries[row["task"]] += 1
        won[row["task"]] += row["reward"] == 1
    recorded, clear = Counter[str](), Counter[str]()
    for each in shown:
        recorded[each.task] += 1
        clear[each.task] += not each.order[0]
    said = {}
    for task in sorted(tries):
        if won[task] < SHARE * tries[task]:
            said[task] = f"the script succeeds in {won[task]} of {tries[task]}"
        elif clear[task] < READABLE_MIN * recorded[task]:
            said[task] = f"what is typed can be read in {clear[task]} of {recorded[task]} recordings"
        else:
            said[task] = ""
    return said


def readable(episode: Episode) -> bool:
    """Whether everything that was typed can be read in what was seen."""
    return all(
        find_typed(episode.instruction, step.elements, step.text)[0]
        for step in episode.steps
        if kind_of(step) == "type"
    )


def held_out(tasks: Iterable[str], n: int) -> tuple[str, ...]:
    """The first n by SHA-256 of their names."""
    return tuple(sorted(sorted(tasks, key=lambda task: hashlib.sha256(task.encode()).hexdigest())[:n]))


def first(shown: Iterable[Shown], tasks: Iterable[str], n: int) -> list[Episode]:
    """The first n demonstrations of each task."""
    wanted, count = set(tasks), Counter[str]()
    chosen = []
    for each in shown:
        if each.task in wanted and count[each.task] < n:
            count[each.task] += 1
            chosen.append(each.episode)
    return chosen
