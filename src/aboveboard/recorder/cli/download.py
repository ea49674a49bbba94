"""`aboveboard download`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import BadInput
from aboveboard.recorder.cli import add_home
from aboveboard.recorder.download import download
from aboveboard.recorder.home import Home
from aboveboard.recorder.upload import Uplink


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run(args: argparse.Namespace) -> int:
    home = Home(args.home)
    token = home.read("token")
    if token is None:
        raise BadInput("this laptop is not enrolled, so nothing is held about it", str(args.home))
    uplink = Uplink(home.config(), token.decode("ascii").strip())
    try:
        found = download(home, uplink, args.out, SystemClock(), _tell)
    finally:
        uplink.close()
    print(f"{found.segments} segments, {found.deleted} deleted ones by their manifests, consents, receipts, proofs, "
          f"accesses and your own keys are in {args.out}")  # fmt: skip
    if found.unread:
        print(f"{found.unread} segments are there that no key on this laptop opens")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """--out FILE; needs no running recorder."""
    add_home(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.tar",
        help="the archive; one that an earlier run began is gone on with",
    )  # fmt: skip
    parser.set_defaults(run=_run)
