"""What each simulated person does, and what goes wrong for them: from a seed, the same every time. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, TypeAlias

# join: enrols, consents, brings both shares. send: the next segment. The others are the person's own word.
Deed: TypeAlias = Literal["join", "send", "withdraw", "opt_out", "delete_last", "delete_all"]
# twice: the answer got lost, so it comes again. torn: the connection ends half way. early: before the one it follows.
# garbled: the bytes are not what their digest says.
Trouble: TypeAlias = Literal["", "twice", "torn", "early", "garbled"]

TROUBLE_SHARE: dict[Trouble, float] = {"twice": 0.04, "torn": 0.02, "early": 0.03, "garbled": 0.01}
WORD_SHARE: dict[Deed, float] = {"withdraw": 0.01, "opt_out": 0.01, "delete_last": 0.01, "delete_all": 0.005}
WRONG_CLOCK_SHARE = 0.05
WRONG_CLOCK_S_MAX = 3 * 86_400
PAUSE_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Step:
    """at_s: seconds of simulated time from the beginning."""

    at_s: float
    deed: Deed
    trouble: Trouble = ""


@dataclass(frozen=True, slots=True)
class Script:
    """One person's. steps: in order of time; clock_s: how far their laptop's clock is off."""

    steps: tuple[Step, ...]
    clock_s: int


def _pick(rng: random.Random, shares: dict[Trouble, float]) -> Trouble:
    draw = rng.random()
    for name, share in shares.items():
        draw -= share
        if draw < 0:
            return name
    return ""


def script(seed: int, number: int, hours: float, segments: int) -> Script:
    """Of person `number`: joins within the first half, sends `segments` segments, and may say a word of their own."""
    rng = random.Random(f"{seed}/{number}")  # noqa: S311  # reproducible on purpose
    whole_s = hours * 3600
    joined_s = rng.uniform(0, whole_s / 2)
    times = sorted(rng.uniform(joined_s, whole_s) for _ in range(segments))
    steps = [Step(joined_s, "join"), *(Step(each, "send", _pick(rng, TROUBLE_SHARE)) for each in times)]
    for deed, share in WORD_SHARE.items():
        if rng.random() < share:
            steps.append(Step(rng.uniform(times[-1] if times else joined_s, whole_s), deed))
    wrong = rng.random() < WRONG_CLOCK_SHARE
    clock_s = rng.randint(-WRONG_CLOCK_S_MAX, WRONG_CLOCK_S_MAX) if wrong else 0
    return Script(tuple(sorted(steps, key=lambda step: step.at_s)), clock_s)
