"""`aboveboard resume`."""

from __future__ import annotations

import argparse

from aboveboard.recorder.asking import ask
from aboveboard.recorder.cli import add_home


def _run(args: argparse.Namespace) -> int:
    print(f"now: {ask(args.home, do='resume')['state'].replace('_', ' ')}")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """No options but the folder."""
    add_home(parser)
    parser.set_defaults(run=_run)
