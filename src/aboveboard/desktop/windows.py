"""Windows of an X display: which is in front, which lies under a point, whose they are. Knows no policy.

Kept current by the server's own events. What can't be found out is None or empty, never a guess.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from Xlib import X
from Xlib import display as xdisplay
from Xlib import error as xerror

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import I32, Box, MemoryOnly

WINDOWS_MAX = 256
TITLE_CHARS_MAX = 1000


@dataclass(frozen=True, slots=True, repr=False)
class Window(MemoryOnly):
    """A top-level window. app: lower-case WM_CLASS class; pid as the program claims it; box on the screen."""

    number: int
    app: str | None
    pid: int | None
    title: str
    box: Box


class Windows:
    """Not for several threads at once. Call `update` before looking."""

    def __init__(self, display: str) -> None:
        try:
            self._display = xdisplay.Display(display)
        except Exception as error:  # the library raises many kinds; each means the same to the caller
            raise Unavailable(f"the display {display} can't be opened: is it running, and XAUTHORITY set?") from error
        self._root = self._display.screen().root
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask | X.PropertyChangeMask)
        self._atoms = {
            name: self._display.intern_atom(name)
            for name in ("_NET_ACTIVE_WINDOW", "_NET_WM_NAME", "_NET_WM_PID", "UTF8_STRING", "WM_STATE")
        }
        self._watched: set[int] = set()
        self._top_down: list[Window] = []
        self._active: Window | None = None
        self._refresh()

    def close(self) -> None:
        self._display.close()

    def fileno(self) -> int:
        """Readable when something has changed."""
        return int(self._display.fileno())

    @property
    def active(self) -> Window | None:
        """The window with the keyboard, as the window manager says."""
        return self._active

    def update(self) -> bool:
        """Takes in what changed; whether the front window or its title did. Raises Unavailable: the display is gone."""
        try:
            n = self._display.pending_events()
            for _ in range(n):
                self._display.next_event()
            if not n:
                return False
            before = self._active
            self._refresh()
        except (xerror.ConnectionClosedError, OSError) as error:
            raise Unavailable("the display is gone") from error
        return _identity(before) != _identity(self._active)

    def _refresh(self) -> None:
        self._top_down = []
        for frame in reversed(self._root.query_tree().children[-WINDOWS_MAX:]):
            with contextlib.suppress(xerror.BadWindow, xerror.BadDrawable, xerror.BadMatch):
                attributes = frame.get_attributes()
                if attributes.map_state == X.IsViewable and attributes.win_class == X.InputOutput:
                    self._top_down.append(self._describe(frame))
        number = self._number(self._root, "_NET_ACTIVE_WINDOW")
        self._active = next((each for each in self._top_down if number and each.number == number), None)

    def _describe(self, frame: Any) -> Window:
        geometry = frame.get_geometry()
        box = (int(geometry.x), int(geometry.y), int(geometry.width), int(geometry.height))
        client = self._client(frame, depth=3) or frame
        if client.id not in self._watched and len(self._watched) < 16 * WINDOWS_MAX:
            client.change_attributes(event_mask=X.PropertyChangeMask)  # titles change
            self._watched.add(client.id)
        names = client.get_wm_class()
        app = names[1].lower() if names and names[1] else None
        return Window(int(client.id), app, self._number(client, "_NET_WM_PID"), self._title(client), box)

    def _client(self, window: Any, depth: int) -> Any:
        """The program's own window inside a window manager's frame: the one with WM_STATE."""
        if window.get_full_property(self._atoms["WM_STATE"], X.AnyPropertyType) is not None:
            return window
        if depth == 0:
            return None
        for child in window.query_tree().children:
            if (found := self._client(child, depth - 1)) is not None:
                return found
        return None

    def _title(self, client: Any) -> str:
        found = client.get_full_property(self._atoms["_NET_WM_NAME"], self._atoms["UTF8_STRING"])
        if found is not None:
            return bytes(found.value).decode("utf-8", errors="replace")[:TITLE_CHARS_MAX]
        name = client.get_wm_name()
        if isinstance(name, bytes):
            name = name.decode("latin-1")
        return (name or "")[:TITLE_CHARS_MAX]

    def _number(self, window: Any, atom: str) -> int | None:
        found = window.get_full_property(self._atoms[atom], X.AnyPropertyType)
        return int(found.value[0]) if found is not None and len(found.value) else None

    def at(self, x: int, y: int) -> Window | None:
        """The topmost window at a point; None for the bare screen."""
        place = int(self.which(np.array([x], dtype=np.int32), np.array([y], dtype=np.int32))[0])
        return self._top_down[place] if place >= 0 else None

    def which(self, x: I32, y: I32) -> I32:
        """For each of n points the place of its topmost window, for `window`; -1 for the bare screen. Shape (n,)."""
        found = np.full(len(x), -1, dtype=np.int32)
        for place in range(len(self._top_down) - 1, -1, -1):
            left, top, width, height = self._top_down[place].box
            found[(x >= left) & (x < left + width) & (y >= top) & (y < top + height)] = place
        return found

    def window(self, place: int) -> Window | None:
        return self._top_down[place] if place >= 0 else None


def _identity(window: Window | None) -> tuple[object, ...]:
    return () if window is None else (window.number, window.title)
