"""`aboveboard replay`."""

from __future__ import annotations

import argparse
import functools
import sys
import threading
import webbrowser
from datetime import timedelta

from aboveboard.core.clock import US_PER_S, SystemClock
from aboveboard.core.errors import BadInput
from aboveboard.recorder.asking import ask
from aboveboard.recorder.cli import add_home
from aboveboard.recorder.home import Home
from aboveboard.recorder.replay.own import Own, fetch
from aboveboard.recorder.replay.pages import ReplayPages
from aboveboard.recorder.upload import Uplink

DAYS_MAX = 3660


def look(home: Home, days: int) -> Own:
    """One's own segments of the last days. Raises BadInput when this laptop is not enrolled."""
    token = home.read("token")
    if token is None:
        raise BadInput("this laptop is not enrolled, so nothing of it was ever sent", str(home.folder))
    uplink = Uplink(home.config(), token.decode("ascii"))
    try:
        since_us = SystemClock().now_us() - int(timedelta(days=days).total_seconds()) * US_PER_S
        return fetch(home, uplink, since_us, _tell)
    finally:
        uplink.close()


def _tell(count: int) -> None:
    if count % 50 == 0:
        print(f"opened {count} segments", file=sys.stderr)


def _run(args: argparse.Namespace) -> int:
    if not 1 <= args.days <= DAYS_MAX:
        raise BadInput(f"is from 1 to {DAYS_MAX}", "--days")
    own = look(Home(args.home), args.days)
    pages = ReplayPages(own, functools.partial(ask, args.home), args.port)
    print(f"{len(own.opened)} segments opened here, {len(own.closed)} can't be, {own.earlier} are older", flush=True)
    print(f"page: {pages.url}", flush=True)
    print("Ctrl+C ends it; nothing of it is written to the disk", flush=True)
    if args.open:
        webbrowser.open(pages.url)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pages.close()
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """--days, --port, --open."""
    add_home(parser)
    parser.add_argument("--days", type=int, default=7, help="how far back (default 7)")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default a free one)")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.set_defaults(run=_run)
