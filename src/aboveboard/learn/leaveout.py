"""What a contributor's demonstrations were worth, by training without them: slow, exact, and told of nobody alone.

One model learns from everybody, then one from everybody but each. How much less likely the held-back demonstrations
are to the one without is what that contributor's share was worth. Only how these figures are spread is given, and only
for PEOPLE_MIN people or more: there is no figure of a person.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from aboveboard.core.errors import BadInput
from aboveboard.datasets.schema import read_episodes
from aboveboard.learn.model import load
from aboveboard.learn.train import loss_on, train
from aboveboard.learn.value import HELD_BACK_EVERY, PEOPLE_MIN

PEOPLE_MAX = 50  # each costs a training
UPDATES = 300  # of each: enough to tell them apart, a tenth of a whole training


def leave_out(model: Path, data: Path, told: Callable[[str], None], updates: int = UPDATES) -> dict[str, Any]:
    """{"people": n, "quartiles": [low, middle, high], "held_back": n, "loss": with everybody}: of how much the loss on
    held-back episodes rises without one person. model: whose configuration is used. Raises BadInput for too few or too
    many people, or when nothing can be learned."""
    episodes = read_episodes(data)
    held_back, others = episodes[::HELD_BACK_EVERY], [e for i, e in enumerate(episodes) if i % HELD_BACK_EVERY]
    people = sorted({each.contributor for each in others})
    if not PEOPLE_MIN <= len(people) <= PEOPLE_MAX:
        raise BadInput(
            f"{len(people)} people: leaving one out is told of {PEOPLE_MIN} to {PEOPLE_MAX}, so that no figure is of a"
            " person",
            str(data),
        )
    config = replace(load(model).config, updates_min=updates, updates_max=updates)

    def loss_without(person: str) -> float:
        return loss_on(train([each for each in others if each.contributor != person], config, _quiet), held_back)

    whole = loss_without("")
    rises = []
    for number, person in enumerate(people, start=1):
        rises.append(loss_without(person) - whole)
        told(f"{number} of {len(people)} left out")
    low, middle, high = statistics.quantiles(rises, n=4)
    return {
        "people": len(people), "quartiles": [round(low, 6), round(middle, 6), round(high, 6)],
        "held_back": len(held_back), "loss": round(whole, 6),
    }  # fmt: skip


def _quiet(_: str) -> None:
    """A training's own progress is of no interest here."""
