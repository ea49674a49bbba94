"""`aboveboard review`."""

from __future__ import annotations

import argparse
import json
import webbrowser

from aboveboard.core.errors import BadInput
from aboveboard.recorder.asking import ask
from aboveboard.recorder.cli import add_home, seconds
from aboveboard.recorder.words import REASONS

SENT_OF_APP = "what was sent tells nobody what program it is of, so it stays: see it with `aboveboard replay`"


def _run(args: argparse.Namespace) -> int:
    if args.open:
        return 0 if webbrowser.open(ask(args.home, do="status")["url"]) else 1
    match args.what:
        case "show":
            _show(args)
        case "send":
            ask(args.home, do="send_now")
            print("what was recorded up to now is on its way")
        case "delete":
            if args.app:
                reply = ask(args.home, do="delete", app=args.app)
            elif args.last:
                reply = ask(args.home, do="delete", last_s=seconds(args.last))
            elif args.all:
                reply = ask(args.home, do="delete", all=True)
            else:
                raise BadInput("say what to delete: --app NAME, --last 10m or --all")
            print(f"deleted, gone from this laptop: {reply['deleted']} events")
            print(SENT_OF_APP if args.app else "what was sent of it is asked to be deleted")
    return 0


def _show(args: argparse.Namespace) -> None:
    rows = ask(args.home, do="review")["rows"]
    if args.json:
        print(json.dumps(rows))
        return
    for row in rows:
        if row["kind"] == "gap":
            print(f"  nothing kept: {REASONS.get(row['name'], row['name'])}")
            continue
        if row["kind"] == "correction":
            print("what you correct of tasks that were sent:")
        else:
            print(f"{row['name']}: {row['events']} events")
        for text in row["texts"]:
            print(f"    {text['field'] or 'text'}: {text['text']}")
    if not rows:
        print("nothing waits to be sent")


def configure(parser: argparse.ArgumentParser) -> None:
    """show (default), send, delete."""
    add_home(parser)
    parser.add_argument(
        "what", nargs="?", choices=["show", "send", "delete"], default="show",
        help="default: show; send: now, at a moment that you choose and so show",
    )  # fmt: skip
    parser.add_argument("--app", help="delete: everything not sent of one program")
    parser.add_argument("--last", metavar="10m", help="delete: what was recorded in the last minutes")
    parser.add_argument("--all", action="store_true", help="delete: everything not sent")
    parser.add_argument("--json", action="store_true", help="show: as JSON")
    parser.add_argument("--open", action="store_true", help="open the page where all this is, in a browser")
    parser.set_defaults(run=_run)
