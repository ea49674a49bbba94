"""AX elements as ours, and windows in their order on the screen. Pure over `Tree` and the window list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aboveboard.core.events import Box, ObservedElement
from aboveboard.recorder.platform.native import NativeWindow

NODES_MAX = 1500
# AXRole (AXRoleConstants.h) -> AT-SPI's role of the same thing
ROLES = {
    "AXButton": "push button", "AXCheckBox": "check box", "AXRadioButton": "radio button", "AXPopUpButton": "combo box",
    "AXComboBox": "combo box", "AXTextField": "entry", "AXTextArea": "entry", "AXLink": "link", "AXImage": "image",
    "AXStaticText": "static", "AXMenu": "menu", "AXMenuBar": "menu bar", "AXMenuBarItem": "menu item",
    "AXMenuItem": "menu item", "AXMenuButton": "push button", "AXTabGroup": "page tab list", "AXRow": "table row",
    "AXCell": "table cell", "AXTable": "table", "AXOutline": "tree", "AXList": "list", "AXSlider": "slider",
    "AXIncrementor": "spin button", "AXScrollBar": "scroll bar", "AXGroup": "panel", "AXToolbar": "tool bar",
    "AXWindow": "frame", "AXWebArea": "document web", "AXHeading": "heading", "AXProgressIndicator": "progress bar",
    "AXDisclosureTriangle": "toggle button", "AXDateField": "date editor",
}  # fmt: skip
SECURE = "AXSecureTextField"


class Tree(Protocol):
    """node: an AXUIElementRef, of which nothing else is known here."""

    def attribute(self, node: Any, name: str) -> Any:
        """AXUIElementCopyAttributeValue; None for none, or when the program does not answer in time."""
        ...

    def box(self, node: Any) -> Box | None:
        """AXPosition and AXSize, unpacked."""
        ...

    def settable(self, node: Any) -> bool:
        """Whether AXValue can be set: AXUIElementIsAttributeSettable."""
        ...


def element(tree: Tree, node: Any, path: tuple[int, ...] = ()) -> ObservedElement | None:
    """None for what has no place. Of a secure field there is no value."""
    box = None if node is None else tree.box(node)
    if box is None or box[2] <= 0 or box[3] <= 0:
        return None
    kind, part = tree.attribute(node, "AXRole"), tree.attribute(node, "AXSubrole")
    role = "password text" if SECURE in (kind, part) else ROLES.get(str(kind), "unknown")
    if part == "AXTabButton":
        role = "page tab"
    label = tree.attribute(node, "AXTitleUIElement")
    value = None if role == "password text" else tree.attribute(node, "AXValue")
    states = {
        "enabled": bool(tree.attribute(node, "AXEnabled")), "focused": bool(tree.attribute(node, "AXFocused")),
        "editable": role in ("entry", "password text", "date editor") and tree.settable(node),
        "selected": bool(tree.attribute(node, "AXSelected")), "showing": True,
    }  # fmt: skip
    name = str(tree.attribute(node, "AXTitle") or tree.attribute(node, "AXDescription") or "")
    if not name and role == "static":
        name = str(value or "")
    return ObservedElement(
        role, name, box, frozenset(each for each, holds in states.items() if holds), path,
        "" if label is None else str(tree.attribute(label, "AXValue") or tree.attribute(label, "AXTitle") or ""),
        value if isinstance(value, str) else "",
    )  # fmt: skip


def visible(tree: Tree, root: Any) -> tuple[ObservedElement, ...]:
    """Depth first, at most NODES_MAX; only what lies in the window."""
    frame = tree.box(root)
    if frame is None:
        return ()
    found: list[ObservedElement] = []
    waiting: list[tuple[Any, tuple[int, ...]]] = [(root, ())]
    seen = 0
    while waiting and seen < NODES_MAX:
        node, path = waiting.pop()
        seen += 1
        here = element(tree, node, path)
        if here is not None and not _touches(here.box, frame):
            continue
        if here is not None:
            found.append(here)
        children: Sequence[Any] = tree.attribute(node, "AXChildren") or ()
        waiting += [(child, (*path, number)) for number, child in reversed(list(enumerate(children)))]
    return tuple(found)


def _touches(one: Box, other: Box) -> bool:
    return (one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
            and one[1] < other[1] + other[3] and other[1] < one[1] + one[3])  # fmt: skip


def address(tree: Tree, root: Any) -> str | None:
    """The URL of the page a browser's window shows: AXURL of its first web area."""
    waiting, seen = [root], 0
    while waiting and seen < NODES_MAX:
        node = waiting.pop(0)
        seen += 1
        if tree.attribute(node, "AXRole") == "AXWebArea":
            url = tree.attribute(node, "AXURL")
            return None if url is None else str(url)
        waiting += tree.attribute(node, "AXChildren") or ()
    return None


def window_at(listed: Sequence[Mapping[str, Any]], x: int, y: int, app_of: Mapping[int, str]) -> NativeWindow | None:
    """listed: CGWindowListCopyWindowInfo, front to back; app_of: a process' bundle, in small letters.

    Whatever lies on top has the point, also a panel of the system's: then that is what it belongs to.
    """
    for each in listed:
        window = window_of(each, app_of)
        left, top, width, height = window.box
        if each.get("kCGWindowAlpha", 1) and left <= x < left + width and top <= y < top + height:
            return window
    return None


def window_of(listed: Mapping[str, Any], app_of: Mapping[int, str]) -> NativeWindow:
    bounds = listed["kCGWindowBounds"]
    box = (int(bounds["X"]), int(bounds["Y"]), int(bounds["Width"]), int(bounds["Height"]))
    app = app_of.get(int(listed["kCGWindowOwnerPID"]))
    # Names of other programs' windows need the permission for the screen; without it there is no title.
    return NativeWindow(int(listed["kCGWindowNumber"]), app, str(listed.get("kCGWindowName") or ""), box)
