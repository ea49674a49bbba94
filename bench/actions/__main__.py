"""Many sessions, one after the other or side by side, and a table of which kind was taken for which.

Each session is a process of its own and leaves a file in --home; the same command goes on where it was cut off.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from aboveboard.datasets.vocabulary import KINDS
from bench.actions.session import Outcome, Task
from bench.common import Row, row, tell

PROGRAMS = ("desk", "mousepad", "featherpad", "galculator", "desk", "mousepad")
SPEEDS = (1.0, 2.0, 0.7, 3.0)
SESSION_S_MAX = 900
SESSION_S = 230  # a hundred acts by the slowest hand
ATTEMPTS = 2


def plan(acts: int, a_session: int) -> list[Task]:
    """Programs, hands and monitors in turn, until there are enough."""
    return [
        Task(PROGRAMS[n % len(PROGRAMS)], SPEEDS[n % len(SPEEDS)], 2 if n % 3 == 2 else 1, a_session, 1000 + n)
        for n in range(-(-acts // a_session))
    ]


def one(task: Task, home: Path, begin: bool = True) -> Outcome | None:
    """None when it could not be held, which is said, or may not begin."""
    name = f"{task.program}-{task.speed}-{task.monitors}-{task.acts}-{task.seed}"
    out = home / f"{name}.json"
    for _ in range(ATTEMPTS):
        if out.exists():
            return msgspec.json.decode(out.read_bytes(), type=Outcome)
        if not begin:
            return None
        asked = home / f"{name}.task"
        asked.write_bytes(msgspec.json.encode(task))
        with (home / f"{name}.log").open("w") as log:
            words = [sys.executable, "-m", "bench.actions.session", str(asked), str(out)]
            try:
                subprocess.run(words, stdout=log, stderr=log, timeout=SESSION_S_MAX, check=False)
            except subprocess.TimeoutExpired:
                continue
    print(f"{name}: no outcome, see {home / name}.log", file=sys.stderr, flush=True)
    return None


def rows_of(outcomes: list[Outcome]) -> list[Row]:
    total, matched = sum(o.total for o in outcomes), sum(o.matched for o in outcomes)
    exact: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for outcome in outcomes:
        exact.update(outcome.exact)
        done.update({kind: sum(found.values()) for kind, found in outcome.confusion.items()})
    rows = [
        row("actions", total, "actions", target=">= 5000"),
        row("exact: kind, target, text", matched / max(total, 1), "share", target=">= 0.98"),
    ]
    rows += [
        row(f"exact, {kind} ({done[kind]})", exact[kind] / done[kind], "share", target=">= 0.95")
        for kind in KINDS if done[kind]
    ]  # fmt: skip
    for program in sorted({o.task.program for o in outcomes}):
        mine = [o for o in outcomes if o.task.program == program]
        rows.append(row(f"exact, {program}", sum(o.matched for o in mine) / sum(o.total for o in mine), "share"))
    for speed in sorted({o.task.speed for o in outcomes}):
        mine = [o for o in outcomes if o.task.speed == speed]
        name = f"exact, hand of speed {speed}"
        rows.append(row(name, sum(o.matched for o in mine) / sum(o.total for o in mine), "share"))
    rows.append(row("acts that the program denies, in no count", sum(o.denied for o in outcomes), "acts"))
    rows.append(row("gestures cut by a pause", sum(o.paused for o in outcomes), "gestures"))
    return rows


def table(outcomes: list[Outcome]) -> str:
    """Markdown: what was done down, what was found across."""
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        for kind, found in outcome.confusion.items():
            counts.setdefault(kind, Counter()).update(found)
    names = [k for k in (*KINDS, "nothing") if k in counts or any(k in found for found in counts.values())]
    lines = ["| done \\ found | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for kind in names:
        cells = [str(counts.get(kind, Counter())[other] or "") for other in names]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    misses = Counter(miss for outcome in outcomes for miss in outcome.misses)
    lines += ["", "Misses: " + (", ".join(f"{why} {n}" for why, n in misses.most_common()) or "none") + "."]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.actions", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="80 actions: to see that it runs, not for figures")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the rows as JSON")
    parser.add_argument("--home", type=Path, help="folder for the sessions' outcomes, to go on later")
    parser.add_argument("--actions", type=int, default=5200)
    within = "begin no session that may not end within so many seconds: for a long run in pieces"
    parser.add_argument("--within", type=float, metavar="S", help=within)
    parser.add_argument("--side-by-side", type=int, default=1, help="sessions at once; more than one need more cores")
    args = parser.parse_args()
    tasks = plan(80, 20) if args.quick else plan(args.actions, 100)
    with tempfile.TemporaryDirectory(prefix="aboveboard-actions-") as folder:
        home = args.home or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        outcomes: list[Outcome] = []
        begun = time.monotonic()

        def in_time(task: Task) -> Outcome | None:
            left_s = None if args.within is None else args.within - (time.monotonic() - begun)
            return one(task, home, left_s is None or left_s > SESSION_S)

        with ThreadPoolExecutor(args.side_by_side) as pool:
            for n, outcome in enumerate(pool.map(in_time, tasks), 1):
                if outcome is None:
                    continue
                outcomes.append(outcome)
                found, of = sum(o.matched for o in outcomes), sum(o.total for o in outcomes)
                print(f"session {n} of {len(tasks)}, {found} of {of} exact, {time.monotonic() - begun:.0f} s",
                      file=sys.stderr, flush=True)  # fmt: skip
    tell(rows_of(outcomes), args.json)
    print(table(outcomes))
    return 0 if len(outcomes) == len(tasks) else 1


if __name__ == "__main__":
    sys.exit(main())
