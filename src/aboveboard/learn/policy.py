"""The trained model as an agent. (Imports torch through model.py.)"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aboveboard.core.events import Element
from aboveboard.learn import choosing, model
from aboveboard.learn.agents import Decision
from aboveboard.learn.examples import AMOUNTS, CASES, points
from aboveboard.learn.past import Past, identity
from aboveboard.learn.quantities import told_number
from aboveboard.learn.scene import NAME_WORDS_MAX, Scene, told_words
from aboveboard.learn.sight import seen
from aboveboard.learn.words import words_of


class PolicyAgent:
    """Takes the likeliest of everything."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self._policy = model.load(folder)
        choosing.use_threads(threads)

    def decide(self, instruction: str, elements: Sequence[Element], past: Past) -> Decision:
        if not elements:
            return Decision("wait")
        scene = Scene(instruction, elements)
        choice = choosing.judge(self._policy, seen(scene, past), self._ruled_out(scene, elements, past))
        config = self._policy.config
        kind = config.kinds[choice.kind]
        if points(kind):
            return Decision(
                kind, choice.element, place=choice.place, goal=choice.goal, goal_place=choice.goal_place,
                notches=AMOUNTS[choice.amount],
            )  # fmt: skip
        if kind == "type":
            return Decision(kind, text=_written(_read(instruction, elements, choice), CASES[choice.case]))
        return Decision(kind, key=config.keys[choice.key])

    def _ruled_out(self, scene: Scene, elements: Sequence[Element], past: Past) -> choosing.RuledOut:
        """What was tried before and changed nothing, or only led back here. A told number of times is as often as told:
        a page may not show what each of them does."""
        vain, roles = past.in_vain(elements), past.roles_in_vain(elements)
        times = told_number(scene.instruction)
        if not (vain or roles) or (times is not None and past.again() < abs(times)):
            return ()
        kinds = self._policy.config.kinds
        found: list[tuple[int, int]] = []
        for kind in {kind for kind, _ in vain | roles}:
            if "scroll" in kind:  # wherever it is turned
                if any(kind == each for each, _ in vain):
                    found.append((kinds.index(kind), -1))
                continue
            out = [
                i for i, each in enumerate(elements)
                if (kind, identity(each)) in vain or ((kind, each.role) in roles and not scene.spans.largest[i])
            ]  # fmt: skip
            if len(out) < len(elements):
                found += [(kinds.index(kind), i) for i in out]
        return tuple(found)


def _read(instruction: str, elements: Sequence[Element], choice: choosing.Choice) -> str:
    """The words pointed at, as they stand there."""
    w = len(told_words(instruction))
    source, offset = instruction, 0
    if choice.first >= w:
        index = (choice.first - w) // NAME_WORDS_MAX
        source, offset = elements[index].name, w + index * NAME_WORDS_MAX
    words = words_of(source)
    if not words:
        return ""
    first, last = (min(each - offset, len(words) - 1) for each in (choice.first, choice.last))
    return source[words[first].start : words[last].end]


def _written(text: str, case: str) -> str:
    """Placeholders stay as they are: what stands behind one is put in at the keyboard."""
    if "<" in text:
        return text
    return text.lower() if case == "lower" else text.upper() if case == "upper" else text
