"""`aboveboard opt-out`."""

from __future__ import annotations

import argparse

from aboveboard.recorder.cli import add_home
from aboveboard.recorder.control import ask


def _run(args: argparse.Namespace) -> int:
    ask(args.home, do="opt_out", reason=args.reason or "", delete=args.delete)
    print("you have left: nothing is recorded, and what was not sent is deleted")
    if args.delete:
        print("what was sent is asked to be deleted; `aboveboard status` says when nothing waits any more")
    else:
        print("what was sent before stays under its terms; delete it with `aboveboard opt-out --delete`")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """A reason may be given, and need not."""
    add_home(parser)
    parser.add_argument("--reason", choices=["bandwidth", "sensitive_work", "power"], help="only if you want to say")
    parser.add_argument("--delete", action="store_true", help="also have everything deleted that was sent")
    parser.set_defaults(run=_run)
