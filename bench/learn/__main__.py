"""`python -m bench.learn`: the protocol, from the first demonstration to results.json and report.html."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from bench.learn.protocol import Protocol, Stages, trainings, trials
from bench.learn.report import write_report
from bench.learn.results import results

HERE = Path(__file__).parent
# What fits into five minutes: it shows that all of it works, not how well.
REDUCED = Protocol(
    tasks=("click-button", "click-link", "enter-text"), demonstrations=3, few=2, counts=(), seeds=(0,), episodes=2,
    few_episodes=1, bare=1, bare_episodes=1, desktop=0, unseen=1, contributors=2, workers=1, updates_max=60,
    ablations=(),
)  # fmt: skip

# What fits into an hour of a machine that others use too: one training seed, fewer episodes, the same rules.
SHORT = Protocol(seeds=(0,), counts=(5, 10), episodes=5, few_episodes=1, bare=5, bare_episodes=3)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.learn", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder for everything; started again, it goes on")
    parser.add_argument("--out", type=Path, default=HERE, help="where results.json and report.html go")
    parser.add_argument("--reduced", action="store_true", help="a small one, to see that it works")
    parser.add_argument("--short", action="store_true", help="one training seed and fewer episodes, by the same rules")
    parser.add_argument("--demonstrations", type=int, metavar="N", help="of each task, at most 60, where time is short")
    parser.add_argument("--desktop", type=int, metavar="N", help="of each task of the desktop, likewise")
    parser.add_argument("--stop-after", type=float, default=180.0, metavar="MINUTES", help="begin nothing new after")
    args = parser.parse_args()
    protocol = REDUCED if args.reduced else SHORT if args.short else Protocol()
    protocol = replace(
        protocol,
        demonstrations=protocol.demonstrations if args.demonstrations is None else args.demonstrations,
        desktop=protocol.desktop if args.desktop is None else args.desktop,
    )
    if not protocol.few < protocol.demonstrations <= 60:
        parser.error(f"--demonstrations: more than {protocol.few}, at most 60")
    begun = time.monotonic()

    def told(line: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {line}", file=sys.stderr, flush=True)

    stages = Stages(protocol, args.home, told)
    stages.demonstrate()
    chosen = stages.choose()
    told(f"{len(chosen['seen'])} tasks are shown, {len(chosen['unseen'])} held out, {len(chosen['left_out'])} left out")
    models = {each.name: each for each in trainings(protocol)}
    for trial in trials(protocol):
        if time.monotonic() - begun > 60 * args.stop_after:
            told("the time is up: what is missing can be made by starting again")
            break
        if trial.model in models:
            this = models.pop(trial.model)
            if this.dataset == "bare":
                stages.demonstrate_bare()
            if this.dataset == "desktop":
                stages.demonstrate_desktop()
            waiting = [each for each in models.values() if each.dataset == this.dataset]
            stages.train([this, *waiting[:1]])  # one core each
        stages.evaluate(trial)
    found = results(protocol, args.home)
    write_report(found, args.home, args.out)
    told(f"{args.out / 'results.json'}, {args.out / 'report.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
