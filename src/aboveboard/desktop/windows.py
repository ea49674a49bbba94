"""Windows of an X display: which is in front, which lies under a point, whose they are. Knows no policy.

Kept current by the server's own events, which carry geometry and stacking: nothing is asked again but what an event
says is another now. What can't be found out is None or empty, never a guess.
"""

from __future__ import annotations

import contextlib
import select
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from Xlib import X
from Xlib import error as xerror

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import I32, Box, MemoryOnly
from aboveboard.desktop.connection import open_display

WINDOWS_MAX = 256
LOOKS_MAX = 4  # at a new window, until its program has said what it is; menus and tooltips never do
TITLE_CHARS_MAX = 1000


@dataclass(frozen=True, slots=True, repr=False)
class Window(MemoryOnly):
    """A top-level window. app: lower-case WM_CLASS class; pid as the program claims it; box on the screen."""

    number: int
    app: str | None
    pid: int | None
    title: str
    box: Box


@dataclass(slots=True, repr=False)
class _Frame(MemoryOnly):
    """A child of the root window. window: None while it is not mapped, or can't be looked at."""

    window: Window | None = None
    client: bool = False  # the program's own window was found in it
    looks: int = 0


class Windows:
    """Not for several threads at once. Call `update` before looking."""

    def __init__(self, display: str, *, told_of_front: bool = False) -> None:
        """told_of_front: `update` is told when _NET_ACTIVE_WINDOW changed, by one who hears of it anyway. At each click
        other properties of the root window change, too, and each would have to be looked at here."""
        try:
            self._display = open_display(display)
        except Exception as error:  # the library raises many kinds; each means the same to the caller
            raise Unavailable(f"the display {display} can't be opened: is it running, and XAUTHORITY set?") from error
        try:
            self._begin(told_of_front=told_of_front)
        except (xerror.ConnectionClosedError, OSError) as error:
            self.close()
            raise Unavailable("the display is gone") from error

    def _begin(self, *, told_of_front: bool) -> None:
        self._root = self._display.screen().root
        properties = 0 if told_of_front else X.PropertyChangeMask
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask | properties)
        self._atoms = {
            name: self._display.intern_atom(name)
            for name in (
                "_NET_ACTIVE_WINDOW",
                "_NET_WM_NAME",
                "_NET_WM_PID",
                "UTF8_STRING",
                "WM_CLASS",
                "WM_NAME",
                "WM_STATE",
            )
        }
        # Properties of a program's window that say what it is.
        kinds = {"_NET_WM_NAME": "title", "WM_NAME": "title", "WM_CLASS": "", "_NET_WM_PID": "", "WM_STATE": ""}
        self._told_by = {self._display.intern_atom(name): what for name, what in kinds.items()}
        self._watched: set[int] = set()
        self._order: list[int] = []  # children of the root, lowest first, mapped or not
        self._frames: dict[int, _Frame] = {}
        self._top_down: list[Window] = []
        self._active: Window | None = None
        self._active_number: int | None = None
        self._more = True
        self._refresh()

    def close(self) -> None:
        with contextlib.suppress(xerror.ConnectionClosedError, OSError):  # the display may be gone already
            self._display.close()

    def fileno(self) -> int:
        """Readable when something has changed."""
        return int(self._display.fileno())

    @property
    def active(self) -> Window | None:
        """The window with the keyboard, as the window manager says."""
        return self._active

    def update(self, *, front: bool = False) -> bool:
        """Takes in what changed; whether the front window or its title did. front: _NET_ACTIVE_WINDOW may be another.
        Raises Unavailable: the display is gone."""
        try:
            # Events that came with answers lie here already; anything else makes the socket readable.
            if not front and not self._more and not select.select([self._display.fileno()], [], [], 0)[0]:
                return False
            before = self._active
            # All of them first: what is asked for below brings new ones, which the next call takes in.
            events = [self._display.next_event() for _ in range(self._display.pending_events())]
            changed = any([self._take(event) for event in events])  # noqa: C419  each of them
            if not changed and not front:
                self._more = False
                return False
            if front:
                self._active_number = self._number(self._root, "_NET_ACTIVE_WINDOW")
            if changed:
                self._look_again()
            self._arrange()
            if self._active_number and self._active is None:
                self._refresh()  # an order of events that was not foreseen
            self._more = self._display.pending_events() > 0
        except (xerror.ConnectionClosedError, OSError) as error:
            raise Unavailable("the display is gone") from error
        return _identity(before) != _identity(self._active)

    # ------------------------------------------------------------ events

    def _take(self, event: Any) -> bool:
        """Whether it can have changed anything."""
        if event.type & 0x80 or getattr(event, "send_event", False):
            return False  # by another program, to the window manager: not what the server did
        match event.type:
            case X.PropertyNotify:
                return self._property(int(event.window.id), int(event.atom))
            case X.CreateNotify:
                self._raise(int(event.window.id))
            case X.DestroyNotify:
                self._drop(int(event.window.id))
            case X.MapNotify:
                self._look(int(event.window.id))
            case X.UnmapNotify:
                self._frames[int(event.window.id)] = _Frame()
            case X.ReparentNotify:
                if event.parent.id == self._root.id:
                    self._raise(int(event.window.id))
                    self._look(int(event.window.id))
                else:
                    self._drop(int(event.window.id))
                    self._unknown_again()
            case X.ConfigureNotify:
                self._configure(event)
            case X.CirculateNotify:
                self._raise(int(event.window.id), on_top=event.place == X.PlaceOnTop)
        return True

    def _drop(self, number: int) -> None:
        self._frames.pop(number, None)
        if number in self._order:
            self._order.remove(number)

    def _raise(self, number: int, *, on_top: bool = True) -> None:
        if number in self._order:
            self._order.remove(number)
        self._order.insert(len(self._order) if on_top else 0, number)

    def _configure(self, event: Any) -> None:
        number, below = int(event.window.id), getattr(event.above_sibling, "id", event.above_sibling)
        if number in self._order:
            self._order.remove(number)
        # A sibling that is not known went away meanwhile; its own event follows, and the window is under none of ours.
        above = self._order.index(below) + 1 if below in self._order else len(self._order) if below else 0
        self._order.insert(above, number)
        frame = self._frames.get(number)
        if frame is not None and frame.window is not None:
            box = (int(event.x), int(event.y), int(event.width), int(event.height))
            frame.window = replace(frame.window, box=box)

    def _property(self, number: int, atom: int) -> bool:
        if number == self._root.id:
            if atom != self._atoms["_NET_ACTIVE_WINDOW"]:
                return False  # at each click others change: lists of windows, selections
            self._active_number = self._number(self._root, "_NET_ACTIVE_WINDOW")
            return True
        if atom not in self._told_by:
            return False  # toolkits note the time of each key and click in one
        for frame_number, frame in self._frames.items():
            window = frame.window
            if window is not None and window.number == number:
                if self._told_by[atom] == "title" and frame.client:
                    self._retitle(frame, window)
                else:
                    self._look(frame_number)
                return True
        if atom == self._atoms["WM_STATE"]:
            self._unknown_again()
        return True

    def _unknown_again(self) -> None:
        """A window manager that was busy: whose a frame is can be seen only now."""
        for frame in self._frames.values():
            frame.looks = 0 if not frame.client else frame.looks

    # ------------------------------------------------------------ looking

    def _refresh(self) -> None:
        """Everything anew."""
        self._order = [int(child.id) for child in self._root.query_tree().children[-WINDOWS_MAX:]]
        self._frames = {}
        for number in self._order:
            self._look(number)
        self._active_number = self._number(self._root, "_NET_ACTIVE_WINDOW")
        self._arrange()

    def _look(self, number: int) -> None:
        looks = self._frames[number].looks + 1 if number in self._frames else 1
        frame = self._frames[number] = _Frame(looks=looks)
        if len(self._frames) > WINDOWS_MAX:
            del self._frames[next(iter(self._frames))]
        with contextlib.suppress(xerror.XError):  # gone, or not what it was: not looked at, so nothing of it is kept
            window = self._display.create_resource_object("window", number)
            attributes = window.get_attributes()
            if attributes.map_state == X.IsViewable and attributes.win_class == X.InputOutput:
                frame.window, frame.client = self._describe(window)

    def _retitle(self, frame: _Frame, window: Window) -> None:
        frame.window = None
        with contextlib.suppress(xerror.XError):
            title = self._title(self._display.create_resource_object("window", window.number))
            frame.window = replace(window, title=title)

    def _look_again(self) -> None:
        """At windows whose program had not said yet what they are."""
        for number, frame in list(self._frames.items()):
            if frame.window is not None and not frame.client and frame.looks < LOOKS_MAX:
                self._look(number)

    def _arrange(self) -> None:
        frames = (self._frames.get(number) for number in reversed(self._order))
        self._top_down = [frame.window for frame in frames if frame is not None and frame.window is not None]
        number = self._active_number
        self._active = next((each for each in self._top_down if number and each.number == number), None)

    def _describe(self, frame: Any) -> tuple[Window, bool]:
        """The window, and whether the program's own was found in it."""
        geometry = frame.get_geometry()
        box = (int(geometry.x), int(geometry.y), int(geometry.width), int(geometry.height))
        found = self._client(frame, depth=3)
        client = found or frame
        named = self._read(client, "WM_CLASS")
        names = bytes(named.value if named is not None else b"").decode("latin-1").split("\0")
        app = names[1].lower() if len(names) > 1 and names[1] else None
        number = self._number(client, "_NET_WM_PID")
        return Window(int(client.id), app, number, self._title(client), box), found is not None

    def _client(self, window: Any, depth: int) -> Any:
        """The program's own window inside a window manager's frame: the one with WM_STATE, which may come later."""
        if window.id not in self._watched and len(self._watched) < 16 * WINDOWS_MAX:
            window.change_attributes(event_mask=X.PropertyChangeMask)  # titles change, too
            self._watched.add(window.id)
        if window.get_full_property(self._atoms["WM_STATE"], X.AnyPropertyType) is not None:
            return window
        if depth == 0:
            return None
        for child in window.query_tree().children:
            if (found := self._client(child, depth - 1)) is not None:
                return found
        return None

    def _title(self, client: Any) -> str:
        utf8 = self._atoms["UTF8_STRING"]
        found = self._read(client, "_NET_WM_NAME", utf8) or self._read(client, "WM_NAME")
        if found is None:
            return ""
        coding = "utf-8" if found.property_type == utf8 else "latin-1"
        return bytes(found.value).decode(coding, errors="replace")[:TITLE_CHARS_MAX]

    def _read(self, window: Any, atom: str, kind: int = X.AnyPropertyType) -> Any:
        """A property, None where there is none, in one request: between two of them it may become shorter."""
        found = window.get_property(self._atoms[atom], kind, 0, TITLE_CHARS_MAX)
        return found if found is not None and found.format == 8 else None

    def _number(self, window: Any, atom: str) -> int | None:
        found = window.get_full_property(self._atoms[atom], X.AnyPropertyType)
        return int(found.value[0]) if found is not None and len(found.value) else None

    def at(self, x: int, y: int) -> Window | None:
        """The topmost window at a point; None for the bare screen."""
        for window in self._top_down:
            left, top, width, height = window.box
            if left <= x < left + width and top <= y < top + height:
                return window
        return None

    def which(self, xs: I32 | list[int], ys: I32 | list[int]) -> I32:
        """For each of n points the place of its topmost window, for `window`; -1 for the bare screen. Shape (n,)."""
        x, y = np.asarray(xs), np.asarray(ys)
        found = np.full(len(x), -1, dtype=np.int32)
        for place in range(len(self._top_down) - 1, -1, -1):
            left, top, width, height = self._top_down[place].box
            found[(x >= left) & (x < left + width) & (y >= top) & (y < top + height)] = place
        return found

    @property
    def stack(self) -> list[tuple[int, Window]]:
        """What can be seen, the lowest first, each with the number of its child of the root window."""
        found = ((number, self._frames.get(number)) for number in self._order)
        return [(number, frame.window) for number, frame in found if frame is not None and frame.window is not None]

    def around(self, xs: I32 | list[int], ys: I32 | list[int]) -> int | None:
        """The place that `which` gives for all n points, if they lie so close together that it is easily told."""
        left, right = _span(xs)
        top, bottom = _span(ys)
        for place, window in enumerate(self._top_down):
            x, y, width, height = window.box
            if x <= left and right < x + width and y <= top and bottom < y + height:
                return place
            if left < x + width and x <= right and top < y + height and y <= bottom:
                return None
        return -1

    def window(self, place: int) -> Window | None:
        return self._top_down[place] if place >= 0 else None


def _span(values: I32 | list[int]) -> tuple[int, int]:
    """The lowest and the highest."""
    if isinstance(values, list):
        return min(values), max(values)
    return int(values.min()), int(values.max())


def same_page(one: Window | None, two: Window | None) -> bool:
    """Whether they are one window whose title tells of no other page."""
    if one is None or two is None:
        return one is two
    return one.number == two.number and unmarked(one.title) == unmarked(two.title)


def unmarked(title: str) -> str:
    """A title without the sign that editors put to what is not saved: that sign is no other page."""
    return title.strip("*•● ")


def _identity(window: Window | None) -> tuple[object, ...]:
    return () if window is None else (window.number, window.title)
