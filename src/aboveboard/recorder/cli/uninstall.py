"""`aboveboard uninstall`."""

from __future__ import annotations

import argparse
import os
import sys

from aboveboard.core.errors import Refused
from aboveboard.recorder.cli import add_home
from aboveboard.recorder.home import Home
from aboveboard.recorder.install import Places, uninstall
from aboveboard.recorder.traces import remove_traces, stop_recorder, strangers, words_unsaid


def _sure(home: Home) -> None:
    """Raises Refused without a clear yes."""
    print(f"This removes your keys in {home.folder}. Without them nobody can have deleted what you sent, or open your")
    print("copies of it: not you, and nobody for you. To leave and have everything deleted, say this first and wait:")
    print("    aboveboard opt-out --delete")
    print('Remove the keys all the same? Type "yes": ', end="", flush=True)
    if sys.stdin.readline().strip() != "yes":
        raise Refused("not_sure", "nothing was removed")


def _run(args: argparse.Namespace) -> int:
    home = Home(args.home)
    unsaid = words_unsaid(home)
    if unsaid and args.all and not args.yes:
        what = " and ".join(unsaid)
        raise Refused("unsaid", f"{what} have not reached the collector yet, and would not any more: run `aboveboard "
                      "record` or `aboveboard opt-out` once with a connection, or say --all --yes")  # fmt: skip
    if args.all and not args.yes and home.path("contributor.key").exists():
        _sure(home)
    if stop_recorder(home):
        print("the recorder has ended")
    for path in uninstall(Places.of(os.environ)):
        print(f"removed: {path}")
    kept = remove_traces(home, everything=args.all)
    print("removed: what was not sent yet, settings, and what the recorder needed to run")
    for each in kept:
        print(f"kept in {home.folder}, {each.files} files, {each.bytes / 1024:.0f} KiB: {each.why}")
    if kept:
        print("to remove these too: aboveboard uninstall --all. You have not left the programme: aboveboard opt-out")
    if unsaid and not args.all:
        print(f"kept, but told to nobody yet: {' and '.join(unsaid)}; `aboveboard record` once with a connection tells")
    for path in strangers(home):
        print(f"not ours, so kept: {path}")
    print("the program itself: pipx uninstall aboveboard, or as you installed it")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """--all takes the keys too."""
    add_home(parser)
    parser.add_argument("--all", action="store_true", help="also remove your keys, receipts and copies, after asking")
    parser.add_argument("--yes", action="store_true", help="with --all: do not ask")
    parser.set_defaults(run=_run)
