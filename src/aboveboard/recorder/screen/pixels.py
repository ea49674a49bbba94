"""Pixels of one window at a time, from the display. Knows no policy.

Composite (`NameWindowPixmap`) gives each top-level window a picture of its own, so what lies over, under or beside it
is not asked for and never comes. Damage says that a window has drawn; until then nothing is taken. A window that has
just come or changed its size shows what was there before it until its program draws: see `Fresh`.

Sources: X Composite Extension 0.4, X Damage Extension 1.1, X Fixes 5, X Nonrectangular Window Shape Extension.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import xcffib
import xcffib.composite
import xcffib.damage
import xcffib.shape
import xcffib.xfixes
import xcffib.xinput
import xcffib.xproto as xp

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import U8, MemoryOnly
from aboveboard.recorder.screen.drawn import SETTLED_S, Bools, Fresh, Rectangle, Tracked, both, mark, meet, shaped

RECTANGLES_MAX = 16  # of what was drawn; more are one
WINDOW_PIXELS_MAX = 16_000_000
TRACKED_MAX = 4096
ASK_S = 0.25  # a window is asked this often what it drew, so that it is known when it changes its size
_NON_EMPTY = 3  # DamageReportNonEmpty: one word, until what was drawn is asked for
_AUTOMATIC = 0
_RAW_PRESSES = 1 << 13 | 1 << 15  # XI_RawKeyPress, XI_RawButtonPress
# What moves windows about, anywhere.
_STIRRING = (
    xp.CreateNotifyEvent, xp.DestroyNotifyEvent, xp.MapNotifyEvent, xp.UnmapNotifyEvent, xp.ReparentNotifyEvent,
    xp.ConfigureNotifyEvent, xp.GravityNotifyEvent, xp.CirculateNotifyEvent,
)  # fmt: skip
_ALL_PLANES = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, repr=False)
class Taken(MemoryOnly):
    """pixels: uint8 (height, width, 4), blue, green, red and nothing, as the display has them; drawn: where they are
    the window's own, None for everywhere."""

    pixels: U8
    drawn: Bools | None


class Pixels:
    """Not for several threads at once."""

    def __init__(self, display: str) -> None:
        """Raises Unavailable where windows can't be told apart: there are no pictures then."""
        try:
            self._x: Any = xcffib.connect(display)
            self._composite = self._x(xcffib.composite.key)
            self._damage = self._x(xcffib.damage.key)
            self._fixes = self._x(xcffib.xfixes.key)
            self._shape = self._x(xcffib.shape.key)
            xinput = self._x(xcffib.xinput.key)
            for reply in (self._composite.QueryVersion(0, 4), self._damage.QueryVersion(1, 1),
                          self._fixes.QueryVersion(5, 0), xinput.XIQueryVersion(2, 2)):  # fmt: skip
                reply.reply()
        except (xcffib.XcffibException, KeyError) as error:
            raise Unavailable("this display can't tell windows' pictures apart: no pictures are kept") from error
        screen = self._x.setup.roots[self._x.pref_screen]
        self._root, self.size = screen.root, (int(screen.width_in_pixels), int(screen.height_in_pixels))
        if self._x.setup.image_byte_order != 0:
            raise Unavailable("this display sends its pixels in an order not known here: no pictures are kept")
        self._tracked: dict[int, Tracked] = {}
        self.presses = 0  # heard of so far
        self._drew: set[int] = set()
        self._stirred, self._stirs = False, 0
        self.configured = False  # the screen has another size, or windows came, went or moved
        mask = xcffib.xinput.EventMask.synthetic(1, 1, [_RAW_PRESSES])  # 1: all master devices
        xinput.XISelectEvents(self._root, 1, [mask])
        events = xp.EventMask.SubstructureNotify | xp.EventMask.StructureNotify
        self._x.core.ChangeWindowAttributes(self._root, xp.CW.EventMask, [events])
        self._region = self._x.generate_id()
        self._fixes.CreateRegion(self._region, 0, [])
        self._redirect()

    def _redirect(self) -> None:
        """Gives each window a picture of its own, where no compositor does. What is covered now was not kept until now,
        so it is not the window's until it draws."""
        children = self._x.core.QueryTree(self._root).reply().children
        for number in children:
            self._track(int(number))
        if self._composited():
            return
        self._composite.RedirectSubwindows(self._root, _AUTOMATIC)
        self._x.core.GetInputFocus().reply()  # done by now
        boxes = [self._box(int(number)) for number in children]
        for place, number in enumerate(children):
            box, tracked = boxes[place], self._tracked.get(int(number))
            above = [each for each in boxes[place + 1 :] if each is not None]
            if box is not None and tracked is not None and any(meet(box, each) for each in above):
                tracked.fresh = Fresh(np.ones((box[3], box[2]), dtype=np.bool_))
                for each in above:
                    mark(tracked.fresh.drawn, (each[0] - box[0], each[1] - box[1], each[2], each[3]), False)

    def _composited(self) -> bool:
        name = b"_NET_WM_CM_S0"
        atom = self._x.core.InternAtom(False, len(name), name).reply().atom
        return bool(self._x.core.GetSelectionOwner(atom).reply().owner)

    def _box(self, number: int) -> tuple[int, int, int, int] | None:
        """On the screen, borders included; None for what can't be seen."""
        asked = self._x.core.GetWindowAttributes(number), self._x.core.GetGeometry(number)
        try:
            attributes, geometry = (each.reply() for each in asked)
        except xcffib.XcffibException:
            return None
        if attributes.map_state != xp.MapState.Viewable or attributes._class != xp.WindowClass.InputOutput:
            return None
        borders = 2 * geometry.border_width
        return geometry.x, geometry.y, geometry.width + borders, geometry.height + borders

    def close(self) -> None:
        """Windows are left as they were found: the display undoes what a connection did when it ends."""
        self._x.disconnect()

    def fileno(self) -> int:
        return int(self._x.get_file_descriptor())

    # ------------------------------------------------------------ what the display tells

    def hear(self, watched: Collection[int] = ()) -> set[int]:
        """Takes in what has come; which windows drew for the first time since they were asked. watched: windows to ask
        now and then. Raises Unavailable: the display is gone."""
        try:
            self._drain()
            for number in watched:
                tracked = self._tracked.get(number)
                if tracked is not None and tracked.told and time.monotonic() - tracked.asked_s > ASK_S:
                    with contextlib.suppress(xcffib.Error):
                        self._ask(number, tracked)
        except xcffib.ConnectionException as error:
            raise Unavailable("the display is gone") from error
        drew, self._drew = self._drew, set()
        return drew

    def _drain(self) -> None:
        self._x.flush()
        while (event := self._next()) is not None:
            self._take(event)
        if self._stirred:
            self._stirred = False
            self._stirs += 1
            self._stir()

    def _next(self) -> Any:
        while True:
            try:
                return self._x.poll_for_event()
            except xcffib.Error:
                continue  # a window that went away before we asked something of it

    def _take(self, event: Any) -> None:
        if isinstance(event, _STIRRING):
            self._stirred = True
            if _told_by(event) not in (self._root, int(event.window)):
                return  # inside of a window
        match event:
            case xcffib.damage.NotifyEvent():
                tracked = self._tracked.get(int(event.drawable))
                if tracked is not None:
                    tracked.dirty = tracked.told = True
                    self._drew.add(int(event.drawable))
            case xcffib.xinput.RawButtonPressEvent() | xcffib.xinput.RawKeyPressEvent():
                self.presses += 1
            case xp.CreateNotifyEvent():
                self._track(int(event.window), _outer(event))
            case xp.DestroyNotifyEvent():
                self._tracked.pop(int(event.window), None)
            case xp.ReparentNotifyEvent():
                if event.parent == self._root:
                    self._track(int(event.window))
                else:
                    self._tracked.pop(int(event.window), None)
            case xp.MapNotifyEvent():
                self.configured = True
                self._begin(int(event.window))
            case xp.UnmapNotifyEvent():
                self.configured = True
            case xp.ConfigureNotifyEvent():
                self.configured = True
                if event.window == self._root:
                    self.size = int(event.width), int(event.height)
                    return
                tracked = self._tracked.get(int(event.window))
                if tracked is not None and tracked.size != _outer(event):
                    tracked.size = _outer(event)
                    self._begin(int(event.window))

    def _track(self, number: int, size: tuple[int, int] | None = None) -> None:
        """Hears of what the window draws from now on."""
        if number in self._tracked or len(self._tracked) >= TRACKED_MAX:
            return
        if size is None:
            try:
                size = _outer(self._x.core.GetGeometry(number).reply())
            except xcffib.Error:
                return
        damage = self._x.generate_id()
        self._damage.Create(damage, number, _NON_EMPTY)
        self._damage.Subtract(damage, 0, 0)  # it begins with all of a window that can be seen, drawn or not
        self._tracked[number] = Tracked(damage, size, number)
        self._follow(number)

    def _follow(self, window: int) -> None:
        """Hears of what is moved about in a window."""
        self._x.core.ChangeWindowAttributes(window, xp.CW.EventMask, [xp.EventMask.SubstructureNotify])

    def _stir(self) -> None:
        """Windows came, went or were moved, which the display may count as drawing in others: what is moved or laid
        bare may be what was there before. So what is not known to be drawn has to be drawn from now on."""
        for tracked in self._tracked.values():
            if tracked.fresh is not None:
                self._start(tracked)

    def _begin(self, number: int) -> None:
        """The window has a new picture: it was shown, or has another size."""
        self._track(number)
        tracked = self._tracked.get(number)
        if tracked is None:
            return
        tracked.picture += 1
        self._start(tracked)

    def _start(self, tracked: Tracked) -> None:
        """Nothing of the picture is known to be the window's own, until it draws from now on."""
        size = tracked.size if _known(tracked.size) else (0, 0)
        tracked.fresh, tracked.dirty, tracked.told = Fresh(np.zeros(size[::-1], dtype=np.bool_)), True, False
        tracked.pending.clear()
        self._damage.Subtract(tracked.damage, 0, 0)

    def dirty(self, number: int) -> bool:
        """Whether the window's picture may be another than when it was taken."""
        tracked = self._tracked.get(number)
        return tracked is not None and (tracked.dirty or (tracked.fresh is not None and tracked.fresh.whole))

    def settles_in_s(self, numbers: Collection[int]) -> float | None:
        """When one of these will show more though it draws no more; None: not as far as is known."""
        found = [self._tracked[number].fresh for number in numbers if number in self._tracked]
        alive = [fresh.alive_s for fresh in found if fresh is not None and fresh.alive_s is not None]
        return max(min(alive) + SETTLED_S - time.monotonic(), 0) + 0.01 if alive else None

    # ------------------------------------------------------------ taking pixels

    def take(self, number: int, client: int, before: Taken | None) -> Taken | None:
        """The window's own picture now, anew where it drew since `before`. client: the program's own window in it. None
        when it can't be had now: it went away, is not shown, is being moved, or is of a kind not known here."""
        tracked = self._tracked.get(number)
        if tracked is None:
            return None
        if tracked.client != client:
            tracked.client = client
            self._follow(client)
        pixmap = self._x.generate_id()
        try:
            named = self._composite.NameWindowPixmap(number, pixmap, is_checked=True)
            asked = self._x.core.GetGeometry(pixmap), self._shape.GetRectangles(number, xcffib.shape.SK.Bounding)
            named.check()
        except xcffib.XcffibException:
            return None
        try:
            geometry, shape = (each.reply() for each in asked)
            began = tracked.picture, tracked.fresh is not None and self._stirs
            taken = self._take_named(number, pixmap, tracked, geometry, shape, before)
            self._drain()
            # Another picture, or windows moved, meanwhile: what was told to be drawn says nothing of this one.
            return taken if began == (tracked.picture, began[1] is not False and self._stirs) else None
        except xcffib.ConnectionException as error:
            raise Unavailable("the display is gone") from error
        except xcffib.XcffibException:
            return None
        finally:
            self._x.core.FreePixmap(pixmap)

    def _take_named(
        self, number: int, pixmap: int, tracked: Tracked, geometry: Any, shape: Any, before: Taken | None
    ) -> Taken | None:
        width, height = int(geometry.width), int(geometry.height)
        if geometry.depth not in (24, 32) or not _known((width, height)):
            return None
        if tracked.size != (width, height):
            return None  # it has changed, which will be heard of in a moment
        self._ask(number, tracked)
        if before is not None and before.pixels.shape[:2] == (height, width) and len(tracked.pending) <= RECTANGLES_MAX:
            pixels, drew = before.pixels.copy(), tracked.pending
        else:
            pixels, drew = np.zeros((height, width, 4), dtype=np.uint8), [(0, 0, width, height)]
        for x, y, w, h in drew:
            x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
            if x1 > x0 and y1 > y0:
                reply = self._x.core.GetImage(
                    xp.ImageFormat.ZPixmap, pixmap, x0, y0, x1 - x0, y1 - y0, _ALL_PLANES
                ).reply()  # fmt: skip
                part = np.frombuffer(reply.data.buf(), np.uint8)
                pixels[y0:y1, x0:x1] = part.reshape(y1 - y0, x1 - x0, 4)
        tracked.dirty = tracked.told
        tracked.pending.clear()
        if tracked.fresh is not None and tracked.fresh.whole:
            tracked.fresh = None
        drawn = None if tracked.fresh is None else tracked.fresh.drawn.copy()
        return Taken(pixels, both(drawn, shaped(shape, width, height)))

    def _ask(self, number: int, tracked: Tracked) -> None:
        """What the window drew since it was asked last."""
        tracked.told, tracked.asked_s = False, time.monotonic()
        border = self._x.core.GetGeometry(number)
        self._damage.Subtract(tracked.damage, 0, self._region)
        found = self._fixes.FetchRegion(self._region).reply()
        geometry = border.reply()
        if _outer(geometry) != tracked.size:
            return  # its size has changed, which will be heard of in a moment
        edge = geometry.border_width
        drawn = [(r.x + edge, r.y + edge, r.width, r.height) for r in found.rectangles]
        if tracked.fresh is not None:
            self._drawn(tracked, number, tracked.fresh, drawn)
        whole = found.extents
        tracked.pending += (
            drawn if len(drawn) <= RECTANGLES_MAX else [(whole.x + edge, whole.y + edge, whole.width, whole.height)]
        )
        if len(tracked.pending) > 4 * RECTANGLES_MAX:
            tracked.pending = [(0, 0, *tracked.size)]

    def _drawn(self, tracked: Tracked, number: int, fresh: Fresh, drawn: list[Rectangle]) -> None:
        for each in drawn:
            mark(fresh.drawn, each, True)
        if fresh.alive_s is not None or not drawn:
            return
        asked = (
            self._x.core.GetGeometry(tracked.client),
            self._x.core.TranslateCoordinates(tracked.client, number, 0, 0),
        )
        inner, at = (each.reply() for each in asked)
        if any(meet(each, (at.dst_x, at.dst_y, inner.width, inner.height)) for each in drawn):
            fresh.alive_s = time.monotonic()


def _told_by(event: Any) -> int:
    """The window in which it happened; itself for the root window."""
    return int(event.parent if isinstance(event, xp.CreateNotifyEvent) else event.event)


def _outer(geometry: Any) -> tuple[int, int]:
    """The size with borders, from an event or an answer."""
    return int(geometry.width) + 2 * int(geometry.border_width), int(geometry.height) + 2 * int(geometry.border_width)


def _known(size: tuple[int, int]) -> bool:
    """Whether a picture of this size is taken."""
    return 0 < size[0] * size[1] <= WINDOW_PIXELS_MAX
