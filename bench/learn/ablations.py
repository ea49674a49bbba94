"""What is taken away to see what it was worth. Each replaces parts of this one process and the ones it starts; the
product has no switch for any of it.

    bare             nothing is redacted: neither at the recorder nor at the agent
    no-neighbours    an element is judged without those around it
    no-placeholders  what was masked bears no name: every "<PERSON_7>" is "<PERSON>"
    no-paths         hovers, which are read off the pointer's path, are not learned (a matter of the data alone)
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.core.events import Element, ObservedElement, Text
from aboveboard.datasets.schema import Episode, Step
from aboveboard.learn.agents import Decision
from aboveboard.learn.past import Past

VARIABLE = "BENCH_LEARN_ABLATION"
NAMES = ("bare", "no-neighbours", "no-placeholders", "no-paths")
_NUMBERED = re.compile(r"<([A-Z_]+?)_\d+>")


def apply(name: str) -> None:
    """Changes this process. Raises ValueError for an unknown name."""
    if name not in ("", *NAMES):
        raise ValueError(f"no ablation is called {name!r}")
    if name == "bare":
        _bare()
    elif name == "no-neighbours":
        _no_neighbours()
    elif name == "no-placeholders":
        _no_placeholders()


def _bare() -> None:
    from aboveboard.demo import processes
    from aboveboard.redact import elements, redactor, run_in_hand, trust, typing

    def everything(_: Any, text: str) -> list[Any]:
        return []

    def believed(_: Any, place: object, target: ObservedElement | None, t_us: int) -> ObservedElement | None:
        return target

    def never(element: ObservedElement | None) -> bool:
        return False

    def as_typed(run: Any, element: Element | None, split: bool, torn: bool) -> Text:
        return Text(t_us=run.t_us, end_us=run._last_us, text=run._buffer, element=element, keys=run._keys)

    def trusted(_: typing.TypedRun) -> None:
        """A late focus makes nothing secret either."""

    def label(_: Any, element: ObservedElement) -> str:
        return " ".join((element.name or element.label).split())[: redactor.LABEL_CHARS_MAX]

    def command(module: str, words: tuple[str | Path, ...]) -> list[str]:
        ours = {"aboveboard": "bench.learn.ablated", "aboveboard.demo.attached": "bench.learn.attached"}
        return [sys.executable, "-m", ours[module], *map(str, words)]

    changes: list[tuple[Any, str, Any]] = [
        (redactor.Redactor, "_find", everything), (trust.FieldTrust, "believe", believed),
        (typing, "is_secret", never), (run_in_hand, "is_secret", never), (typing.TypedRun, "_text", as_typed),
        (typing.TypedRun, "distrust", trusted),
        (elements, "_name", label), (processes, "_command", command),
    ]  # fmt: skip
    for change in changes:
        _change(*change)


def _change(holder: Any, attribute: str, other: Any) -> None:
    if not hasattr(holder, attribute):
        raise ValueError(f"{holder} has no {attribute} any more: this ablation has to be looked at again")
    setattr(holder, attribute, other)


def _no_neighbours() -> None:
    import numpy as np
    import torch

    from aboveboard.learn import scene
    from aboveboard.learn.model import Batch, Ties
    from aboveboard.learn.relations import TIES, Flags

    whole = Ties.forward

    def untied(shown: Sequence[Element], apart: Sequence[bool]) -> Flags:
        return np.zeros((TIES, len(shown), len(shown)), dtype=bool)

    def uncrossed(shown: Sequence[Element], spans: Sequence[Sequence[tuple[int, int]]]) -> Flags:
        return np.zeros((len(shown), 2), dtype=bool)

    def alone(ties: Ties, batch: Batch, there: torch.Tensor) -> torch.Tensor:
        bias = whole(ties, batch, there)
        w, n = batch.words.shape[1], batch.roles.shape[1]
        others = ~torch.eye(n, dtype=torch.bool)
        mask = torch.zeros(there.shape[1], there.shape[1], dtype=torch.bool)
        mask[1 + w :, 1 + w :] = others
        mask[: 1 + w, 1 + w :] = False
        return bias.masked_fill(mask, float("-inf"))

    _change(Ties, "forward", alone)
    _change(scene, "crossings", uncrossed)
    _change(scene, "ties", untied)  # nothing reaches an element through what lies beside it either


def _no_placeholders() -> None:
    from aboveboard.learn import policy

    decide = policy.PolicyAgent.decide

    def nameless(
        agent: policy.PolicyAgent, instruction: str, elements: Sequence[Element], past: Past
    ) -> Decision:  # fmt: skip
        plain = [msgspec.structs.replace(each, name=_masked(each.name)) for each in elements]
        acted = tuple((role, _masked(name), path) for role, name, path in past.acted)
        seen = frozenset((role, _masked(name), path) for role, name, path in past.seen)
        beside, met = (frozenset(map(_masked, names)) for names in (past.beside, past.met))
        typed = tuple(map(_masked, past.typed))
        known = replace(past, acted=acted, typed=typed, seen=seen, beside=beside, met=met)
        return decide(agent, _masked(instruction), plain, known)

    _change(policy.PolicyAgent, "decide", nameless)


def _masked(text: str) -> str:
    return _NUMBERED.sub(r"<\1>", text)


def changed(episodes: Iterable[Episode], name: str) -> list[Episode]:
    """The demonstrations as the ablation leaves them."""
    if name == "no-paths":
        return [_with(each, [step for step in each.steps if step.kind != "hover"]) for each in episodes]
    if name == "no-placeholders":
        return [
            msgspec.structs.replace(
                _with(each, [_nameless(step) for step in each.steps]), instruction=_masked(each.instruction)
            )
            for each in episodes
        ]
    return list(episodes)


def _with(episode: Episode, steps: list[Step]) -> Episode:
    return msgspec.structs.replace(episode, steps=tuple(steps))


def _nameless(step: Step) -> Step:
    target = step.target
    return msgspec.structs.replace(
        step,
        text=_masked(step.text),
        target=None if target is None else msgspec.structs.replace(target, name=_masked(target.name)),
        elements=tuple(msgspec.structs.replace(each, name=_masked(each.name)) for each in step.elements),
    )


def chosen() -> str:
    """What this process was started with."""
    return os.environ.get(VARIABLE, "")
