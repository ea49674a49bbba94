"""The few functions of user32 and kernel32 that capture calls, and the thread that hears WM_INPUT.

Raw Input with RIDEV_INPUTSINK: unlike a low-level hook it is no part of the way that input takes, so it can delay
nothing and Windows never drops it for being slow.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time

from aboveboard.core.errors import Corrupt, Unavailable
from aboveboard.recorder.platform.native import Feed
from aboveboard.recorder.platform.windows.rawinput import HEADER, Decoder

assert sys.platform == "win32"  # noqa: S101  # tells the type checker which names there are

from ctypes import wintypes  # noqa: E402

WM_INPUT, WM_QUIT, WM_INPUTLANGCHANGE = 0x00FF, 0x0012, 0x0051
RIDEV_INPUTSINK, RIDEV_REMOVE = 0x100, 0x1
RID_INPUT = 0x10000003
HWND_MESSAGE = -3
DONT_CHANGE_STATE = 1 << 2  # ToUnicodeEx, Windows 10 1607 and later
PER_MONITOR_AWARE_V2 = -4
START_S_MAX = 5.0
_user32 = ctypes.WinDLL("user32", use_last_error=True)
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_WINDOW_PROCEDURE = ctypes.WINFUNCTYPE(ctypes.c_ssize_t, wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)
_user32.DefWindowProcW.restype = ctypes.c_ssize_t
_user32.DefWindowProcW.argtypes = [wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM]
_user32.CreateWindowExW.restype = wintypes.HWND
_user32.GetForegroundWindow.restype = wintypes.HWND
_user32.GetKeyboardLayout.restype = wintypes.HKL
_user32.GetMessageTime.restype = wintypes.LONG


class _WindowClass(ctypes.Structure):
    _fields_ = (
        ("style", wintypes.UINT), ("procedure", _WINDOW_PROCEDURE), ("class_extra", ctypes.c_int),
        ("window_extra", ctypes.c_int), ("instance", wintypes.HINSTANCE), ("icon", wintypes.HICON),
        ("cursor", wintypes.HANDLE), ("background", wintypes.HBRUSH), ("menu", wintypes.LPCWSTR),
        ("name", wintypes.LPCWSTR),
    )  # fmt: skip


class _RawInputDevice(ctypes.Structure):
    _fields_ = (("page", wintypes.USHORT), ("usage", wintypes.USHORT), ("flags", wintypes.DWORD),
                ("window", wintypes.HWND))  # fmt: skip


class WindowsApi:
    """See rawinput.Api."""

    def __init__(self) -> None:
        self._offset_us, self._base_ms = time.time_ns() // 1000, int(_kernel32.GetTickCount()) & 0xFFFFFFFF

    def cursor(self) -> tuple[int, int]:
        point = wintypes.POINT()
        _user32.GetCursorPos(ctypes.byref(point))
        return int(point.x), int(point.y)

    def message_us(self) -> int:
        """The 32-bit counter wraps every 49.7 days."""
        since = (int(_user32.GetMessageTime()) - self._base_ms + (1 << 31)) % (1 << 32) - (1 << 31)
        return self._offset_us + since * 1000

    def text(self, virtual_key: int, scan_code: int, held: frozenset[int]) -> str | None:
        states = (ctypes.c_ubyte * 256)()
        for key in held:
            if key < 256:
                states[key] = 0x80
                states[{0xA0: 0x10, 0xA1: 0x10, 0xA2: 0x11, 0xA3: 0x11, 0xA4: 0x12, 0xA5: 0x12}.get(key, key)] = 0x80
        states[0x14] = int(_user32.GetKeyState(0x14)) & 1  # Caps Lock is on
        states[0x90] = int(_user32.GetKeyState(0x90)) & 1
        thread = _user32.GetWindowThreadProcessId(_user32.GetForegroundWindow(), None)
        layout = _user32.GetKeyboardLayout(thread)
        buffer = ctypes.create_unicode_buffer(8)
        n = int(_user32.ToUnicodeEx(virtual_key, scan_code, states, buffer, 8, DONT_CHANGE_STATE, layout))
        return None if n < 0 else buffer.value[:n]


class WindowsInput:
    """Hears all input of the session until close()."""

    def __init__(self, feed: Feed) -> None:
        """Raises Unavailable when Windows refuses."""
        self._feed, self._decoder = feed, Decoder(WindowsApi())
        self._procedure = _WINDOW_PROCEDURE(self._handle)  # kept: Windows calls it as long as the window is there
        self._ready, self._thread_number, self._problem = threading.Event(), 0, ""
        self._thread = threading.Thread(target=self._run, name="raw-input", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_S_MAX) or self._problem:
            raise Unavailable(f"Windows gives no raw input: {self._problem or 'no answer'}; nothing is recorded")

    def close(self) -> None:
        _user32.PostThreadMessageW(self._thread_number, WM_QUIT, 0, 0)
        self._thread.join(2.0)

    def _run(self) -> None:
        try:
            _user32.SetThreadDpiAwarenessContext(ctypes.c_ssize_t(PER_MONITOR_AWARE_V2))
            self._thread_number = int(_kernel32.GetCurrentThreadId())
            window = self._window()
            self._register(window, RIDEV_INPUTSINK)
        except OSError as error:
            self._problem = str(error)
            self._ready.set()
            return
        self._ready.set()
        message = wintypes.MSG()
        while _user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            _user32.DispatchMessageW(ctypes.byref(message))
        self._register(None, RIDEV_REMOVE)
        _user32.DestroyWindow(window)
        self._feed.lose("the input source was closed")

    def _window(self) -> int:
        described = _WindowClass(procedure=self._procedure, name="AboveboardRawInput")
        if not _user32.RegisterClassW(ctypes.byref(described)):
            raise ctypes.WinError(ctypes.get_last_error())
        above = wintypes.HWND(HWND_MESSAGE)
        window = _user32.CreateWindowExW(0, described.name, None, 0, 0, 0, 0, 0, above, None, None, None)
        if not window:
            raise ctypes.WinError(ctypes.get_last_error())
        return int(window)

    def _register(self, window: int | None, flags: int) -> None:
        devices = (_RawInputDevice * 2)(
            _RawInputDevice(1, 2, flags, window),
            _RawInputDevice(1, 6, flags, window),  # a mouse, a keyboard
        )
        if not _user32.RegisterRawInputDevices(devices, 2, ctypes.sizeof(_RawInputDevice)):
            raise ctypes.WinError(ctypes.get_last_error())

    def _handle(self, window: int, message: int, w: int, l: int) -> int:  # noqa: E741
        if message == WM_INPUT:
            self._take(l)
        return int(_user32.DefWindowProcW(window, message, w, l))

    def _take(self, handle: int) -> None:
        size = wintypes.UINT(0)
        where = wintypes.HANDLE(handle)
        _user32.GetRawInputData(where, RID_INPUT, None, ctypes.byref(size), HEADER.size)
        data = ctypes.create_string_buffer(size.value)
        if _user32.GetRawInputData(where, RID_INPUT, data, ctypes.byref(size), HEADER.size) != size.value:
            self._feed.lose("Windows gave a raw input that can't be read")
            return
        try:
            for event in self._decoder.decode(data.raw):
                self._feed.put(event)
        except Corrupt as error:
            self._feed.lose(str(error))
