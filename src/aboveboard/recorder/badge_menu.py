"""The badge's menu: a window of ours under the badge. The pointer is not grabbed, so no click of the person's work is
ever swallowed, and none is recorded that its program did not get; it closes when the pointer has left both."""

from __future__ import annotations

import math
import time
from typing import Any

from Xlib import X

from aboveboard.core.events import Box
from aboveboard.recorder.drawing import Pen
from aboveboard.recorder.menu import LINE, Entry, View, entries

ROW, GAP, SIDE, WIDTH_MAX = 24, 9, 12, 420
LEFT_S, IDLE_S = 1.2, 20.0
_PAPER, _INK, _SOFT, _LINE, _HOVER = 0xFFFFFF, 0x17212B, 0x51606E, 0xDBE1E6, 0xDCEBF0
_BACK = Entry("back", "Back")


class BadgeMenu:
    """On the badge's thread and connection."""

    def __init__(self, display: Any) -> None:
        self._display = display
        screen = display.screen()
        self._root = screen.root
        self._window = screen.root.create_window(
            0, 0, 10, 10, 1, screen.root_depth, X.InputOutput, X.CopyFromParent, background_pixel=_PAPER,
            border_pixel=_SOFT, override_redirect=True, event_mask=X.ExposureMask | X.ButtonPressMask
            | X.ButtonReleaseMask | X.PointerMotionMask | X.EnterWindowMask | X.LeaveWindowMask,
        )  # fmt: skip
        self._window.set_wm_name("Aboveboard menu")
        self._window.set_wm_class("aboveboard-indicator", "Aboveboard-indicator")
        self._pen = Pen(display, self._window)
        self.open = False
        self._whole: tuple[Entry, ...] = ()
        self._rows: tuple[Entry, ...] = ()
        self._over: int | None = None
        self._until = math.inf
        self._badge: Box = (0, 0, 0, 0)
        self._width = 0

    def show(self, view: View, badge: Box) -> None:
        """badge: where it is, on the screen."""
        self._badge, self._whole = badge, entries(view)
        self._lay(self._whole)
        self._window.map()
        self.open, self._until = True, time.monotonic() + IDLE_S

    def close(self) -> None:
        self._window.unmap()
        self._display.flush()
        self.open, self._until, self._over = False, math.inf, None

    def left(self) -> None:
        """The pointer went elsewhere; it may come here."""
        if self.open:
            self._until = time.monotonic() + LEFT_S

    def left_s(self) -> float:
        """Until it closes by itself."""
        return max(self._until - time.monotonic(), 0.01)

    def expire(self) -> None:
        if self.open and time.monotonic() > self._until:
            self.close()

    def takes(self, event: Any) -> bool:
        """Whether the event is the menu's."""
        return bool(getattr(event, "window", None) == self._window)

    def handle(self, event: Any) -> str:
        """The key of what was chosen, or ""."""
        match event.type:
            case X.Expose:
                self._draw()
            case X.MotionNotify | X.EnterNotify:
                self._until = time.monotonic() + IDLE_S
                self._hover(self._at(int(event.event_y)))
            case X.LeaveNotify:
                self.left()
                self._hover(None)
            case X.ButtonRelease if event.detail in (1, 3) and self.open:
                return self._pick(self._at(int(event.event_y)))
            case _:
                pass
        return ""

    def _pick(self, row: int | None) -> str:
        if row is None:
            return ""
        entry = self._rows[row]
        if entry == _BACK:
            self._lay(self._whole)
        elif entry.children:
            self._lay((_BACK, LINE, *entry.children))
        elif entry.key:
            self.close()
            return entry.key
        return ""

    # ------------------------------------------------------------ looks

    def _height(self, entry: Entry) -> int:
        return ROW if entry.words else GAP

    def _lay(self, rows: tuple[Entry, ...]) -> None:
        self._rows, self._over = rows, None
        widest = max(self._pen.width(_words(each)) for each in rows)
        width = min(max(widest + 2 * SIDE, 200), WIDTH_MAX)
        height = sum(map(self._height, rows)) + 8
        screen = self._root.get_geometry()
        x, y, badge_width, badge_height = self._badge
        left = min(max(x + badge_width - width, 0), max(screen.width - width - 2, 0))
        below = y + badge_height + 2
        top = below if below + height + 2 <= screen.height else max(y - height - 4, 0)
        self._width = width
        self._window.configure(x=left, y=top, width=width, height=height, stack_mode=X.Above)
        self._window.clear_area(0, 0, 0, 0, True)

    def _tops(self) -> list[int]:
        tops, y = [], 4
        for entry in self._rows:
            tops.append(y)
            y += self._height(entry)
        return tops

    def _at(self, y: int) -> int | None:
        for row, (top, entry) in enumerate(zip(self._tops(), self._rows, strict=True)):
            if top <= y < top + self._height(entry):
                return row if entry.key or entry.children else None
        return None

    def _hover(self, row: int | None) -> None:
        if row != self._over:
            self._over = row
            self._draw()

    def _draw(self) -> None:
        for row, (top, entry) in enumerate(zip(self._tops(), self._rows, strict=True)):
            ground = _HOVER if row == self._over else _PAPER
            self._pen.fill(ground, (0, top, self._width, self._height(entry)))
            if not entry.words:
                self._pen.fill(_LINE, (SIDE, top + GAP // 2, self._width - 2 * SIDE, 1))
                continue
            self._pen.ground(ground)
            ink = _INK if entry.key or entry.children else _SOFT
            self._pen.text(SIDE, top + 16, _words(entry), self._width - 2 * SIDE, ink)
        self._display.flush()


def _words(entry: Entry) -> str:
    return f"{entry.words} >" if entry.children else entry.words
