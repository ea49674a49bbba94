"""`aboveboard learn`: train, evaluate live, and the model card."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import msgspec

from aboveboard.core.errors import BadInput
from aboveboard.datasets.cli import add_reader, open_reader
from aboveboard.learn.evaluate import STEPS_MAX, Order, evaluate, tell, write_failures


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
    tasks = tuple(name for name in args.tasks.split(",") if name)
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
    print(card(args.model, evaluations), end="")
    return 0


def _publish(args: argparse.Namespace) -> int:
    from aboveboard.learn.publish import publish

    reader = open_reader(args)
    try:
        print(f"in the log as entry {publish(reader, args.model)}")
    finally:
        reader.close()
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
    judge.add_argument("--tasks", required=True, help="names of the miniwob package, with commas between")
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
    return verbs
