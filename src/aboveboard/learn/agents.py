"""Who decides: the trained policy, and the baselines it is measured against. All see the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from aboveboard.core.events import Element
from aboveboard.datasets.schema import Episode
from aboveboard.learn.examples import MIDDLE, Example, examples_of, points
from aboveboard.learn.naming import called
from aboveboard.learn.past import Past
from aboveboard.learn.scene import ELEMENTS_MAX, told_words
from aboveboard.learn.words import PLACEHOLDER, plain, plain_words, words_of


@dataclass(frozen=True, slots=True)
class Decision:
    """kind: as it is learned, "Control+click", "scroll_down", "wait", "done"; element: index into what was seen, -1 for
    none; place: where in it, see examples.spot; goal, goal_place: likewise of where a drag ends; notches: of a scroll;
    text: with placeholders; key: "Control+a"."""

    kind: str
    element: int = -1
    text: str = ""
    key: str = ""
    place: int = MIDDLE
    goal: int = -1
    goal_place: int = MIDDLE
    notches: int = 3


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
        element = int(self._rng.integers(len(elements))) if elements and points(kind) else -1
        goal = int(self._rng.integers(len(elements))) if element >= 0 else -1
        text = _some_words(instruction, self._rng) if kind == "type" else ""
        return Decision(kind, element, text, "Return", goal=goal)


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
            role = example.elements[example.targets[0]].role if example.targets else ""
            counts[step][example.kind, role] += 1
        return [
            [choice for choice, _ in sorted(count.items(), key=lambda each: (-each[1], each[0]))] for count in counts
        ]

    def decide(self, instruction: str, elements: Sequence[Element], past: Past) -> Decision:
        at = self._choices[min(len(past.kinds), len(self._choices) - 1)] if self._choices else []
        for kind, role in at:
            fitting = [i for i, element in enumerate(elements) if element.role == role]
            if fitting or not points(kind):
                element = fitting[int(self._rng.integers(len(fitting)))] if fitting and points(kind) else -1
                goal = int(self._rng.integers(len(elements))) if element >= 0 else -1
                text = _some_words(instruction, self._rng) if kind == "type" else ""
                return Decision(kind, element, text, "Return", goal=goal)
        return Decision("click", int(self._rng.integers(len(elements))) if elements else -1)


class NeighbourAgent:
    """Does again what was done in the most similar moment of any demonstration: on the element that is most like the
    one there, typing the words that stand at the same place in the instruction."""

    def __init__(self, episodes: Iterable[Episode]) -> None:
        self._moments = [(example, _gist(example.instruction, example.elements)) for example in examples_of(episodes)]

    def decide(self, instruction: str, elements: Sequence[Element], past: Past) -> Decision:
        if not self._moments or not elements:
            return Decision("wait")
        here = _gist(instruction, elements)
        step = len(past.kinds)
        like, _ = max(
            self._moments, key=lambda each: _overlap(each[1], here) - 0.1 * abs(len(each[0].past.kinds) - step)
        )
        if points(like.kind):
            goal = _counterpart(like, like.goals[0], instruction, elements) if like.goals else -1
            return Decision(
                like.kind, _counterpart(like, like.targets[0], instruction, elements), place=like.place, goal=goal,
                goal_place=max(like.goal_place, 0),
            )  # fmt: skip
        if like.kind == "type":
            words = told_words(instruction)
            span = next((span for span in like.spans if span.element < 0), None)
            text = "" if span is None else " ".join(words[span.first : span.last + 1])
            return Decision("type", text=text)
        return Decision(like.kind, key=like.key)


def _gist(instruction: str, elements: Sequence[Element]) -> frozenset[str]:
    """Words of the instruction but placeholders' numbers, and the roles that are there."""
    words = {PLACEHOLDER.sub(r"\1", word).lower() for word in told_words(instruction)}
    return frozenset(words | {f"role {element.role}" for element in elements})


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def _counterpart(like: Example, index: int, instruction: str, elements: Sequence[Element]) -> int:
    """What is here as that element was there: same role, a name that is named likewise in the instruction, about the
    same number among its kind."""
    then = like.elements[index]
    told, before = ({plain(word) for word in told_words(each)} for each in (instruction, like.instruction))
    named = plain_words([then.name])
    was_told = bool(named) and named <= before
    number = sum(each.role == then.role for each in like.elements[:index])
    seen: Counter[str] = Counter()
    best, best_score = 0, -1.0
    for i, element in enumerate(elements):
        name = plain_words([element.name])
        score = 4.0 * (element.role == then.role) + 2.0 * ((bool(name) and name <= told) == was_told)
        score += 2.0 * (element.name == then.name) + 1.0 * (seen[element.role] == number)
        seen[element.role] += 1
        if score > best_score:
            best, best_score = i, score
    return best


def kinds_of(episodes: Iterable[Episode]) -> list[str]:
    """Kinds of action that the demonstrations have."""
    return sorted({example.kind for example in examples_of(episodes)})


def clipped(elements: tuple[Element, ...]) -> tuple[Element, ...]:
    """At most as many as the policy looks at, called as in the examples, so that every agent chooses among the same."""
    return called(elements[:ELEMENTS_MAX])
