"""`python -m bench.learn.offline`: of recorded episodes that a model was not trained on, how many have a step that it
would do otherwise. Quick, with nothing live: to choose between two policies before any episode is spent on them. It
counts as wrong what would do as well (an icon, or its caption), so it compares, and tells nothing of success.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from aboveboard.datasets.schema import Episode
from aboveboard.learn.choosing import judge
from aboveboard.learn.examples import Example, examples_of, points
from aboveboard.learn.model import Config, Policy
from aboveboard.learn.sight import see
from aboveboard.learn.train import position, train
from bench.learn.demonstrations import Shown, shown_in
from bench.learn.protocol import Protocol


@dataclass(slots=True)
class Found:
    """Counts, and task -> its episodes with a wrong step."""

    episodes: int = 0
    wrong_episodes: int = 0
    steps: int = 0
    wrong_steps: int = 0
    by_task: Counter[str] = field(default_factory=Counter)


def as_shown(policy: Policy, example: Example) -> bool:
    """Whether the policy's likeliest is what was done: its kind, on what, where to, which words, which key."""
    sight = see(example.instruction, example.elements, example.past)
    choice = judge(policy, sight)
    kind = policy.config.kinds[choice.kind]
    if kind != example.kind:
        return False
    if points(kind):
        onto = not example.goals or choice.goal in example.goals
        return choice.element in example.targets and onto
    if kind == "type":
        w = len(sight.words)
        spans = {(position(span, span.first, w), position(span, span.last, w)) for span in example.spans}
        return (choice.first, choice.last) in spans and choice.case == example.case
    return policy.config.keys[choice.key] == example.key


def held_against(policy: Policy, shown: Iterable[Shown]) -> Found:
    """Every step of these episodes."""
    found = Found()
    for each in shown:
        wrong = [not as_shown(policy, example) for example in examples_of([each.episode])]
        found.episodes += 1
        found.steps += len(wrong)
        found.wrong_steps += sum(wrong)
        found.wrong_episodes += any(wrong)
        found.by_task[each.task] += any(wrong)
    return found


def parted(
    shown: Iterable[Shown], tasks: Iterable[str], skip: int, n: int, tested: int
) -> tuple[list[Episode], list[Shown]]:
    """Of each task `n` to train on after the first `skip`, and the last `tested` of the others to be asked about."""
    trained, asked = list[Episode](), list[Shown]()
    for task in sorted(tasks):
        its = [each for each in shown if each.task == task]
        trained += [each.episode for each in its[skip : skip + n]]
        asked += its[max(skip + n, len(its) - tested) :]
    return trained, asked


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.learn.offline", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the protocol's folder, with its demonstrations")
    parser.add_argument("--demonstrations", type=int, default=3, metavar="N", help="of each seen task, to train on (3)")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="leave out the first N of each (0)")
    parser.add_argument("--tested", type=int, default=10, metavar="N", help="ask about the last N of each (10)")
    parser.add_argument("--seed", type=int, default=0, help="of the training (0)")
    args = parser.parse_args()
    seen = json.loads((args.home / "tasks.json").read_text("utf-8"))["seen"]
    trained, asked = parted(shown_in(args.home / "demonstrations"), seen, args.skip, args.demonstrations, args.tested)
    p = Protocol()
    config = Config(seed=args.seed, updates_min=p.updates_min, updates_max=p.updates_max)
    policy = train(trained, config, lambda line: print(line, file=sys.stderr, flush=True))
    found = held_against(policy, asked)
    print(
        json.dumps(
            {**asdict(found), "by_task": dict(found.by_task.most_common()), "trained_on": len(trained)}, indent=1
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
