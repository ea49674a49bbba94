"""What a person did by not moving: waits, and hovers that opened something.

Both are read from the time between two actions, so they are found last and only where no gap lies between. A hand that
rests is never quite still: what stays within a few pixels counts as rest.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from msgspec.structs import replace

from aboveboard.core.events import Element, Scene
from aboveboard.datasets.hittest import element_at, index_of
from aboveboard.datasets.vocabulary import Action, Gaps, Path

WAIT_US = 3_000_000  # shorter is reading or thinking within one motion
REST_US = 150_000  # hover menus open after 0 to 300 ms
REST_PX = 6
_REST_SQUARED = REST_PX**2
BESIDE_PX = 48  # what opens on a hover opens beside it
OPENING_ROLES = frozenset({"menu", "menu item", "menu bar"})
OPENING_STATES = frozenset({"expandable", "expanded", "has-popup"})
ACTIVE_ROLES = frozenset({"link", "push button", "toggle button", "list item", "page tab", "icon"})


@dataclass(frozen=True, slots=True)
class Rest:
    """The pointer stayed within REST_PX of x, y."""

    start_us: int
    end_us: int
    x: int
    y: int


class _Scenes:
    """Which scene stood when; scenes are given by time."""

    def __init__(self, scenes: Sequence[tuple[int, Scene]]) -> None:
        self._scenes = sorted(scenes, key=lambda pair: pair[1].t_us)
        self._times = [scene.t_us for _, scene in self._scenes]

    def at(self, t_us: int, since_us: int) -> tuple[int, tuple[Element, ...]]:
        place = bisect_right(self._times, t_us) - 1
        if place < 0 or self._times[place] < since_us:
            return -1, ()
        index, scene = self._scenes[place]
        return index, scene.elements


def rests(path: Path, end_us: int) -> Iterator[Rest]:
    """Where the pointer stayed for at least REST_US, in order; the last may last until end_us."""
    if not path.t_us.size:
        return
    t, x, y = path.t_us.tolist(), path.x.tolist(), path.y.tolist()
    begun_us, left, top = t[0], x[0], y[0]
    for i in range(1, len(t)):
        dx, dy = x[i] - left, y[i] - top
        if dx * dx + dy * dy <= _REST_SQUARED:
            continue
        if t[i] - begun_us >= REST_US:
            yield Rest(begun_us, t[i], x[i - 1], y[i - 1])
        begun_us, left, top = t[i], x[i], y[i]
    if end_us - begun_us >= REST_US:
        yield Rest(begun_us, end_us, x[-1], y[-1])


def with_hovers_and_waits(
    actions: Sequence[Action], pointer: Path, gaps: Gaps, scenes: Sequence[tuple[int, Scene]]
) -> list[Action]:
    """`actions` (by start) with the hovers and waits between them put in. scenes: each with its place in the events."""
    out: list[Action] = list(actions[:1])
    known = _Scenes(scenes)
    for before, after in pairwise(actions):
        if before.end_us <= after.start_us and not gaps.touch(before.end_us, after.start_us) and after.kind != "done":
            between = [*_hovers(before, after, known, gaps), *_waits(before, after, pointer)]
            out += sorted(between, key=lambda action: action.start_us)
        out.append(after)
    return sorted(out, key=lambda action: action.start_us)


def _waits(before: Action, after: Action, pointer: Path) -> Iterator[Action]:
    """The stretches between two actions in which nothing moved for WAIT_US."""
    if after.start_us - before.end_us < WAIT_US or _untimed(before):
        return
    path = pointer.between(before.end_us, after.start_us)
    stretches = [(rest.start_us, rest.end_us) for rest in rests(path, after.start_us)]
    first_us = int(path.t_us[0]) if path.t_us.size else after.start_us
    stretches.insert(0, (before.end_us, first_us))
    if len(stretches) > 1 and stretches[1][0] == first_us and _stayed(before, path):
        stretches[:2] = [(before.end_us, stretches[1][1])]
    for start_us, end_us in stretches:
        if end_us - start_us >= WAIT_US:
            yield Action(
                "wait", start_us, end_us, scene_index=before.scene_index, elements=before.elements, app=before.app,
                site=before.site, window=before.window,
            )  # fmt: skip


def _untimed(action: Action) -> bool:
    """Typing of which something was withheld: when it ended is withheld too."""
    return action.kind == "type" and action.end_us == action.start_us and "<" in action.text


def _stayed(before: Action, path: Path) -> bool:
    if before.x is None or before.y is None:
        return True  # the hand was on the keys; the first sample is where the pointer lay
    x, y = (before.end_x, before.end_y) if before.end_x is not None else (before.x, before.y)
    return (int(path.x[0]) - (x or 0)) ** 2 + (int(path.y[0]) - (y or 0)) ** 2 <= REST_PX**2


def _hovers(before: Action, after: Action, known: _Scenes, gaps: Gaps) -> Iterator[Action]:
    """Rests over something that opened, before acting on what was not visible at the action before."""
    if after.element is None or after.scene_index == -1:
        return
    since_us = gaps.last_end_until(before.start_us)
    found: Action | None = None
    way = after.path.between(since_us, after.start_us)
    for rest in rests(way, after.start_us):
        if before.x is not None and before.y is not None and _near(rest, before.x, before.y):
            continue  # still where the last click was
        _, here = known.at(rest.start_us, since_us)
        if (over := element_at(here, rest.x, rest.y)) is None:
            continue
        # Some things open as soon as they are touched, long before a hand rests on them.
        came_us = _came_us(way, rest, over)
        if found is not None and came_us <= found.end_us and _same(found.element, over):
            found = replace(found, end_us=rest.end_us, x=rest.x, y=rest.y)
            continue
        scene_index, seen = known.at(came_us, since_us)
        _, then = known.at(after.start_us, since_us)
        if index_of(after.element, seen) >= 0 and _named(after.element, seen):
            continue  # it was there already: nothing had to open
        element = element_at(seen, rest.x, rest.y)
        if element is None or index_of(element, then) < 0 or not _opened(element, seen, then):
            continue
        if found is not None:
            yield found
        found = Action(
            "hover", rest.start_us, rest.end_us, rest.x, rest.y, element=element, element_guessed=True,
            scene_index=scene_index, elements=seen, app=after.app, site=after.site, window=after.window,
        )  # fmt: skip
    if found is not None:
        yield found


def _came_us(path: Path, rest: Rest, element: Element) -> int:
    """When the pointer came onto what it rests on; when the rest began, if it was there from the first."""
    left, top, width, height = element.box
    last = int(path.t_us.searchsorted(rest.start_us, "right"))
    x, y = path.x[:last], path.y[:last]
    outside = np.flatnonzero((x < left) | (x >= left + width) | (y < top) | (y >= top + height))
    return int(path.t_us[outside[-1]]) if outside.size else rest.start_us


def _same(one: Element | None, other: Element) -> bool:
    return one is not None and (one.role, one.path) == (other.role, other.path)


def _opened(element: Element, seen: Sequence[Element], then: Sequence[Element]) -> bool:
    """Whether something new stands there after the rest that this element may have opened."""
    new = [each for each in then if not _named(each, seen)]
    if element.role in OPENING_ROLES or not OPENING_STATES.isdisjoint(element.states):
        return bool(new)
    return element.role in ACTIVE_ROLES and any(_beside(element, each) for each in new)


def _beside(one: Element, two: Element) -> bool:
    ax, ay, aw, ah = one.box
    bx, by, bw, bh = two.box
    across = ax - BESIDE_PX <= bx + bw and bx <= ax + aw + BESIDE_PX
    return across and ay - BESIDE_PX <= by + bh and by <= ay + ah + BESIDE_PX


def _near(rest: Rest, x: int, y: int) -> bool:
    return (rest.x - x) ** 2 + (rest.y - y) ** 2 <= REST_PX**2


def _named(element: Element, elements: Sequence[Element]) -> bool:
    return any((element.role, element.name) == (other.role, other.name) for other in elements)
