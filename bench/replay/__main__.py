"""Two hundred episodes done again, in rounds; the same command goes on where it was cut off."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from bench.common import Row, row, tell
from bench.replay.round import Outcome, Round

ROUND = 10
PROGRAMS = ("pages", "mousepad", "pages", "galculator", "pages", "featherpad", "pages")
ROUND_S_MAX = 900


def plan(episodes: int) -> list[Round]:
    rounds = -(-episodes // ROUND)
    return [Round(PROGRAMS[n % len(PROGRAMS)], n * ROUND, min(ROUND, episodes - n * ROUND)) for n in range(rounds)]


def one(task: Round, home: Path) -> Outcome | None:
    """None when it could not be held, which is said and counts as nothing that was done again."""
    name = f"{task.program}-{task.first}-{task.episodes}"
    out = home / f"{name}.json"
    if not out.exists():
        asked = home / f"{name}.round"
        asked.write_bytes(msgspec.json.encode(task))
        with (home / f"{name}.log").open("w") as log:
            words = [sys.executable, "-m", "bench.replay.round", str(asked), str(out)]
            try:
                subprocess.run(words, stdout=log, stderr=log, timeout=ROUND_S_MAX, check=False)
            except subprocess.TimeoutExpired:
                log.write(f"not done in {ROUND_S_MAX} s\n")
    if out.exists():
        return msgspec.json.decode(out.read_bytes(), type=Outcome)
    print(f"{name}: no outcome, see {home / name}.log", file=sys.stderr, flush=True)
    return None


def rows_of(outcomes: list[Outcome]) -> list[Row]:
    total = sum(len(each.why) for each in outcomes)
    same = sum(each.why.count("") for each in outcomes)
    rows = [
        row("episodes done again", total, "episodes", target=">= 200"),
        row("with the same end", same / max(total, 1), "share", target=">= 0.95"),
        row("left out of the dataset: withheld text, or a gap", sum(o.left_out for o in outcomes), "episodes"),
        row("actions in them", sum(sum(each.steps) for each in outcomes), "actions"),
    ]
    for program in sorted({each.round.program for each in outcomes}):
        mine = [why for each in outcomes if each.round.program == program for why in each.why]
        rows.append(row(f"with the same end, {program} ({len(mine)})", mine.count("") / len(mine), "share"))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.replay", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round: to see that it runs, not for figures")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the rows as JSON")
    parser.add_argument("--home", type=Path, help="folder for the rounds' outcomes, to go on later")
    parser.add_argument("--episodes", type=int, default=200)
    args = parser.parse_args()
    wanted = ROUND if args.quick else args.episodes
    tasks = plan(wanted * 2)  # some are left out
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="aboveboard-replays-") as folder:
        home = args.home or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        for n, task in enumerate(tasks, 1):
            if sum(len(each.why) for each in outcomes) >= wanted:
                break
            outcome = one(task, home)
            outcomes += [outcome] if outcome is not None else []
            same, of = sum(o.why.count("") for o in outcomes), sum(len(o.why) for o in outcomes)
            print(f"round {n}, {same} of {of} ended alike", file=sys.stderr, flush=True)
    tell(rows_of(outcomes), args.json)
    for each in outcomes:
        for why in filter(None, each.why):
            print(why)
    return 0


if __name__ == "__main__":
    sys.exit(main())
