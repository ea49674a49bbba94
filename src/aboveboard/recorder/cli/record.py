"""`aboveboard record`."""

from __future__ import annotations

import argparse
from pathlib import Path

from aboveboard.recorder.cli import add_home
from aboveboard.recorder.platform.here import check_system


def _run(args: argparse.Namespace) -> int:
    check_system()
    from aboveboard.recorder.app import Options, run  # it needs what only this system has

    return run(
        Options(args.home, args.charter, args.collector, args.invitation, args.region, args.display, args.page_port)
    )


def configure(parser: argparse.ArgumentParser) -> None:
    """The first start needs --charter, --region and --invitation; later ones only the folder."""
    add_home(parser)
    parser.add_argument("--charter", type=Path, help="first start: the charter to pin, from someone you trust")
    parser.add_argument("--invitation", metavar="CODE", help="first start: the code you were given")
    parser.add_argument("--region", help="first start: where this laptop is used, such as DE")
    parser.add_argument("--collector", metavar="URL", help="first start: instead of the charter's collector")
    parser.add_argument("--display", metavar=":N", help="the X display (default: DISPLAY)")
    parser.add_argument("--page-port", type=int, default=0, help="port of the status page (default: a free one)")
    parser.set_defaults(run=_run)
