"""What of a tree a person sees: named or interactive elements within the window, and the one with the focus."""

from __future__ import annotations

from dataclasses import dataclass, field

from aboveboard.core.events import Box, MemoryOnly, ObservedElement
from aboveboard.desktop.atspi import Node

INTERACTIVE = frozenset(
    {"push button", "button", "toggle button", "check box", "radio button", "combo box", "entry", "password text"}
    | {"link", "list item", "menu", "menu item", "check menu item", "radio menu item", "page tab", "slider"}
    | {"spin button", "text", "tree item", "table cell", "option", "switch", "list box", "date editor", "document web"}
)
TEXT_INSIDE = frozenset({"static", "text leaf", "label"})
_NEVER = frozenset({"document web", "frame", "application", "scroll bar", "redundant object", "unknown"})
# Toolkits' own boxes, as large as what they hold; without a name they are nothing to a person.
_LAYOUT = frozenset(
    {"filler", "panel", "viewport", "layered pane", "root pane", "glass pane", "scroll pane", "split pane"}
)
POPUP = 1 << 20  # paths in a window that pops up begin with this and its place among the program's windows


@dataclass(slots=True, repr=False)
class Read(MemoryOnly):
    """One node while its tree is being read."""

    node: Node
    path: tuple[int, ...]
    parent: Read | None
    role: str = ""
    name: str = ""
    box: Box = (0, 0, 0, 0)
    states: frozenset[str] = frozenset()
    children: list[Node] = field(default_factory=list)
    value: str = ""
    acts: bool = False  # nobody named it and nothing in it is named, yet it is there to be clicked


def box_of(extents: tuple[int, int, int, int]) -> Box:
    x, y, width, height = extents
    # Hidden items report positions of -2**31.
    return (x, y, width, height) if x > -(1 << 30) and width > 0 and height > 0 else (0, 0, 0, 0)


def inside(box: Box, other: Box) -> bool:
    x, y = box[0] + box[2] // 2, box[1] + box[3] // 2
    return other[0] <= x < other[0] + other[2] and other[1] <= y < other[1] + other[3]


def visible(nodes: list[Read]) -> tuple[tuple[ObservedElement, ...], ObservedElement | None]:
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
        if is_kept(read, area):
            kept.append(element)
    return tuple(kept), focused


def is_kept(read: Read, area: Box) -> bool:
    popped = bool(read.path) and read.path[0] >= POPUP
    if read.role in _NEVER or read.box[2] == 0 or not (popped or inside(read.box, area)):
        return False
    return not _says_nothing_new(read)


def _says_nothing_new(read: Read) -> bool:
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
