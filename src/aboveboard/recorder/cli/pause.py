"""`aboveboard pause`."""

from __future__ import annotations

import argparse

from aboveboard.recorder.asking import ask
from aboveboard.recorder.cli import add_home


def _run(args: argparse.Namespace) -> int:
    ask(args.home, do="pause", length=args.length)
    print("paused: nothing is kept from now on")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """How long, or until resumed."""
    add_home(parser)
    parser.add_argument(
        "length", nargs="?", default="until-resumed", help="30m, 2h, until-tomorrow, until-resumed (default)"
    )
    parser.set_defaults(run=_run)
