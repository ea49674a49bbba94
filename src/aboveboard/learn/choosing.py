"""One decision by a trained policy: the likeliest of everything that is not ruled out."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aboveboard.learn.model import ABSENT, Policy, Scores, collate
from aboveboard.learn.scene import I64, NAME_WORDS_MAX
from aboveboard.learn.sight import Sight


class Choice(NamedTuple):
    """The likeliest of each head, as indices; the span: first and last of `start`'s positions, within one text."""

    kind: int
    element: int
    place: int
    goal: int
    goal_place: int
    amount: int
    first: int
    last: int
    case: int
    key: int


RuledOut = tuple[tuple[int, int], ...]  # kinds with elements, or -1 for all of a kind


def judge(policy: Policy, sight: Sight, ruled_out: RuledOut = ()) -> Choice:
    """One decision, without gradients."""
    with torch.inference_mode():
        scores = Scores(*(each[0] for each in policy(collate([sight]))))
        for kind, element in ruled_out:
            if element < 0:
                scores.kind[kind] = ABSENT
            else:
                scores.element[element, kind] = ABSENT
    kind = int(scores.kind.argmax())
    element = int(scores.element[:, kind].argmax())
    first, last = _likeliest_span(scores.start, scores.end, sight.parts)
    onto = scores.goal.clone()
    onto[element] = ABSENT  # nothing is dragged onto itself
    goal = int(onto.argmax())
    return Choice(
        kind, element, int(scores.place[element].argmax()), goal, int(scores.goal_place[goal].argmax()),
        int(scores.amount.argmax()), first, last,
        int(scores.case.argmax()), int(scores.key.argmax()),
    )  # fmt: skip


def _likeliest_span(start: Tensor, end: Tensor, parts: I64) -> tuple[int, int]:
    """First and last of the positions (w + n K) within one text for which the sum of both is greatest; of the
    instruction, within one of its parts (w,)."""
    best, found, w = ABSENT, (0, 0), len(parts)
    apart = torch.from_numpy(parts[:, None] != parts[None, :])
    for size, at, until in ((w, 0, w), (NAME_WORDS_MAX, w, len(start))):
        sums = start[at:until].view(-1, size, 1) + end[at:until].view(-1, 1, size)  # (texts, size, size)
        backwards = torch.ones(size, size).tril(-1) > 0
        sums = sums.masked_fill(backwards if at else backwards | apart, ABSENT)
        if sums.numel() and (value := float(sums.max())) > best:
            text, rest = divmod(int(sums.argmax()), size * size)
            best, found = value, (at + text * size + rest // size, at + text * size + rest % size)
    return found


def use_threads(n: int) -> None:
    """How many threads a decision may use: several processes share the cores."""
    torch.set_num_threads(n)
