"""`aboveboard learn`: train, evaluate live, and the model card."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import msgspec

from aboveboard.core.errors import BadInput
from aboveboard.core.policy import Policy, SignedPolicy
from aboveboard.datasets.change import without
from aboveboard.datasets.cli import add_reader, open_reader, read_file
from aboveboard.learn.evaluate import STEPS_MAX, Order, evaluate, tell, write_failures
from aboveboard.learn.tasks.desk import DRAWS


def _train(args: argparse.Namespace) -> int:
    from aboveboard.learn.model import Config  # torch is slow to import
    from aboveboard.learn.train import train_folder

    lineage = train_folder(args.data, args.out, Config(seed=args.seed, epochs=args.epochs))
    if args.json:
        print(json.dumps(msgspec.to_builtins(lineage)))
    else:
        print(f"trained on {lineage.examples} steps of {lineage.episodes} episodes: {args.out}")
    return 0


def _evaluate(args: argparse.Namespace) -> int:
    tasks = tuple(sorted(DRAWS)) if args.suite == "desktop" else ()
    tasks = tuple(name for name in args.tasks.split(",") if name) or tasks
    if not tasks:
        raise BadInput("which tasks? --tasks names them; --suite desktop takes all of the desktop")
    data = "" if args.data is None else str(args.data)
    found = evaluate(Order(args.model, tasks, args.seeds, args.episodes, data, args.steps), args.workers)
    if args.failures is not None:
        write_failures(found, args.failures)
    if args.json:
        print(json.dumps(found))
    else:
        tell(found)
    return 0


def _card(args: argparse.Namespace) -> int:
    from aboveboard.learn.card import card

    try:
        evaluations = [json.loads(path.read_text("utf-8")) for path in args.evaluation]
    except (OSError, ValueError) as error:
        raise BadInput(f"an evaluation can't be read: {error}") from error
    print(card(args.model, evaluations, args.data), end="")
    return 0


def _publish(args: argparse.Namespace) -> int:
    from aboveboard.learn.publish import publish

    reader = open_reader(args)
    try:
        print(f"in the log as entry {publish(reader, args.model)}")
    finally:
        reader.close()
    return 0


def _retrain(args: argparse.Namespace) -> int:
    from aboveboard.learn.retrain import retrain

    data = args.data
    if args.without is not None:
        if args.dataset_out is None or args.home is None or args.charter is None or args.grant is None:
            raise BadInput("--without needs --dataset-out, --home, --charter and --grant, to make the dataset again")
        reader = open_reader(args)
        try:
            without(reader, args.data, args.without, args.dataset_out)
        finally:
            reader.close()
        data = args.dataset_out
    lineage = retrain(args.model, data, args.out)
    print(f"trained again on {lineage.episodes} episodes: {args.out}; {args.model} is marked as replaced")
    return 0


def _value(args: argparse.Namespace) -> int:
    from aboveboard.learn.value import report, value

    if args.leave_out:
        from aboveboard.learn.leaveout import leave_out

        print(json.dumps(leave_out(args.model, args.data, lambda line: print(line, file=sys.stderr, flush=True))))
        return 0
    found = value(args.model, args.data)
    compensation = ""
    if args.policy is not None:
        compensation = Policy.parse(SignedPolicy.parse(read_file(args.policy)).policy_bytes).compensation
    print(json.dumps(found) if args.json else report(found, compensation), end="\n" if args.json else "")
    return 0


def configure(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    """Adds the verbs, and gives the table back for more."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    trainer = verbs.add_parser("train", help="train a policy on a dataset, on the CPU")
    trainer.add_argument("--data", type=Path, required=True, help="folder made by `aboveboard dataset build`")
    trainer.add_argument("--out", type=Path, required=True, help="folder for the model")
    trainer.add_argument("--seed", type=int, default=0)
    trainer.add_argument("--epochs", type=int, default=40)
    trainer.add_argument("--json", action="store_true", help="print the lineage as JSON")
    trainer.set_defaults(run=_train)
    judge = verbs.add_parser("evaluate", help="let an agent do tasks in a real browser, and count")
    judge.add_argument("--model", required=True, help="a model's folder, or `random`, `majority` or `neighbour`")
    judge.add_argument("--data", type=Path, help="the dataset, for the baselines")
    judge.add_argument("--tasks", default="", help="names of the miniwob package, or desktop/..., with commas between")
    judge.add_argument("--suite", choices=("miniwob", "desktop"), default="miniwob", help="desktop: all of its tasks")
    judge.add_argument("--seeds", default="held-out", metavar="PREFIX", help="seeds are PREFIX-0, PREFIX-1, ...")
    judge.add_argument("--episodes", type=int, default=10, help="for each task (default 10)")
    judge.add_argument("--steps", type=int, default=STEPS_MAX, help="at most, for each episode (default %(default)s)")
    judge.add_argument("--workers", type=int, default=2, help="displays at once (default 2)")
    judge.add_argument("--failures", type=Path, help="folder for replays of what failed")
    judge.add_argument("--json", action="store_true", help="as JSON")
    judge.set_defaults(run=_evaluate)
    publisher = verbs.add_parser("publish", help="have a model and its dataset named in the log")
    publisher.add_argument("--model", type=Path, required=True, help="the model's folder")
    add_reader(publisher)
    publisher.set_defaults(run=_publish)
    describer = verbs.add_parser("card", help="print the model card")
    describer.add_argument("--model", type=Path, required=True)
    describer.add_argument(
        "--evaluation", type=Path, action="append", default=[], help="JSON of `learn evaluate`; repeat"
    )
    describer.set_defaults(run=_card)
    describer.add_argument("--data", type=Path, help="its dataset, to see whether somebody has withdrawn from it")
    again = verbs.add_parser("retrain", help="after a deletion: train again on the dataset made without the person")
    again.add_argument("--model", type=Path, required=True, help="the model to replace")
    again.add_argument(
        "--data", type=Path, required=True, help="made by `dataset without`; with --without, the old one"
    )
    again.add_argument("--out", type=Path, required=True, help="folder for the new model")
    again.add_argument("--without", metavar="CONTRIBUTOR", help="make the dataset again first, without this person")
    again.add_argument("--dataset-out", type=Path, help="folder for that dataset")
    for name in ("home", "charter", "grant"):
        again.add_argument(f"--{name}", type=Path, help="of the reader, as for `dataset without`")
    for name in ("collector", "guardian"):
        again.add_argument(f"--{name}", metavar="URL", help="instead of the charter's")
    again.set_defaults(run=_retrain)
    valuer = verbs.add_parser("value", help="estimate what each demonstration was worth; no figure is of a person")
    valuer.add_argument("--model", type=Path, required=True)
    valuer.add_argument("--data", type=Path, required=True, help="the dataset it was trained on")
    valuer.add_argument("--policy", type=Path, help="signed policy, for its words on compensation")
    valuer.add_argument("--json", action="store_true", help="as JSON, episode by episode")
    valuer.add_argument(
        "--leave-out", action="store_true",
        help="train once without each contributor instead; how that is spread, as JSON, for ten people or more",
    )  # fmt: skip
    valuer.set_defaults(run=_value)
    return verbs
