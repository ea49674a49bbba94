"""Actions as values, the pointer's path, and the holes that no action may touch."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from aboveboard.core.events import I32, I64, Element

KINDS: Final = (
    "click", "double_click", "triple_click", "right_click", "middle_click", "drag", "scroll",
    "type", "key", "hotkey", "hover", "wait", "done",
)  # fmt: skip
POINTER_KINDS: Final = frozenset(KINDS[:7]) | {"hover"}
PLACEHOLDER: Final = re.compile(r"(<[A-Z_]+(?:_\d+)?>)")  # a split by it keeps what it found


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Pointer samples, three arrays of shape (n,), t in µs since the Unix epoch and never falling."""

    t_us: I64
    x: I32
    y: I32

    def between(self, after_us: int, until_us: int) -> Path:
        """Samples with after_us < t <= until_us."""
        first, last = self.t_us.searchsorted(after_us, "right"), self.t_us.searchsorted(until_us, "right")
        return Path(self.t_us[first:last], self.x[first:last], self.y[first:last])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Path):
            return NotImplemented
        pairs = ((self.t_us, other.t_us), (self.x, other.x), (self.y, other.y))
        return all(np.array_equal(mine, theirs) for mine, theirs in pairs)

    __hash__ = None  # type: ignore[assignment]  # arrays have none


NO_PATH: Final = Path(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))


class Action(msgspec.Struct, frozen=True):
    """One gesture. Times in µs since the Unix epoch, places in screen pixels, `window` is (x, y, width, height).

    element: what was acted on; element_guessed: the recorder named none, so it was hit-tested in the scene.
    scene_index: which of the given events is the scene before the action, -1 when not known; elements: what it holds.
    path: pointer samples since the action before, until the button is let go. text: for "done" the outcome.
    sources: which of the given events made this, without scene and path.
    """

    kind: str
    start_us: int
    end_us: int
    x: int | None = None
    y: int | None = None
    button: int = 0
    element: Element | None = None
    element_guessed: bool = False
    scene_index: int = -1
    elements: tuple[Element, ...] = ()
    text: str = ""
    key: str = ""
    modifiers: tuple[str, ...] = ()
    end_x: int | None = None
    end_y: int | None = None
    dx: int = 0
    dy: int = 0
    app: str = ""
    site: str | None = None
    window: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()
    path: Path = NO_PATH


@dataclass(frozen=True, slots=True)
class Dropped:
    """A gesture that is no action: a press without release or the reverse, or one that touches a gap."""

    t_us: int
    why: str


class Gaps:
    """Spans of time in which nothing was kept, merged and sorted."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        merged: list[tuple[int, int]] = []
        for start_us, end_us in sorted(spans):
            if merged and start_us <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end_us))
            else:
                merged.append((start_us, end_us))
        self.spans: Final = tuple(merged)
        self._ends = [end_us for _, end_us in merged]

    def touch(self, start_us: int, end_us: int) -> bool:
        """Whether [start, end] and a gap share more than a border; an instant inside a gap touches it too."""
        first = bisect_right(self._ends, start_us)
        return first < len(self.spans) and self.spans[first][0] < end_us

    def last_end_until(self, t_us: int) -> int:
        """The end of the last gap that is over by `t_us`, -1 when there is none."""
        count = bisect_right(self._ends, t_us)
        return self._ends[count - 1] if count else -1


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Actions by start, what was dropped, the gaps, and every pointer sample."""

    actions: tuple[Action, ...]
    dropped: tuple[Dropped, ...]
    gaps: Gaps
    pointer: Path
