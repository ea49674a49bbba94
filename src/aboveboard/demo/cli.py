"""`aboveboard demo`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from aboveboard.demo.figures import figures
from aboveboard.demo.processes import ended_well
from aboveboard.demo.report import table, verdicts, write_html, write_json
from aboveboard.demo.run import demonstrate, fresh


def _run(args: argparse.Namespace) -> int:
    home = fresh(args.out)
    with ended_well(), demonstrate(home, quick=args.quick, keep=args.keep) as outcome:
        with outcome.progress.stage("report", "opening everything, searching for secrets, writing the report"):
            report, copies = figures(outcome)
            write_json(report, home / "report.json")
            write_html(report, copies, outcome, home / "report.html")
        print(json.dumps(report) if args.json else table(report))
        failed = [name for name, holds in verdicts(report) if not holds]
        for name in failed:
            print(f"DOES NOT HOLD: {name}", file=sys.stderr)
        print(f"report: {home / 'report.html'}", file=sys.stderr)
    return 1 if failed else 0


def configure(parser: argparse.ArgumentParser) -> None:
    """--quick, --keep, --out, --json."""
    parser.add_argument("--quick", action="store_true", help="fewer demonstrations, and fewer and shorter evaluations")
    parser.add_argument("--keep", action="store_true", help="keep the portal up afterwards, until Enter")
    parser.add_argument(
        "--out", type=Path, default=Path("var/demo"), help="folder for everything (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print report.json instead of the table")
    parser.set_defaults(run=_run)
