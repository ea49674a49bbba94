"""What each demonstration was worth to a model: a cheap estimate, and nothing about people.

The influence of a demonstration on the held-back ones is estimated by the first step of training on it (TracIn,
Pruthi and others 2020, at the last checkpoint, over the heads' and the last layer's weights, gradients of length 1 as
in Barshan and others 2020): the product of its gradient with the mean gradient of the held-back episodes. Above 0:
learning from it makes those likelier.

Figures are of episodes, whose IDs are different in every dataset; there is none of a person. Who took part in a
dataset of fewer than PEOPLE_MIN gets no distribution over people either.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any

from aboveboard.core.errors import BadInput
from aboveboard.datasets.schema import Episode, read_episodes
from aboveboard.learn.gradients import Gradients
from aboveboard.learn.model import load

PEOPLE_MIN = 10  # DESIGN's guarantee: nothing over fewer
HELD_BACK_EVERY = 5  # each fifth episode judges the others
EPISODES_MAX = 20_000


def value(model: Path, data: Path) -> dict[str, Any]:
    """{"episodes": {id: influence}, "held_back": how many, "people": None or a distribution}. Raises BadInput."""
    episodes = read_episodes(data)
    if not HELD_BACK_EVERY <= len(episodes) <= EPISODES_MAX:
        raise BadInput(f"{HELD_BACK_EVERY} to {EPISODES_MAX} episodes can be valued, not {len(episodes)}", str(data))
    gradients = Gradients(load(model))
    held_back, others = episodes[::HELD_BACK_EVERY], [e for i, e in enumerate(episodes) if i % HELD_BACK_EVERY]
    aim = gradients.mean(held_back)
    worth = {each.episode_id: gradients.along(each, aim) for each in others}
    return {
        "episodes": {name: round(amount, 6) for name, amount in sorted(worth.items())},
        "held_back": len(held_back),
        "people": by_people(others, worth),
    }


def by_people(episodes: list[Episode], worth: dict[str, float]) -> dict[str, Any] | None:
    """How evenly the value is spread over people: quartiles of each one's sum, never whose it is. None for few."""
    sums: dict[str, float] = defaultdict(float)
    for each in episodes:
        sums[each.contributor] += worth[each.episode_id]
    if len(sums) < PEOPLE_MIN:
        return None
    low, middle, high = statistics.quantiles(sums.values(), n=4)
    return {"people": len(sums), "quartiles": [round(low, 6), round(middle, 6), round(high, 6)]}


def report(found: dict[str, Any], compensation: str) -> str:
    """For the representatives who look after compensation. compensation: the policy's own words."""
    amounts = sorted(found["episodes"].values())
    helped = sum(amount > 0 for amount in amounts)
    lines = [
        "# What the demonstrations were worth to the model", "",
        f"Compensation under the policy: {compensation or 'the policy was not given'}.",
        "It does not depend on these figures; they are for negotiating the next policy.", "",
        f"- {len(amounts)} demonstrations valued against {found['held_back']} held back",
        f"- {helped} of them ({100 * helped / max(len(amounts), 1):.0f} %) made the held-back ones likelier",
    ]  # fmt: skip
    if amounts:
        top = sum(amounts[-max(len(amounts) // 10, 1) :])
        total = sum(amount for amount in amounts if amount > 0) or 1.0
        lines.append(f"- the tenth of most value holds {100 * top / total:.0f} % of all that helped")
    people = found["people"]
    lines.append(
        f"- fewer than {PEOPLE_MIN} people: how it is spread over them is not shown"
        if people is None
        else f"- spread over {people['people']} people: quartiles {people['quartiles']}"
    )
    return "\n".join(lines) + "\n"
