"""The trained model as an agent. (Imports torch through model.py.)"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aboveboard.core.events import Element
from aboveboard.learn import model
from aboveboard.learn.agents import Decision
from aboveboard.learn.examples import POINTER
from aboveboard.learn.sight import Past, see, words_of

SPAN_WORDS_MAX = 8


class PolicyAgent:
    """Takes the likeliest of everything."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self._policy = model.load(folder)
        model.use_threads(threads)

    def decide(self, instruction: str, elements: Sequence[Element], past: Past) -> Decision:
        if not elements:
            return Decision("click", -1)
        scores = model.judge(self._policy, see(instruction, elements, past))
        config = self._policy.config
        kind = config.kinds[scores.kind]
        if kind in POINTER:
            return Decision(kind, scores.element)
        if kind == "type":
            words = words_of(instruction)
            end = min(max(scores.end, scores.start), scores.start + SPAN_WORDS_MAX, len(words) - 1)
            return Decision(kind, -1, instruction[words[scores.start].start : words[end].end])
        return Decision(kind, -1, key=config.keys[scores.key])
