"""Windows and elements of Windows, by user32 and UI Automation (comtypes). See native.Desk."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from pathlib import PureWindowsPath
from typing import Any

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import Box, ObservedElement
from aboveboard.desktop.accessibility import origin_of
from aboveboard.recorder.platform.native import NativeWindow
from aboveboard.recorder.platform.windows.automation import address, element, visible

assert sys.platform == "win32"  # noqa: S101  # tells the type checker which names there are

from ctypes import wintypes  # noqa: E402

GA_ROOT = 2
PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
UIA_VALUE_PATTERN, TREE_SCOPE_CHILDREN = 10002, 2
_user32 = ctypes.WinDLL("user32")
_kernel32 = ctypes.WinDLL("kernel32")
_user32.GetForegroundWindow.restype = wintypes.HWND
_user32.WindowFromPoint.restype = wintypes.HWND
_user32.WindowFromPoint.argtypes = [wintypes.POINT]
_user32.GetAncestor.restype = wintypes.HWND
_kernel32.OpenProcess.restype = wintypes.HANDLE


class _Node:
    """One IUIAutomationElement, its properties read once. See automation.Node."""

    def __init__(self, raw: Any, automation: Any) -> None:
        self._raw, self._automation = raw, automation
        self.control_type = int(raw.CurrentControlType)
        self.name = str(raw.CurrentName or "")
        area = raw.CurrentBoundingRectangle
        width, height = area.right - area.left, area.bottom - area.top
        self.box: Box | None = (area.left, area.top, width, height) if width > 0 and height > 0 else None
        self.is_password = bool(raw.CurrentIsPassword)
        self.is_enabled = bool(raw.CurrentIsEnabled)
        self.is_offscreen = bool(raw.CurrentIsOffscreen)
        self.has_focus = bool(raw.CurrentHasKeyboardFocus)
        self.is_focusable = bool(raw.CurrentIsKeyboardFocusable)
        labelled = raw.CurrentLabeledBy
        self.label = str(labelled.CurrentName or "") if labelled else ""
        pattern = None if self.is_password else raw.GetCurrentPattern(UIA_VALUE_PATTERN)
        value = pattern.QueryInterface(automation.value_interface) if pattern else None
        self.value = str(value.CurrentValue or "") if value else ""
        self.is_read_only = bool(value.CurrentIsReadOnly) if value else False

    def children(self) -> Sequence[_Node]:
        found = self._raw.FindAll(TREE_SCOPE_CHILDREN, self._automation.everything)
        return [_Node(found.GetElement(number), self._automation) for number in range(found.Length)]


class _Automation:
    def __init__(self) -> None:
        """Raises Unavailable without comtypes or without UI Automation."""
        try:
            import comtypes.client

            module = comtypes.client.GetModule("UIAutomationCore.dll")
            self.root: Any = comtypes.client.CreateObject(
                "{ff48dba4-60ef-4201-aa87-54103eef594e}", interface=module.IUIAutomation
            )
        except (ImportError, OSError) as error:
            raise Unavailable(f"UI Automation can't be used: {error}; nothing is recorded") from error
        self.value_interface = module.IUIAutomationValuePattern
        self.everything = self.root.CreateTrueCondition()


class WindowsDesk:
    """One thread: the one that made it (COM)."""

    def __init__(self) -> None:
        self._automation = _Automation()

    def at(self, x: int, y: int) -> NativeWindow | None:
        return self._window(_user32.GetAncestor(_user32.WindowFromPoint(wintypes.POINT(x, y)), GA_ROOT))

    def active(self) -> NativeWindow | None:
        return self._window(_user32.GetForegroundWindow())

    def _window(self, handle: int | None) -> NativeWindow | None:
        if not handle:
            return None
        area = wintypes.RECT()
        if not _user32.GetWindowRect(handle, ctypes.byref(area)):
            return None
        title = ctypes.create_unicode_buffer(1000)
        _user32.GetWindowTextW(handle, title, 1000)
        box = (area.left, area.top, area.right - area.left, area.bottom - area.top)
        return NativeWindow(int(handle), _program_of(handle), title.value, box)

    def site(self, window: NativeWindow) -> str | None:
        root = self._node(lambda: self._automation.root.ElementFromHandle(window.number))
        return None if root is None else self._tried(lambda: origin_of(address(root)))

    def element_at(self, x: int, y: int) -> ObservedElement | None:
        return element(self._node(lambda: self._automation.root.ElementFromPoint(wintypes.POINT(x, y))))

    def focused(self) -> ObservedElement | None:
        return element(self._node(lambda: self._automation.root.GetFocusedElement()))

    def visible(self, window: NativeWindow) -> tuple[ObservedElement, ...]:
        root = self._node(lambda: self._automation.root.ElementFromHandle(window.number))
        return () if root is None else self._tried(lambda: visible(root)) or ()

    def _node(self, ask: Any) -> _Node | None:
        raw = self._tried(ask)
        return None if not raw else self._tried(lambda: _Node(raw, self._automation))

    @staticmethod
    def _tried(ask: Any) -> Any:
        """A program that has gone or does not answer: unknown."""
        try:
            return ask()
        except Exception:  # noqa: BLE001  # whatever COM raises, nothing is known then
            return None


def _program_of(handle: int) -> str | None:
    """ "chrome" for C:\\...\\chrome.exe; None when the system does not say."""
    number = wintypes.DWORD()
    _user32.GetWindowThreadProcessId(handle, ctypes.byref(number))
    process = _kernel32.OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, False, number)
    if not process:
        return None
    try:
        size = wintypes.DWORD(1024)
        path = ctypes.create_unicode_buffer(size.value)
        if not _kernel32.QueryFullProcessImageNameW(process, 0, path, ctypes.byref(size)):
            return None
        return PureWindowsPath(path.value).stem.lower() or None
    finally:
        _kernel32.CloseHandle(process)
