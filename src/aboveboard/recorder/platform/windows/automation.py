"""UI Automation's elements as ours. `Node` is what is used of IUIAutomationElement; pure over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aboveboard.core.events import Box, ObservedElement

NODES_MAX = 1500
# UIA_*ControlTypeId (UIAutomationClient.h) -> AT-SPI's role of the same thing
ROLES = {
    50000: "push button", 50001: "calendar", 50002: "check box", 50003: "combo box", 50004: "entry", 50005: "link",
    50006: "image", 50007: "list item", 50008: "list", 50009: "menu", 50010: "menu bar", 50011: "menu item",
    50012: "progress bar", 50013: "radio button", 50014: "scroll bar", 50015: "slider", 50016: "spin button",
    50017: "status bar", 50018: "page tab list", 50019: "page tab", 50020: "static", 50021: "tool bar",
    50022: "tool tip", 50023: "tree", 50024: "tree item", 50025: "unknown", 50026: "panel", 50027: "scroll bar",
    50028: "table", 50029: "table cell", 50030: "document web", 50031: "split pane", 50032: "frame", 50033: "panel",
    50034: "table column header", 50035: "table column header", 50036: "table", 50037: "title bar", 50038: "separator",
}  # fmt: skip
DOCUMENT = 50030


class Node(Protocol):
    """box: physical pixels; None for one that is not on the screen. value: of its Value pattern."""

    control_type: int
    name: str
    box: Box | None
    is_password: bool
    is_enabled: bool
    is_offscreen: bool
    has_focus: bool
    is_focusable: bool
    is_read_only: bool
    label: str
    value: str

    def children(self) -> Sequence[Node]: ...


def element(node: Node | None, path: tuple[int, ...] = ()) -> ObservedElement | None:
    """None for what is not on the screen. Of a password there is no value, not even its length."""
    if node is None or node.box is None or node.is_offscreen or node.box[2] <= 0 or node.box[3] <= 0:
        return None
    role = "password text" if node.is_password else ROLES.get(node.control_type, "unknown")
    states = {
        "enabled": node.is_enabled, "focused": node.has_focus, "focusable": node.is_focusable,
        "editable": role in ("entry", "password text") and not node.is_read_only, "showing": True,
    }  # fmt: skip
    return ObservedElement(
        role, node.name, node.box, frozenset(name for name, holds in states.items() if holds), path, node.label,
        "" if node.is_password else node.value,
    )  # fmt: skip


def visible(root: Node) -> tuple[ObservedElement, ...]:
    """Depth first; at most NODES_MAX, and what is not on the screen is not gone into."""
    found: list[ObservedElement] = []
    waiting: list[tuple[Node, tuple[int, ...]]] = [(root, ())]
    seen = 0
    while waiting and seen < NODES_MAX:
        node, path = waiting.pop()
        seen += 1
        here = element(node, path)
        if here is None and path:
            continue
        if here is not None:
            found.append(here)
        waiting += [(child, (*path, number)) for number, child in reversed(list(enumerate(node.children())))]
    return tuple(found)


def address(root: Node) -> str | None:
    """The URL of the page a browser's window shows: the value of its first document, as Chromium and Firefox say it."""
    waiting, seen = [root], 0
    while waiting and seen < NODES_MAX:
        node = waiting.pop(0)
        seen += 1
        if node.control_type == DOCUMENT and not node.is_offscreen:
            return node.value or None
        waiting += node.children()
    return None
