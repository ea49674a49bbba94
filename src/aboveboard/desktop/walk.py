"""Reads the nodes of a tree, level by level, within a budget of time; and finds a browser's page among them."""

from __future__ import annotations

import time
from typing import NamedTuple

from aboveboard.desktop.atspi import (
    ACTION,
    CHILDREN,
    CONTENT,
    COUNT,
    EXTENTS,
    NAME,
    ROLE,
    STATE,
    VALUE_CHARS_MAX,
    Node,
    content,
    states_of,
)
from aboveboard.desktop.foresight import Asks
from aboveboard.desktop.seen import Read, box_of

NODES_MAX = 1500
DEPTH_MAX = 40
_OF_EACH = (ROLE, NAME, STATE, CHILDREN, EXTENTS)
# What holds no page, however much else it holds; and what mostly holds what does not show.
_NO_PAGE_IN = frozenset({"menu bar", "menu", "menu item", "tool bar", "status bar", "text", "combo box"})
_FOLDED = frozenset({"menu", "menu item", "combo box"})


class Pages:
    """Where a browser keeps its page. Not for several threads at once."""

    def __init__(self, asks: Asks) -> None:
        self._asks = asks
        self._way: list[Node] = []  # from a frame to the document found in it last

    def document(self, frame: Node, deadline: float) -> Node | None:
        """The first showing document below a frame, breadth first; browsers keep it a few levels down. Where it hung
        last it is looked for first: to look everywhere costs more than to read what stands in it."""
        if self._way[:1] == [frame] and self._still_there(deadline):
            return self._way[-1]
        above: dict[Node, Node] = {}
        self._way, level = [], [frame]
        for depth in range(DEPTH_MAX):
            if not level or time.monotonic() > deadline:
                return None
            asked = [(node, form) for form in (ROLE, STATE, CHILDREN) for node in level]
            answers = self._asks.calls(asked, max(deadline - time.monotonic(), 0.01))
            n = len(level)
            roles, states, children = answers[:n], answers[n : 2 * n], answers[2 * n :]
            following: list[Node] = []
            for node, role, state, inside in zip(level, roles, states, children, strict=True):
                if _is_page(role, state):
                    self._way = [node]
                    while self._way[0] != frame:
                        self._way.insert(0, above[self._way[0]])
                    return node
                if inside and (depth == 0 or (role not in _NO_PAGE_IN and "showing" in states_of(state or ()))):
                    above |= {each: node for each in inside if each not in above and each != frame}
                    following += inside
            level = following[:NODES_MAX]
        return None

    def _still_there(self, deadline: float) -> bool:
        """Whether the document hangs where it hung, each in the one above it. A page that was left may go on to answer
        as if it showed."""
        asked = [(node, CHILDREN) for node in self._way[:-1]]
        asked += [(self._way[-1], ROLE), (self._way[-1], STATE)]
        *children, role, state = self._asks.calls(asked, max(deadline - time.monotonic(), 0.01))
        below = zip(self._way[1:], children, strict=True)
        return _is_page(role, state) and all(inside and each in inside for each, inside in below)


class Walked(NamedTuple):
    """Every node that shows, parents before children. torn: one went while it was being read."""

    nodes: list[Read]
    torn: bool


def walk(asks: Asks, root: Node, deadline: float) -> Walked | None:
    """None when the budget ran out: half a tree misleads."""
    first = Read(root, (), None)
    found: list[Read] = []
    torn = False
    level = [first]
    while level:
        if len(found) + len(level) > NODES_MAX or time.monotonic() > deadline:
            return None
        level = _unfolded(asks, level, deadline)
        asked = [(read.node, form) for read in level for form in _OF_EACH]
        answers = asks.calls(asked, max(deadline - time.monotonic(), 0.01))
        following: list[Read] = []
        for i, read in enumerate(level):
            role, name, state, children, extents = answers[5 * i : 5 * i + 5]
            if role is None or state is None:
                torn = True
                continue
            read.role, read.states, read.name = role, states_of(state), str(name or "")
            if extents is not None:
                read.box = box_of(extents)
            if read.parent is not None and "showing" not in read.states:
                continue
            found.append(read)
            read.children = children or []
            if len(read.path) < DEPTH_MAX:
                following += [Read(node, (*read.path, k), read) for k, node in enumerate(read.children)]
        level = following
    read_values(asks, found, deadline)
    return None if time.monotonic() > deadline else Walked(found, torn)


def _unfolded(asks: Asks, level: list[Read], deadline: float) -> list[Read]:
    """Without what is in a menu or the like that is closed: one question instead of all."""
    asked = [read for read in level if read.parent is not None and read.parent.role in _FOLDED]
    if not asked:
        return level
    answers = asks.calls([(read.node, STATE) for read in asked], max(deadline - time.monotonic(), 0.01))
    hidden = {read.path for read, state in zip(asked, answers, strict=True) if "showing" not in states_of(state or ())}
    return [read for read in level if read.path not in hidden]


def read_actions(asks: Asks, found: list[Read], deadline: float) -> None:
    """Which boxes are controls of a page's own making, such as a list that shows nothing chosen yet: those that
    take a click themselves, and that nothing else would show."""
    saying: set[tuple[int, ...]] = set()
    for read in found:
        if read.name.strip():
            saying.update(read.path[:n] for n in range(len(read.path) + 1))
    silent = [r for r in found if r.role == "section" and r.children and r.path not in saying and r.box[2] > 0]
    asked = [(read.node, ACTION) for read in silent]
    for read, action in zip(silent, asks.calls(asked, max(deadline - time.monotonic(), 0.01)), strict=True):
        read.acts = action == "click"


def read_values(asks: Asks, found: list[Read], deadline: float) -> None:
    """What stands in fields, so that redaction can tell a field's name from its content."""
    fields = [read for read in found if "editable" in read.states]
    asked = [(read.node, CONTENT) for read in fields]
    for read, answer in zip(fields, asks.calls(asked, max(deadline - time.monotonic(), 0.01)), strict=True):
        read.value = answer or ""
    silent = [read for read in fields if not read.value]
    counts = asks.calls([(read.node, COUNT) for read in silent], max(deadline - time.monotonic(), 0.01))
    for read, count in zip(silent, counts, strict=True):
        if isinstance(count, int) and count > 0:
            asked = [(read.node, content(min(count, VALUE_CHARS_MAX)))]
            [answer] = asks.calls(asked, max(deadline - time.monotonic(), 0.01))
            read.value = answer or ""


def _is_page(role: str | None, state: tuple[int, ...] | None) -> bool:
    return role == "document web" and "showing" in states_of(state or ())
