"""`aboveboard opt-out`."""

from __future__ import annotations

import argparse
import sys
from typing import Literal

from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import Unavailable
from aboveboard.core.policy import OptOutReason
from aboveboard.recorder.asking import ask
from aboveboard.recorder.cli import add_home
from aboveboard.recorder.cli.settings import apply, data_limit, remedy
from aboveboard.recorder.home import Home
from aboveboard.recorder.leaving import leave_without_recorder
from aboveboard.recorder.settings import Change, read_settings


def _numbers(text: str, low: int, high: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and low <= int(text) <= high else None


def _stay(home: Home, reason: str) -> Change | None:
    """Asks whether the cause can be removed instead; None: the person leaves. Only an answer that means it stays."""
    if reason == "bandwidth":
        limit = data_limit(home)
        n = _numbers(_ask(f"Send at most how many MB a day instead (0 to {limit})? Enter to leave: "), 0, limit)
        return None if n is None else {"data_mb_per_day": n}
    if reason == "power":
        n = _numbers(
            _ask("Record nothing on battery below how many per cent instead (to 100)? Enter to leave: "), 0, 100
        )
        return None if n is None else {"battery_percent_min": n}
    app = _ask("Leave out which program instead (its WM_CLASS)? Enter to leave the programme: ")
    return {"exclude_apps": sorted({*read_settings(home).exclude_apps, app})} if app else None


def _ask(question: str) -> str:
    print(question, end="", flush=True)
    return sys.stdin.readline().strip()


def _leave(home: Home, args: argparse.Namespace) -> bool:
    """Whether the collector knows, or a running recorder sees to it."""
    reason: OptOutReason | Literal[""] = args.reason if args.reason else ""
    try:
        ask(home.folder, do="opt_out", reason=reason, delete=args.delete, withdraw=args.withdraw)
    except Unavailable:
        return leave_without_recorder(home, SystemClock(), reason, delete=args.delete, withdraw=args.withdraw)
    return True


def _run(args: argparse.Namespace) -> int:
    home = Home(args.home)
    if args.reason and not args.yes and sys.stdin.isatty():
        change = _stay(home, args.reason)
        if change is not None:
            apply(home, change)
            print("done, and in force now; you are still taking part. `aboveboard opt-out` leaves at any time")
            return 0
    told = _leave(home, args)
    print("you have left: nothing is recorded, and what was not sent is deleted")
    if not told:
        print("the collector could not be told yet: say `aboveboard opt-out` again when there is a connection")
    if args.delete:
        print("what was sent is asked to be deleted; `aboveboard status` says when nothing waits any more")
    elif args.withdraw:
        print("what was sent goes into no dataset built from now on; delete it with `aboveboard opt-out --delete`")
    else:
        print("what was sent before stays under its terms; delete it with `aboveboard opt-out --delete`")
    if args.reason:
        print(f"should you come back, this removes the cause: {remedy(args.reason, data_limit(home))}")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """A reason may be given, and need not; one that is given leads to the setting that removes the cause."""
    add_home(parser)
    help_ = "only if you want to say; on a terminal you are first offered to remove the cause"
    parser.add_argument("--reason", choices=["bandwidth", "sensitive_work", "power"], help=help_)
    parser.add_argument("--yes", action="store_true", help="leave at once, whatever the reason")
    parser.add_argument("--delete", action="store_true", help="also have everything deleted that was sent")
    parser.add_argument("--withdraw", action="store_true", help="also keep what was sent out of every later dataset")
    parser.set_defaults(run=_run)
