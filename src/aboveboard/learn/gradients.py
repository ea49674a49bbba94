"""Which way the weights would go to learn an episode. (Imports torch through model.py and train.py.)"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aboveboard.core.errors import BadInput
from aboveboard.datasets.schema import Episode
from aboveboard.learn.examples import examples_of
from aboveboard.learn.model import Policy, flat_gradient
from aboveboard.learn.scene import F32
from aboveboard.learn.train import lessons_of, plain_loss

LEFT_OUT = (
    "word",
    "position",
    "role",
    "rank",
    "layers.0",
    "layers.1",
)  # tables and lower layers: large, and say little


class Gradients:
    """Of one model's loss, as one vector of length 1."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def of(self, episode: Episode) -> F32 | None:
        """None when nothing can be learned from it, or holds what the model never met."""
        config = self._policy.config
        lessons = [
            each for each in lessons_of(examples_of([episode]))
            if each.example.kind in config.kinds and (not each.example.key or each.example.key in config.keys)
        ]  # fmt: skip
        if not lessons:
            return None
        found = flat_gradient(self._policy, plain_loss(self._policy, lessons), LEFT_OUT)
        # Of length 1: else the few that the model got wrong outweigh all the others.
        unit: F32 = found / max(float(np.linalg.norm(found)), 1e-12)
        return unit

    def mean(self, episodes: Sequence[Episode]) -> F32:
        """Raises BadInput when none of them can be learned from."""
        total, count = np.zeros(1, dtype=np.float32), 0
        for each in episodes:
            found = self.of(each)
            if found is not None:
                total, count = total + found, count + 1
        if not count:
            raise BadInput("nothing can be learned from what was held back")
        mean: F32 = total / np.float32(count)
        return mean

    def along(self, episode: Episode, aim: F32) -> float:
        """The inner product of the episode's gradient with another; 0 when it has none."""
        found = self.of(episode)
        return 0.0 if found is None else float(found @ aim)
