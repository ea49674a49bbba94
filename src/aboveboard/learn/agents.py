"""Who decides: the trained policy, and the baselines it is measured against. All see the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from aboveboard.core.events import Element
from aboveboard.datasets.schema import Episode
from aboveboard.learn.examples import POINTER, examples_of
from aboveboard.learn.sight import ELEMENTS_MAX, Past, words_of


@dataclass(frozen=True, slots=True)
class Decision:
    """element: index into what was seen, -1 for none; text: of the redacted instruction; key: "Control+a"."""

    kind: str
    element: int = -1
    text: str = ""
    key: str = ""


class Agent(Protocol):
    """Decides on one step from the redacted instruction, the redacted elements and its own past."""

    def decide(self, instruction: str, elements: Sequence[Element], past: Past) -> Decision: ...


def _some_words(instruction: str, rng: np.random.Generator) -> str:
    words = [word.text for word in words_of(instruction)] or [""]
    return words[int(rng.integers(len(words)))]


class RandomAgent:
    """Any element, any kind among those that the demonstrations have, any word of the instruction."""

    def __init__(self, kinds: Sequence[str], seed: int) -> None:
        self._kinds = list(kinds) or ["click"]
        self._rng = np.random.default_rng(seed)

    def decide(self, instruction: str, elements: Sequence[Element], past: Past) -> Decision:
        kind = self._kinds[int(self._rng.integers(len(self._kinds)))]
        element = int(self._rng.integers(len(elements))) if elements else -1
        return Decision(kind, element, _some_words(instruction, self._rng), "Return")


class MajorityAgent:
    """Does what was done most often: the most frequent (kind, role) of the demonstrations at this step, on an element
    of that role; which of several is left to chance."""

    def __init__(self, choices: Sequence[Sequence[tuple[str, str]]], seed: int) -> None:
        """choices[step]: (kind, role), most frequent first; the last entry serves all later steps."""
        self._choices = choices
        self._rng = np.random.default_rng(seed)

    @staticmethod
    def choices_of(episodes: Iterable[Episode]) -> list[list[tuple[str, str]]]:
        counts: list[Counter[tuple[str, str]]] = []
        for example in examples_of(episodes):
            step = len(example.past.kinds)
            while len(counts) <= step:
                counts.append(Counter())
            role = example.elements[example.element].role if example.element >= 0 else ""
            counts[step][example.kind, role] += 1
        return [
            [choice for choice, _ in sorted(count.items(), key=lambda each: (-each[1], each[0]))] for count in counts
        ]

    def decide(self, instruction: str, elements: Sequence[Element], past: Past) -> Decision:
        at = self._choices[min(len(past.kinds), len(self._choices) - 1)] if self._choices else []
        for kind, role in at:
            fitting = [i for i, element in enumerate(elements) if element.role == role]
            if fitting or kind not in POINTER:
                element = fitting[int(self._rng.integers(len(fitting)))] if fitting else -1
                return Decision(kind, element, _some_words(instruction, self._rng), "Return")
        return Decision("click", int(self._rng.integers(len(elements))) if elements else -1)


def kinds_of(episodes: Iterable[Episode]) -> list[str]:
    """Kinds of action that the demonstrations have."""
    return sorted({example.kind for example in examples_of(episodes)})


def clipped(elements: Sequence[Element]) -> Sequence[Element]:
    """At most as many as the policy looks at, so that every agent chooses among the same."""
    return elements[:ELEMENTS_MAX]
