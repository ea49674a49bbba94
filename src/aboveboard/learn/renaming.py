"""New names for words, in training: so that the agent learns to match words and not to remember them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from aboveboard.learn.scene import I64, Scene
from aboveboard.learn.sight import Sight
from aboveboard.learn.words import PLACEHOLDER, WORD_IDS, word_id

# How many of the words get another name: that instruction and elements share; that only elements have; that only the
# instruction has.
SHARED, SHOWN, TOLD = 0.4, 0.2, 0.06


@dataclass(frozen=True, slots=True)
class Renamable:
    """Ids of words: placeholders, whose numbers say nothing; words that instruction and elements share; that only
    elements have; that only the instruction has. Numbers keep their names."""

    placeholders: I64
    shared: I64
    shown: I64
    told: I64


def renamable(scene: Scene) -> Renamable:
    """Of what is seen. Where the screen only repeats the instruction, its words are not there to be matched: what they
    mean has to be learned ("the shortest duration")."""
    told, shown = set(scene.told.words), scene.there
    placeholders = {word for word in told | shown if PLACEHOLDER.fullmatch(word.upper())}
    words = {word for word in told | shown if word.isalnum() and not word.isdigit()}

    def ids(chosen: set[str]) -> I64:
        return np.array(sorted(word_id(word) for word in chosen), dtype=np.int64)

    return Renamable(ids(placeholders), ids(words & told & shown), ids(words - told), ids(words - shown))


def renamed(sight: Sight, which: Renamable, rng: np.random.Generator) -> Sight:
    """The same sight in other words: every occurrence alike, so whatever matched still does."""
    some = [
        ids[rng.random(len(ids)) < share]
        for ids, share in ((which.shared, SHARED), (which.shown, SHOWN), (which.told, TOLD))
    ]
    old = np.concatenate([which.placeholders, *some])
    if not len(old):
        return sight
    table = np.arange(WORD_IDS)
    table[old] = rng.integers(1, WORD_IDS, len(old))
    return replace(sight, words=table[sight.words], names=table[sight.names])
