"""From recorded episodes to training examples: what was seen, and what was then done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aboveboard.core.events import Element
from aboveboard.datasets.schema import Episode, Step
from aboveboard.learn.sight import ELEMENTS_MAX, Past, identity, words_of

POINTER = frozenset({"click", "double_click", "triple_click", "right_click", "middle_click"})
LEARNED = (*sorted(POINTER), "type", "key", "hotkey")


@dataclass(frozen=True, slots=True)
class Example:
    """One step: element and words are -1 where there is nothing to learn from."""

    instruction: str
    elements: tuple[Element, ...]
    past: Past
    kind: str
    element: int
    start: int
    end: int
    key: str


def span_of(instruction: str, text: str) -> tuple[int, int]:
    """Which words of the instruction the text is, first and last; (-1, -1) when it isn't there."""
    words = [word.text for word in words_of(instruction)]
    wanted = [word.text for word in words_of(text)]
    for start in range(len(words) - len(wanted) + 1):
        if wanted and words[start : start + len(wanted)] == wanted:
            return start, start + len(wanted) - 1
    return -1, -1


def key_of(step: Step) -> str:
    """ "Return", "Control+a"."""
    return "+".join([*step.modifiers, step.key])


def examples_of(episodes: Iterable[Episode]) -> list[Example]:
    """Every step of a kind that is learned and of which it is known what was to be seen."""
    found: list[Example] = []
    for episode in episodes:
        past = Past()
        for step in episode.steps:
            if step.kind not in LEARNED:
                continue
            start, end = span_of(episode.instruction, step.text) if step.kind == "type" else (-1, -1)
            index = step.target_index if step.target_index < ELEMENTS_MAX else -1
            usable = bool(step.elements) and (step.kind not in POINTER or index >= 0)
            if usable and (step.kind != "type" or start >= 0):
                key = key_of(step) if step.kind in ("key", "hotkey") else ""
                found.append(
                    Example(episode.instruction, step.elements, past, step.kind, index, start, end, key)
                )  # fmt: skip
            acted = past.acted if step.target is None else (*past.acted, identity(step.target))
            past = Past((*past.kinds, step.kind), acted)
    return found
