"""`aboveboard task`."""

from __future__ import annotations

import argparse
import datetime
import json

from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import BadInput
from aboveboard.recorder.asking import ask
from aboveboard.recorder.cli import add_home

DAY_S = 86_400
DAYS_MAX = 3660
WHERE = {
    "waiting": "waits here", "sealed": "is sealed and on its way", "sent": "was sent",
}  # fmt: skip


def _run(args: argparse.Namespace) -> int:
    match args.what, args.words:
        case "start", [description] if description:
            reply = ask(args.home, do="task_start", description=description, soon=True)
            if not reply["now"]:
                print("nothing is recorded in this window: the task begins in the next one that is")
        case "start", _:
            raise BadInput('say what you are doing: aboveboard task start "order paper for the printer"')
        case "stop", []:
            ask(args.home, do="task_stop", outcome=args.outcome or "", soon=True)
        case "list", []:
            _list(args)
        case "correct", [task, description]:
            _correct(args, task, description)
        case "correct", _:
            raise BadInput('say which, and what it was: aboveboard task correct last "order toner for the printer"')
        case _:
            raise BadInput(f"{args.what} takes no words")
    return 0


def _tasks(args: argparse.Namespace) -> list[dict[str, object]]:
    if not 1 <= args.days <= DAYS_MAX:
        raise BadInput(f"is from 1 to {DAYS_MAX}", "--days")
    found: list[dict[str, object]] = ask(args.home, do="tasks", last_s=args.days * DAY_S)["tasks"]
    return found


def _list(args: argparse.Namespace) -> None:
    tasks = _tasks(args)
    if args.json:
        print(json.dumps(tasks))
        return
    for each in tasks:
        at_us = int(str(each["at_us"]))
        begun = datetime.datetime.fromtimestamp(at_us / US_PER_S).astimezone()
        what = f"your correction {WHERE[str(each['where'])]}" if each["corrected"] else WHERE[str(each["where"])]
        print(f"{at_us}  {begun:%Y-%m-%d %H:%M:%S}  {each['description'] or '(not said)'}  [{what}]")
    if not tasks:
        print(f"no task was declared in the last {args.days} days")


def _correct(args: argparse.Namespace, task: str, description: str) -> None:
    if task == "last":
        tasks = _tasks(args)
        if not tasks:
            raise BadInput(f"no task was declared in the last {args.days} days", "last")
        task = str(tasks[-1]["at_us"])
    if not (task.isascii() and task.isdigit() and len(task) < 19):
        raise BadInput("is `last`, or the number that `aboveboard task list` prints first", task)
    reply = ask(args.home, do="task_correct", task=int(task), description=description)
    if reply["gone"]:
        print("corrected; what it said before is gone, and was not sent")
    else:
        print("it is sealed already: your correction follows it, and counts in every dataset built from then on")


def configure(parser: argparse.ArgumentParser) -> None:
    """start "description", stop [--outcome], list, correct TASK "description"."""
    add_home(parser)
    parser.add_argument("what", choices=["start", "stop", "list", "correct"])
    parser.add_argument(
        "words", nargs="*", metavar="...",
        help='start: "what you are doing"; correct: `last` or a number of the list, and "what it was"',
    )  # fmt: skip
    parser.add_argument("--outcome", choices=["success", "failure"], help="stop: how it went, if you want to say")
    parser.add_argument("--days", type=int, default=30, help="list, correct last: how far back (default 30)")
    parser.add_argument("--json", action="store_true", help="list: as JSON")
    parser.set_defaults(run=_run)
