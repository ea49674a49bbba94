"""`aboveboard install`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from aboveboard.core.errors import Unavailable
from aboveboard.recorder.app import Options, enrol, set_up
from aboveboard.recorder.cli import add_home
from aboveboard.recorder.install import Places, install, systemd_answers


def _run(args: argparse.Namespace) -> int:
    home = set_up(Options(args.home, args.charter, args.collector, args.invitation, args.region, None, 0))
    try:
        enrol(home, args.invitation)
    except Unavailable as error:
        raise Unavailable(f"{error}; nothing is installed") from error
    for path in install(Places.of(os.environ), home.folder):
        print(f"written: {path}")
    print("from your next login on the recorder starts by itself, visibly; it records nothing before you agree")
    now = "systemctl --user start aboveboard" if systemd_answers() else "aboveboard record"
    print(f"to start it now: {now}")
    print("to take all of this away again: aboveboard uninstall")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of a first start, for a laptop that is not set up yet."""
    add_home(parser)
    parser.add_argument("--charter", type=Path, help="not set up yet: the charter to pin, from someone you trust")
    parser.add_argument("--invitation", metavar="CODE", help="not set up yet: the code you were given")
    parser.add_argument("--region", help="not set up yet: where this laptop is used, such as DE")
    parser.add_argument("--collector", metavar="URL", help="not set up yet: instead of the charter's collector")
    parser.set_defaults(run=_run)
