"""What of a window's picture is its own: where its program has drawn since the picture was new, and its shape."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Bools: TypeAlias = npt.NDArray[np.bool_]
Rectangle: TypeAlias = tuple[int, int, int, int]
SETTLED_S = 0.5


@dataclass(slots=True)
class Fresh:
    """A window whose picture is new, or was moved about in before it was drawn: it may show what was there before it.

    drawn: bool (height, width), where something was drawn since; only that is taken. alive_s: when the program was
    first seen to draw in it (a window manager draws the frame): soon after that it has drawn all it was asked for.
    """

    drawn: Bools
    alive_s: float | None = None

    @property
    def whole(self) -> bool:
        settled = self.alive_s is not None and time.monotonic() - self.alive_s > SETTLED_S
        return settled or bool(self.drawn.all())


@dataclass(slots=True)
class Tracked:
    """A child of the root window.

    size: with borders. dirty: it has drawn since pixels were taken. told: the display has said that it drew, and was
    not asked yet what; asked_s: when it was. pending: what it drew, not taken yet. picture: counts its pictures, of
    which one is new when it is shown or changes its size. client: the program's window in it, itself if there is none.
    """

    damage: int
    size: tuple[int, int]
    client: int
    dirty: bool = True
    told: bool = False
    asked_s: float = 0.0
    pending: list[Rectangle] = field(default_factory=list)
    picture: int = 0
    fresh: Fresh | None = None


def mark(drawn: Bools, where: Rectangle, value: bool) -> None:
    """What lies outside is left out."""
    x, y, width, height = where
    drawn[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)] = value


def shaped(shape: Any, width: int, height: int) -> Bools | None:
    """Outside of a window's shape its picture holds what was there before it. shape: the display's answer."""
    rectangles = [(r.x, r.y, r.width, r.height) for r in shape.rectangles]
    if len(rectangles) == 1:
        x, y, w, h = rectangles[0]
        if x <= 0 and y <= 0 and x + w >= width + min(x, 0) and y + h >= height + min(y, 0):
            return None
    inside = np.zeros((height, width), dtype=np.bool_)
    # Rectangles count from inside the border, which a shaped window has none of.
    for x, y, w, h in rectangles:
        inside[max(y, 0) : max(y + h, 0), max(x, 0) : max(x + w, 0)] = True
    return inside


def both(one: Bools | None, other: Bools | None) -> Bools | None:
    """None stands for everywhere."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return (
        one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3] and other[1] < one[1] + one[3]
    )  # fmt: skip
