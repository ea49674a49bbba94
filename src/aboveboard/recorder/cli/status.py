"""`aboveboard status`."""

from __future__ import annotations

import argparse
import json

from aboveboard.recorder.asking import ask
from aboveboard.recorder.cli import add_home
from aboveboard.recorder.words import HOTKEYS


def _run(args: argparse.Namespace) -> int:
    status = ask(args.home, do="status")
    if args.json:
        print(json.dumps(status))
        return 0
    reason = f" ({status['reason']})" if status["reason"] else ""
    print(f"{status['state'].replace('_', ' ')}{reason}")
    print(f"waiting on this laptop: {status['spool_bytes'] / 1024:.1f} KiB; sent: {status['sent_segments']} segments")
    if late := status["came_too_late"]:
        print(f"{late} of them came after their days of keeping: the collector has nothing of them but their numbers")
    print(f"cost so far: {status['cpu_s']:.1f} s of processor time, {status['rss_mb']:.0f} MB of memory")
    print(f"indicator: {status['indicator']}")
    if status["task"]:
        print(f"task: {status['task']}")
    for what, combo in status["hotkeys"].items():
        print(f"{combo}: {HOTKEYS[what]}")
    if status["hotkey_problem"]:
        print(status["hotkey_problem"])
    if status["problem"]:
        print(status["problem"])
    print(f"page: {status['url']}")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """--json for programs."""
    add_home(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_run)
