"""`aboveboard forget`."""

from __future__ import annotations

import argparse

from aboveboard.core.errors import BadInput
from aboveboard.recorder.asking import ask
from aboveboard.recorder.cli import add_home, seconds


def _run(args: argparse.Namespace) -> int:
    match args.what:
        case ["all"]:
            reply = ask(args.home, do="forget", all=True)
        case ["last", length]:
            reply = ask(args.home, do="forget", last_s=seconds(length))
        case _:
            raise BadInput("say `last 10m` (or s, h), or `all`")
    print(f"forgotten: {reply['deleted']} events that were not sent; segments already sent are asked to be deleted")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """`last 10m` or `all`."""
    add_home(parser)
    parser.add_argument("what", nargs="+", metavar="last 10m | all", help="how far back, or everything")
    parser.set_defaults(run=_run)
