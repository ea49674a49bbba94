"""What a person can see and act on in one window, as the accessibility bus tells it. Knows no policy.

The recorder keeps what this gives, redacted; an agent acts on what this gives, redacted: the same function for both.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from aboveboard.core.events import Box, MemoryOnly, ObservedElement, Snapshot
from aboveboard.core.overlays import FLOATING, OVERLAY
from aboveboard.desktop.atspi import (
    ACTION,
    CHILDREN,
    CONTENT,
    COUNT,
    EXTENTS,
    NAME,
    ROLE,
    ROOT,
    STATE,
    URI,
    VALUE_CHARS_MAX,
    Bus,
    Node,
    content,
    states_of,
)
from aboveboard.desktop.overlays import Overlays

NODES_MAX = 1500
READ_S_MAX = 0.8
DEPTH_MAX = 40
APPLICATIONS_MAX = 64
WINDOWS_MAX = 32
FOCUSABLE_MAX = 200  # of more it is no quicker to ask each than to read all

INTERACTIVE = frozenset(
    {"push button", "button", "toggle button", "check box", "radio button", "combo box", "entry", "password text"}
    | {"link", "list item", "menu", "menu item", "check menu item", "radio menu item", "page tab", "slider"}
    | {"spin button", "text", "tree item", "table cell", "option", "switch", "list box", "date editor", "document web"}
)
_OF_EACH = (ROLE, NAME, STATE, CHILDREN, EXTENTS)
TEXT_INSIDE = frozenset({"static", "text leaf", "label"})
_FOCUSABLE = frozenset({"focusable", "focused", "editable"})
_NEVER = frozenset({"document web", "frame", "application", "scroll bar", "redundant object", "unknown"})
# Toolkits' own boxes, as large as what they hold; without a name they are nothing to a person.
_LAYOUT = frozenset(
    {"filler", "panel", "viewport", "layered pane", "root pane", "glass pane", "scroll pane", "split pane"}
)
# What holds no page, however much else it holds; and what mostly holds what does not show.
_NO_PAGE_IN = frozenset({"menu bar", "menu", "menu item", "tool bar", "status bar", "text", "combo box"})
_FOLDED = frozenset({"menu", "menu item", "combo box"})
POPUP = 1 << 20  # paths in a window that pops up begin with this and its place among the program's windows


@dataclass(slots=True, repr=False)
class _Read(MemoryOnly):
    """One node while its tree is being read."""

    node: Node
    path: tuple[int, ...]
    parent: _Read | None
    role: str = ""
    name: str = ""
    box: Box = (0, 0, 0, 0)
    states: frozenset[str] = frozenset()
    children: list[Node] = field(default_factory=list)
    value: str = ""
    acts: bool = False  # nobody named it and nothing in it is named, yet it is there to be clicked


@dataclass(frozen=True, slots=True, repr=False)
class Page(MemoryOnly):
    """A snapshot with the address of its document; None for what is no browser's page or does not say."""

    snapshot: Snapshot
    url: str | None


def origin_of(url: str | None) -> str | None:
    """ "https://host[:port]"; None for addresses without one (file:, about:, data:)."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    try:
        port = parts.port
    except ValueError:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")


class Accessibility:
    """Reads windows' trees. Not for several threads at once: each makes its own."""

    def __init__(self, session_bus: str) -> None:
        self.bus = Bus(session_bus)
        self._overlays = Overlays(self.bus)
        self._applications: dict[int, Node] = {}  # by process
        self._stale = True
        self._way: list[Node] = []  # from a frame to the document found in it last
        self._focusable: tuple[tuple[int, str | None], list[_Read]] = ((0, None), [])  # of the window read last

    def close(self) -> None:
        self.bus.close()

    def has(self, pid: int) -> bool:
        """Whether the process is an accessible application, as far as is known; see `look_anew`."""
        return self._application(pid) is not None

    def look_anew(self) -> None:
        """An application came or went: who is not known is looked for again. Any thread."""
        self._stale = True

    def _application(self, pid: int) -> Node | None:
        known = self._applications.get(pid)
        if known is not None or not self._stale:
            return known
        self._stale = False
        self._applications.clear()
        [listed] = self.bus.calls([(ROOT, CHILDREN)])
        for name, path in (listed or [])[:APPLICATIONS_MAX]:
            found = self.bus.pid_of(name)
            if found is not None:
                self._applications[found] = (name, path)
        return self._applications.get(pid)

    def read(self, pid: int, title: str | None = None) -> Page | None:
        """The visible elements of a process's window: of the page shown, if it is a browser's. None when the program
        has no accessibility or does not answer within the budget. title: of the window, where there are several."""
        application = self._application(pid)
        if application is None:
            return None
        [frames] = self.bus.calls([(application, CHILDREN)])
        if frames is None:  # it is gone, or does not answer
            del self._applications[pid]
            self.look_anew()
        frame = self._choose(frames or [], title)
        if frame is None:
            return None
        deadline = time.monotonic() + READ_S_MAX
        document = self._document(frame, deadline)
        nodes = self._walk(document or frame, deadline)
        if nodes is None:
            return None
        if document is None:
            nodes += self._popups(frames or [], frame, deadline)
        url = None
        if document is not None:
            [answer] = self.bus.calls([(document, URI)])
            url = answer or None
            self._read_actions(nodes, deadline)
            self._float(document, nodes)
        able = [read for read in nodes if not _FOCUSABLE.isdisjoint(read.states)]
        self._focusable = (pid, title), able
        elements, focused = _visible(nodes)
        return Page(Snapshot(time.time_ns() // 1000, elements, focused), url)

    def focused(self, pid: int, title: str | None = None) -> ObservedElement | None:
        """What has the focus now, among what could have it when this window was read last: a few calls instead of a
        whole tree. None when nothing of that has it, or it has become something else: then the window is to be read."""
        window, able = self._focusable
        if window != (pid, title) or not 0 < len(able) <= FOCUSABLE_MAX:
            return None
        deadline = time.monotonic() + READ_S_MAX
        found: list[_Read] = []
        for read, answer in zip(able, self.bus.calls([(read.node, STATE) for read in able], READ_S_MAX), strict=True):
            states = states_of(answer or ())
            if {"focused", "showing"} <= states:
                found.append(replace(read, states=states, children=[], value=""))
        asked = [(read.node, form) for read in found for form in (ROLE, NAME, EXTENTS)]
        answers = self.bus.calls(asked, max(deadline - time.monotonic(), 0.01))
        for i, read in enumerate(found):
            role, name, extents = answers[3 * i : 3 * i + 3]
            if role != read.role or extents is None:
                return None
            read.name, read.box = str(name or ""), _box(extents)
        self._read_values(found, deadline)
        return _visible(found)[1]

    def _popups(self, frames: list[Node], frame: Node, deadline: float) -> list[_Read]:
        """What stands in windows without a frame, such as a context menu; nothing when there is no time left."""
        others = [(place, each) for place, each in enumerate(frames[:WINDOWS_MAX]) if each != frame]
        roles = self.bus.calls([(each, ROLE) for _, each in others], max(deadline - time.monotonic(), 0.01))
        found: list[_Read] = []
        for (place, each), role in zip(others, roles, strict=True):
            if role == "window":
                for read in self._walk(each, deadline) or []:
                    read.path = (POPUP + place, *read.path)
                    found.append(read)
        return found

    def text_at(self, pid: int, path: Sequence[int]) -> str:
        """What stands in an element of the process's first window, by its path; "" when it is gone. Not for the
        recorder: for who stages a task, to see what came of it."""
        application = self._application(pid)
        [frames] = self.bus.calls([(application, CHILDREN)]) if application is not None else [None]
        if not frames:
            return ""
        node = frames[0]
        for place in path:
            [children] = self.bus.calls([(node, CHILDREN)])
            if not children or place >= len(children):
                return ""
            node = children[place]
        [chars] = self.bus.calls([(node, COUNT)])
        [found] = self.bus.calls([(node, content(min(int(chars or 0), VALUE_CHARS_MAX)))])
        return str(found or "")

    def address(self, pid: int, title: str | None = None) -> str | None:
        """Of the document in a process's window, without reading the rest; None when it has none, or does not say."""
        application = self._application(pid)
        [frames] = self.bus.calls([(application, CHILDREN)]) if application is not None else [None]
        frame = self._choose(frames or [], title)
        if frame is None:
            return None
        document = self._document(frame, time.monotonic() + READ_S_MAX)
        [answer] = self.bus.calls([(document, URI)]) if document is not None else [None]
        return answer or None

    def _choose(self, frames: list[Node], title: str | None) -> Node | None:
        if len(frames) <= 1 or title is None:
            return next(iter(frames), None)
        names = self.bus.calls([(frame, NAME) for frame in frames])
        matching = [frame for frame, name in zip(frames, names, strict=True) if name and name == title]
        return matching[0] if len(matching) == 1 else None  # two windows of one title: we don't know which

    def _document(self, frame: Node, deadline: float) -> Node | None:
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
            answers = self.bus.calls(asked, max(deadline - time.monotonic(), 0.01))
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
        *children, role, state = self.bus.calls(asked, max(deadline - time.monotonic(), 0.01))
        below = zip(self._way[1:], children, strict=True)
        return _is_page(role, state) and all(inside and each in inside for each, inside in below)

    def _walk(self, root: Node, deadline: float) -> list[_Read] | None:
        """Every node that shows, parents before children; None when the budget ran out: half a tree misleads."""
        first = _Read(root, (), None)
        found: list[_Read] = []
        level = [first]
        while level:
            if len(found) + len(level) > NODES_MAX or time.monotonic() > deadline:
                return None
            level = self._unfolded(level, deadline)
            asked = [(read.node, form) for read in level for form in _OF_EACH]
            answers = self.bus.calls(asked, max(deadline - time.monotonic(), 0.01))
            following: list[_Read] = []
            for i, read in enumerate(level):
                role, name, state, children, extents = answers[5 * i : 5 * i + 5]
                if role is None or state is None:
                    continue  # gone meanwhile
                read.role, read.states, read.name = role, states_of(state), str(name or "")
                if extents is not None:
                    read.box = _box(extents)
                if read.parent is not None and "showing" not in read.states:
                    continue
                found.append(read)
                read.children = children or []
                if len(read.path) < DEPTH_MAX:
                    following += [_Read(node, (*read.path, k), read) for k, node in enumerate(read.children)]
            level = following
        self._read_values(found, deadline)
        return found

    def _unfolded(self, level: list[_Read], deadline: float) -> list[_Read]:
        """Without what is in a menu or the like that is closed: one question instead of all."""
        asked = [read for read in level if read.parent is not None and read.parent.role in _FOLDED]
        if not asked:
            return level
        answers = self.bus.calls([(read.node, STATE) for read in asked], max(deadline - time.monotonic(), 0.01))
        hidden = {
            read.path for read, state in zip(asked, answers, strict=True) if "showing" not in states_of(state or ())
        }
        return [read for read in level if read.path not in hidden]

    def _read_actions(self, found: list[_Read], deadline: float) -> None:
        """Which boxes are controls of a page's own making, such as a list that shows nothing chosen yet: those that
        take a click themselves, and that nothing else would show."""
        saying: set[tuple[int, ...]] = set()
        for read in found:
            if read.name.strip():
                saying.update(read.path[:n] for n in range(len(read.path) + 1))
        silent = [r for r in found if r.role == "section" and r.children and r.path not in saying and r.box[2] > 0]
        asked = [(read.node, ACTION) for read in silent]
        for read, action in zip(silent, self.bus.calls(asked, max(deadline - time.monotonic(), 0.01)), strict=True):
            read.acts = action == "click"

    def _float(self, document: Node, found: list[_Read]) -> None:
        """Marks what lies over the rest of a page."""
        area = found[0].box
        kept = [read for read in found if _kept(read, area) and read.role not in OVERLAY]
        for root in self._overlays.roots(document, found, kept):
            for read in kept:
                if read.path[: len(root)] == root:
                    read.states |= {FLOATING}

    def _read_values(self, found: list[_Read], deadline: float) -> None:
        """What stands in fields, so that redaction can tell a field's name from its content."""
        fields = [read for read in found if "editable" in read.states]
        asked = [(read.node, CONTENT) for read in fields]
        for read, answer in zip(fields, self.bus.calls(asked, max(deadline - time.monotonic(), 0.01)), strict=True):
            read.value = answer or ""
        silent = [read for read in fields if not read.value]
        counts = self.bus.calls([(read.node, COUNT) for read in silent], max(deadline - time.monotonic(), 0.01))
        for read, count in zip(silent, counts, strict=True):
            if isinstance(count, int) and count > 0:
                asked = [(read.node, content(min(count, VALUE_CHARS_MAX)))]
                [answer] = self.bus.calls(asked, max(deadline - time.monotonic(), 0.01))
                read.value = answer or ""


def _is_page(role: str | None, state: tuple[int, ...] | None) -> bool:
    return role == "document web" and "showing" in states_of(state or ())


def _box(extents: tuple[int, int, int, int]) -> Box:
    x, y, width, height = extents
    # Hidden items report positions of -2**31.
    return (x, y, width, height) if x > -(1 << 30) and width > 0 and height > 0 else (0, 0, 0, 0)


def _inside(box: Box, other: Box) -> bool:
    x, y = box[0] + box[2] // 2, box[1] + box[3] // 2
    return other[0] <= x < other[0] + other[2] and other[1] <= y < other[1] + other[3]


def _visible(nodes: list[_Read]) -> tuple[tuple[ObservedElement, ...], ObservedElement | None]:
    """Named or interactive elements that lie within the document, and the one with the focus."""
    area = nodes[0].box if nodes else (0, 0, 0, 0)
    kept: list[ObservedElement] = []
    focused: ObservedElement | None = None
    for read in nodes:
        element = ObservedElement(read.role, read.name, read.box, read.states, read.path, "", read.value)
        # The page itself has the focus when nothing in it has: then nothing is known about the field.
        # Some toolkits say it of what lies around a field too; the field is where keys go.
        if "focused" in read.states and read.role not in _NEVER | _LAYOUT:
            focused = element if focused is None or "editable" not in focused.states else focused
        if _kept(read, area):
            kept.append(element)
    return tuple(kept), focused


def _kept(read: _Read, area: Box) -> bool:
    popped = bool(read.path) and read.path[0] >= POPUP
    if read.role in _NEVER or read.box[2] == 0 or not (popped or _inside(read.box, area)):
        return False
    return not _says_nothing_new(read)


def _says_nothing_new(read: _Read) -> bool:
    """A container without a name that only holds others, or a text that its parent's name says already."""
    if read.role in TEXT_INSIDE:
        parent = read.parent
        return not read.name.strip() or (
            parent is not None and parent.role in INTERACTIVE and parent.name.strip() == read.name.strip()
        )
    if read.acts or read.role in INTERACTIVE or "focusable" in read.states or "editable" in read.states:
        return False
    if read.role == "section" and read.parent is not None and read.parent.acts:
        return True  # a part of that, which says nothing
    if read.role in _LAYOUT and not read.name.strip():
        return True
    return bool(read.children) or not (read.name.strip() or read.box[2] * read.box[3] > 0)
