"""How well reconstructed actions agree with what was really done, for scripted sessions whose truth is known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from aboveboard.core.events import Box
from aboveboard.datasets.vocabulary import PLACEHOLDER, POINTER_KINDS, Action

NOT_IN_TRUTH = frozenset({"hover", "wait", "done"})
SLACK_US = 400_000
EDGE_PX = 2
SAME_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Truth:
    """One action as it was done: box of the element meant, on the screen, all zeros for none; times in µs since 1970.

    name: of that element, "" for any; modifiers: of a key, None for any; end: of a drag; dx, dy: notches, 0 for any.
    """

    kind: str
    box: Box
    text: str
    key: str
    start_us: int
    end_us: int
    name: str = ""
    modifiers: tuple[str, ...] | None = None
    end: tuple[int, int] | None = None
    dx: int = 0
    dy: int = 0


@dataclass(slots=True)
class Agreement:
    """matched of total; exact: matched by kind; confusion[truth kind][found kind]; misses in words, without content."""

    matched: int = 0
    total: int = 0
    exact: Counter[str] = field(default_factory=Counter)
    confusion: dict[str, Counter[str]] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.matched / self.total if self.total else 0.0


def same_text(recorded: str, typed: str) -> bool:
    """Equal, or equal where placeholders stand for anything."""
    pattern = "".join(
        ".+" if PLACEHOLDER.fullmatch(part) else re.escape(part) for part in PLACEHOLDER.split(recorded) if part
    )
    return re.fullmatch(pattern, typed, re.DOTALL) is not None


def why_not(action: Action, truth: Truth) -> str:
    """ "" when the action is the true one, else what differs."""
    if action.kind != truth.kind:
        return f"{action.kind} for {truth.kind}"
    if truth.kind in POINTER_KINDS:
        x, y, width, height = truth.box
        inside = action.x is not None and action.y is not None and (
            x - EDGE_PX <= action.x < x + width + EDGE_PX and y - EDGE_PX <= action.y < y + height + EDGE_PX
        )  # fmt: skip
        if not inside:
            return "another place"
        if action.element is None:
            return "no element"
    elif truth.kind in ("wait", "done") or action.element is None or not any(truth.box):
        return _other_content(action, truth)
    if not _overlap(action.element.box, truth.box):
        return "another element"
    if truth.name and not same_text(action.element.name.strip(), truth.name):
        return "an element of another name"
    return _other_content(action, truth)


def _other_content(action: Action, truth: Truth) -> str:
    if truth.kind == "type" and not same_text(action.text, truth.text):
        return "another text"
    if truth.kind in ("key", "hotkey"):
        if action.key != truth.key:
            return "another key"
        if truth.modifiers is not None and tuple(sorted(action.modifiers)) != truth.modifiers:
            return "other modifiers"
    if truth.kind == "drag" and truth.end is not None:
        off = max(abs((action.end_x or 0) - truth.end[0]), abs((action.end_y or 0) - truth.end[1]))
        return "another end" if off > EDGE_PX else ""
    if truth.kind == "scroll" and (truth.dx or truth.dy) and (action.dx, action.dy) != (truth.dx, truth.dy):
        return "another way to scroll"
    return ""


def _overlap(one: Box, other: Box) -> bool:
    """Whether they are the same place, give or take a border: intersection over union of SAME_SHARE."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return False
    both = width * height
    return both >= SAME_SHARE * (one[2] * one[3] + other[2] * other[3] - both)


def agreement(actions: Sequence[Action], truths: Sequence[Truth], ignored: frozenset[str] = NOT_IN_TRUTH) -> Agreement:
    """Aligned by time: each true action takes the first action left that begins within its span. What was recorded and
    was not done counts against the total too. ignored: kinds of which the truth says nothing."""
    found = Agreement()
    left = [action for action in sorted(actions, key=lambda a: a.start_us) if action.kind not in ignored]
    for truth in sorted(truths, key=lambda each: each.start_us):
        found.total += 1
        near = [a for a in left if truth.start_us - SLACK_US <= a.start_us <= truth.end_us + SLACK_US]
        best = next((a for a in near if not why_not(a, truth)), near[0] if near else None)
        confusion = found.confusion.setdefault(truth.kind, Counter())
        if best is None:
            confusion["nothing"] += 1
            found.misses.append(f"{truth.kind} not found")
            continue
        left.remove(best)
        confusion[best.kind] += 1
        if reason := why_not(best, truth):
            found.misses.append(reason)
        else:
            found.matched += 1
            found.exact[truth.kind] += 1
    if truths:
        begin, end = min(t.start_us for t in truths), max(t.end_us for t in truths)
        for extra in left:
            if begin <= extra.start_us <= end:
                found.total += 1
                found.confusion.setdefault("nothing", Counter())[extra.kind] += 1
                found.misses.append(f"{extra.kind} that was not done")
    return found
