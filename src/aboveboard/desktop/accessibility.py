"""What a person can see and act on in one window, as the accessibility bus tells it. Knows no policy.

The recorder keeps what this gives, redacted; an agent acts on what this gives, redacted: the same function for both.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from aboveboard.core.events import MemoryOnly, ObservedElement, Snapshot
from aboveboard.core.overlays import FLOATING, OVERLAY
from aboveboard.desktop.atspi import (
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
from aboveboard.desktop.foresight import Foresight
from aboveboard.desktop.overlays import Overlays
from aboveboard.desktop.seen import POPUP, Read, box_of, is_kept, visible
from aboveboard.desktop.walk import Pages, read_actions, read_values, walk

READ_S_MAX = 0.8
APPLICATIONS_MAX = 64
WINDOWS_MAX = 32
FOCUSABLE_MAX = 200  # of more it is no quicker to ask each than to read all

_FOCUSABLE = frozenset({"focusable", "focused", "editable"})
_HAS_IT = frozenset({"focused", "showing"})


@dataclass(frozen=True, slots=True, repr=False)
class Page(MemoryOnly):
    """A snapshot with the address of its document; None for what is no browser's page or does not say."""

    snapshot: Snapshot
    url: str | None
    is_document: bool = False  # of a browser
    torn: bool = False  # something of it went while it was being read


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
        self._asks = Foresight(self.bus)
        self._pages = Pages(self._asks)
        self._overlays = Overlays(self.bus)
        self._page: Page | None = None  # read last
        self._applications: dict[int, Node] = {}  # by process
        self._stale = True
        self._focusable: tuple[tuple[int, str | None], list[Read]] = ((0, None), [])  # of the window read last

    def close(self) -> None:
        self.bus.close()

    def has(self, pid: int) -> bool:
        """Whether the process is an accessible application, as far as is known; see `look_anew`."""
        return self._application(pid) is not None

    def name_of(self, pid: int) -> str | None:
        """Of the process on the bus, as far as is known; see `look_anew`."""
        application = self._application(pid)
        return None if application is None else application[0]

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
        deadline = time.monotonic() + READ_S_MAX
        same = self._asks.begin((pid, title), READ_S_MAX)
        try:
            # What lies on top is asked of the toolkit's hit test, which is in no answer of before.
            if same and self._page is not None and not self._overlays.asked:
                snapshot = Snapshot(time.time_ns() // 1000, self._page.snapshot.elements, self._page.snapshot.focused)
                return replace(self._page, snapshot=snapshot, torn=False)
            self._page, self._overlays.asked = None, False
            self._page = self._read(application, pid, title, deadline)
            return self._page
        finally:
            self._asks.end()

    def _read(self, application: Node, pid: int, title: str | None, deadline: float) -> Page | None:
        [frames] = self._asks.calls([(application, CHILDREN)])
        if frames is None:  # it is gone, or does not answer
            del self._applications[pid]
            self.look_anew()
        frame = self._choose(frames or [], title)
        if frame is None:
            return None
        document = self._pages.document(frame, deadline)
        walked = walk(self._asks, document or frame, deadline)
        if walked is None:
            return None
        nodes, torn = walked
        url = None
        if document is None:
            nodes += self._popups(frames or [], frame, deadline)
        else:
            [answer] = self._asks.calls([(document, URI)])
            url = answer or None
            read_actions(self._asks, nodes, deadline)
            self._float(document, nodes)
        able = [read for read in nodes if not _FOCUSABLE.isdisjoint(read.states)]
        self._focusable = (pid, title), able
        elements, focused = visible(nodes)
        snapshot = Snapshot(time.time_ns() // 1000, elements, focused)
        return Page(snapshot, url, is_document=document is not None, torn=torn)

    def field(self, pid: int, title: str | None = None) -> ObservedElement | None:
        """The field that had the focus when this window was read last, with what stands in it now: one question to the
        program. None when it has the focus no more, or was none to write in."""
        window, able = self._focusable
        had = [read for read in able if {"focused", "editable"} <= read.states] if window == (pid, title) else []
        if len(had) != 1:
            return None
        [read] = had
        forms = (STATE, ROLE, NAME, EXTENTS, CONTENT, COUNT)
        state, role, name, extents, value, chars = self.bus.calls([(read.node, form) for form in forms], READ_S_MAX)
        states = states_of(state or ())
        if not {"editable", *_HAS_IT} <= states or role != read.role or extents is None or (chars and not value):
            return None
        found = replace(
            read, states=states, children=[], name=str(name or ""), box=box_of(extents), value=str(value or "")
        )
        return visible([found])[1]

    def focused(self, pid: int, title: str | None = None) -> ObservedElement | None:
        """What has the focus now, among what could have it when this window was read last: a few calls instead of a
        whole tree. None when nothing of that has it, or it has become something else: then the window is to be read."""
        window, able = self._focusable
        if window != (pid, title) or not 0 < len(able) <= FOCUSABLE_MAX:
            return None
        deadline = time.monotonic() + READ_S_MAX
        found: list[Read] = []
        for read, answer in zip(able, self.bus.calls([(read.node, STATE) for read in able], READ_S_MAX), strict=True):
            states = states_of(answer or ())
            if states >= _HAS_IT:
                found.append(replace(read, states=states, children=[], value=""))
        asked = [(read.node, form) for read in found for form in (ROLE, NAME, EXTENTS)]
        answers = self.bus.calls(asked, max(deadline - time.monotonic(), 0.01))
        for i, read in enumerate(found):
            role, name, extents = answers[3 * i : 3 * i + 3]
            if role != read.role or extents is None:
                return None
            read.name, read.box = str(name or ""), box_of(extents)
        read_values(self.bus, found, deadline)
        return visible(found)[1]

    def _popups(self, frames: list[Node], frame: Node, deadline: float) -> list[Read]:
        """What stands in windows without a frame, such as a context menu; nothing when there is no time left."""
        others = [(place, each) for place, each in enumerate(frames[:WINDOWS_MAX]) if each != frame]
        roles = self._asks.calls([(each, ROLE) for _, each in others], max(deadline - time.monotonic(), 0.01))
        found: list[Read] = []
        for (place, each), role in zip(others, roles, strict=True):
            if role == "window":
                walked = walk(self._asks, each, deadline)
                for read in walked.nodes if walked is not None else []:
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
        document = self._pages.document(frame, time.monotonic() + READ_S_MAX)
        [answer] = self.bus.calls([(document, URI)]) if document is not None else [None]
        return answer or None

    def _choose(self, frames: list[Node], title: str | None) -> Node | None:
        if len(frames) <= 1 or title is None:
            return next(iter(frames), None)
        names = self._asks.calls([(frame, NAME) for frame in frames])
        matching = [frame for frame, name in zip(frames, names, strict=True) if name and name == title]
        return matching[0] if len(matching) == 1 else None  # two windows of one title: we don't know which

    def _float(self, document: Node, found: list[Read]) -> None:
        """Marks what lies over the rest of a page."""
        area = found[0].box
        kept = [read for read in found if is_kept(read, area) and read.role not in OVERLAY]
        for root in self._overlays.roots(document, found, kept):
            for read in kept:
                if read.path[: len(root)] == root:
                    read.states |= {FLOATING}
