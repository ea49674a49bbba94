"""`aboveboard learn` with `collect`, which needs a whole programme around it: the only place where the two meet."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from aboveboard.demo.collect import Plan, collect, tell
from aboveboard.learn import cli
from aboveboard.learn.tasks.desk import DRAWS
from aboveboard.learn.tasks.scripts import SCRIPTS

SPEED = 3.0


def _collect(args: argparse.Namespace) -> int:
    every = {"miniwob": tuple(sorted(SCRIPTS)), "desktop": tuple(sorted(DRAWS))}[args.suite]
    tasks = tuple(name for name in args.tasks.split(",") if name) if args.tasks != "all" else every
    figures = collect(Plan(tasks, args.episodes, args.seeds, args.speed, args.contributors), args.out)
    if args.json:
        print(json.dumps(figures))
    else:
        tell(figures)
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """The verbs of `learn`, and `collect`."""
    verbs = cli.configure(parser)
    collector = verbs.add_parser("collect", help="have tasks demonstrated, recorded and made a dataset")
    collector.add_argument("--tasks", default="all", help="names with commas between (default: all that have a script)")
    collector.add_argument(
        "--suite", choices=("miniwob", "desktop"), default="miniwob", help="whose tasks, when none are named"
    )
    collector.add_argument("--episodes", type=int, default=10, help="for each task (default %(default)s)")
    collector.add_argument(
        "--seeds", default="demonstration", metavar="PREFIX", help="seeds are PREFIX-0, PREFIX-1, ..."
    )
    collector.add_argument(
        "--speed", type=float, default=SPEED, help="of the hand; 1 is a person's (default %(default)s)"
    )
    collector.add_argument("--contributors", type=int, default=2, help="scripted people at once (default %(default)s)")
    collector.add_argument("--out", type=Path, required=True, help="folder; started again, it goes on there")
    collector.add_argument("--json", action="store_true", help="as JSON")
    collector.set_defaults(run=_collect)
