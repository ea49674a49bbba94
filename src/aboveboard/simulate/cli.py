"""`aboveboard simulate`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from aboveboard.core.errors import BadInput
from aboveboard.demo.processes import ended_well
from aboveboard.simulate.report import holds, table
from aboveboard.simulate.run import Options, simulate
from aboveboard.wire.durable import write_durable

CONTRIBUTORS_MAX = 100_000


def _run(args: argparse.Namespace) -> int:
    sensible = 1 <= args.contributors <= CONTRIBUTORS_MAX and 0 < args.hours <= 24
    if not sensible or args.speed <= 0 or args.at_once < 1:
        raise BadInput(f"1 to {CONTRIBUTORS_MAX} contributors, up to 24 hours, and a speed and --at-once above 0")
    options = Options(
        args.contributors, args.hours, args.speed, args.seed, args.at_once, args.collector, args.charter, args.steward
    )
    with ended_well():
        report = simulate(options)
    if args.out is not None:
        write_durable(args.out, json.dumps(report, indent=1).encode())
    print(json.dumps(report) if args.json else table(report))
    return 0 if holds(report) else 1


def configure(parser: argparse.ArgumentParser) -> None:
    """--contributors, --hours, --speed, --seed, --at-once; --collector with --charter and --steward; --out, --json."""
    parser.add_argument("--contributors", type=int, default=20, help="how many people (default %(default)s)")
    parser.add_argument("--hours", type=float, default=1.0, help="how long each of them works (default %(default)s)")
    parser.add_argument(
        "--speed", type=float, default=240.0, help="simulated seconds in a second of the clock (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed does the same things (default %(default)s)")
    parser.add_argument(
        "--at-once", type=int, default=1000, help="devices at the collector at once, at most (default %(default)s)"
    )
    parser.add_argument("--collector", metavar="URL", help="a running one (default: one is started for the run)")
    parser.add_argument("--charter", type=Path, help="with --collector: the charter it runs under")
    parser.add_argument("--steward", type=Path, metavar="KEYFILE", help="with --collector: a steward's key, to invite")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the report as JSON too")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=_run)
