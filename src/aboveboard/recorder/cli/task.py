"""`aboveboard task`."""

from __future__ import annotations

import argparse

from aboveboard.core.errors import BadInput
from aboveboard.recorder.cli import add_home
from aboveboard.recorder.control import ask


def _run(args: argparse.Namespace) -> int:
    if args.what == "start":
        if not args.description:
            raise BadInput('say what you are doing: aboveboard task start "order paper for the printer"')
        reply = ask(args.home, do="task_start", description=args.description, soon=True)
        if not reply["now"]:
            print("nothing is recorded in this window: the task begins in the next one that is")
    else:
        ask(args.home, do="task_stop", outcome=args.outcome or "", soon=True)
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """start "description", stop [--outcome]."""
    add_home(parser)
    parser.add_argument("what", choices=["start", "stop"])
    parser.add_argument("description", nargs="?", help="start: what you are doing, in your words")
    parser.add_argument("--outcome", choices=["success", "failure"], help="stop: how it went, if you want to say")
    parser.set_defaults(run=_run)
