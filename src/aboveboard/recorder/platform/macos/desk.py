"""Windows and elements of macOS, by Quartz, AppKit and AX (pyobjc). See native.Desk."""

from __future__ import annotations

from typing import Any

from aboveboard.core.events import Box, ObservedElement
from aboveboard.desktop.accessibility import origin_of
from aboveboard.recorder.platform.macos.elements import address, element, visible, window_at, window_of
from aboveboard.recorder.platform.macos.tap import Framework
from aboveboard.recorder.platform.native import NativeWindow

ANSWER_S_MAX = 0.2  # a program that hangs is unknown, and delays nothing longer
_NORMAL_LAYER = 0


class AxTree:
    """See elements.Tree."""

    def __init__(self, services: Framework) -> None:
        self._ax = services
        self.system: Any = services.AXUIElementCreateSystemWide()
        services.AXUIElementSetMessagingTimeout(self.system, ANSWER_S_MAX)

    def attribute(self, node: Any, name: str) -> Any:
        error, value = self._ax.AXUIElementCopyAttributeValue(node, name, None)
        return None if error else value

    def box(self, node: Any) -> Box | None:
        place, size = self.attribute(node, "AXPosition"), self.attribute(node, "AXSize")
        if place is None or size is None:
            return None
        known, point = self._ax.AXValueGetValue(place, self._ax.kAXValueCGPointType, None)
        measured, area = self._ax.AXValueGetValue(size, self._ax.kAXValueCGSizeType, None)
        return (int(point.x), int(point.y), int(area.width), int(area.height)) if known and measured else None

    def settable(self, node: Any) -> bool:
        error, answer = self._ax.AXUIElementIsAttributeSettable(node, "AXValue", None)
        return not error and bool(answer)

    def at(self, x: int, y: int) -> Any:
        error, node = self._ax.AXUIElementCopyElementAtPosition(self.system, float(x), float(y), None)
        return None if error else node

    def application(self, pid: int) -> Any:
        node = self._ax.AXUIElementCreateApplication(pid)
        self._ax.AXUIElementSetMessagingTimeout(node, ANSWER_S_MAX)
        return node


class MacDesk:
    """One thread."""

    def __init__(self, quartz: Framework, services: Framework, appkit: Framework) -> None:
        self._quartz, self._appkit = quartz, appkit
        self._tree = AxTree(services)
        self._owners: dict[int, int] = {}  # window -> process, of what was listed last

    def at(self, x: int, y: int) -> NativeWindow | None:
        return window_at(self._listed(), x, y, self._apps())

    def active(self) -> NativeWindow | None:
        front = self._appkit.NSWorkspace.sharedWorkspace().frontmostApplication()
        if front is None:
            return None
        pid, apps = int(front.processIdentifier()), self._apps()
        own = (each for each in self._listed() if int(each["kCGWindowOwnerPID"]) == pid)
        first = next((each for each in own if int(each.get("kCGWindowLayer", 0)) == _NORMAL_LAYER), None)
        return None if first is None else window_of(first, apps)

    def _listed(self) -> Any:
        q = self._quartz
        options = q.kCGWindowListOptionOnScreenOnly | q.kCGWindowListExcludeDesktopElements
        listed = q.CGWindowListCopyWindowInfo(options, q.kCGNullWindowID) or ()
        self._owners = {int(each["kCGWindowNumber"]): int(each["kCGWindowOwnerPID"]) for each in listed}
        return listed

    def _apps(self) -> dict[int, str]:
        running = self._appkit.NSWorkspace.sharedWorkspace().runningApplications()
        return {int(each.processIdentifier()): str(each.bundleIdentifier()).lower()
                for each in running if each.bundleIdentifier()}  # fmt: skip

    def _root(self, window: NativeWindow) -> Any:
        """The front window's node; None when it is not the window that is meant."""
        pid = self._owners.get(window.number)
        node = None if pid is None else self._tree.attribute(self._tree.application(pid), "AXFocusedWindow")
        return node if node is not None and self._tree.box(node) == window.box else None

    def site(self, window: NativeWindow) -> str | None:
        root = self._root(window)
        return None if root is None else origin_of(address(self._tree, root))

    def element_at(self, x: int, y: int) -> ObservedElement | None:
        return element(self._tree, self._tree.at(x, y))

    def focused(self) -> ObservedElement | None:
        return element(self._tree, self._tree.attribute(self._tree.system, "AXFocusedUIElement"))

    def visible(self, window: NativeWindow) -> tuple[ObservedElement, ...]:
        root = self._root(window)
        return () if root is None else visible(self._tree, root)
