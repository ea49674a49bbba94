"""The badge: a small window over the others that always says what the recorder does, where there is no tray.

It holds a lease: `alive` is true only while its window has been seen viewable and on the screen a moment ago, as the
display itself says. It can be dragged anywhere, and a click on it opens the menu.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from Xlib import X
from Xlib import display as xdisplay
from Xlib import error as xerror

from aboveboard.core.errors import Unavailable
from aboveboard.recorder.badge_menu import BadgeMenu
from aboveboard.recorder.drawing import Pen
from aboveboard.recorder.lease import Lease
from aboveboard.recorder.menu import Menu, headline
from aboveboard.recorder.shapes import COLOURS
from aboveboard.recorder.words import STATES

SAID_S = 6.0
WIDTH, HEIGHT, MARGIN, MARK = 150, 22, 4, 14
WIDTH_MAX = 480
DRAG = 4  # pixels: less is a click
APART_S = 0.25  # between two times of going back on top: another window may want the same
Place = tuple[int, int]


class Badge:
    """Its own thread and connection; any thread may call `show`, `say`, `alive` and `close`."""

    def __init__(
        self, display: str, menu: Menu | None = None, on_change: Callable[[], None] = lambda: None,
        place: Place | None = None, on_moved: Callable[[Place], None] = lambda place: None,
    ) -> None:  # fmt: skip
        """place: of its upper left corner, in pixels; on_change: told when the lease is won or lost. Raises Unavailable
        when the badge can't be shown."""
        try:
            self._display = xdisplay.Display(display)
        except Exception as error:  # the library raises many kinds; each means the same to the caller
            raise Unavailable(f"the indicator can't be shown on {display}, so nothing is recorded") from error
        self.on_change, self._on_moved = on_change, on_moved
        screen = self._display.screen()
        self._root, self._width = screen.root, WIDTH
        self._root.change_attributes(event_mask=X.StructureNotifyMask)  # tells of another size
        size = self._root.get_geometry()
        self._screen = (int(size.width), int(size.height))
        self._state, self._shown, self._said, self._said_until = "off", "", "", 0.0
        self._place = self._inside(place or (screen.width_in_pixels - WIDTH - MARGIN, MARGIN))
        self._window = screen.root.create_window(
            *self._place, WIDTH, HEIGHT, 0, screen.root_depth, X.InputOutput,
            X.CopyFromParent, background_pixel=COLOURS["off"], override_redirect=True,
            event_mask=X.ExposureMask | X.StructureNotifyMask | X.VisibilityChangeMask | X.ButtonPressMask
            | X.ButtonReleaseMask | X.Button1MotionMask | X.LeaveWindowMask,
        )  # fmt: skip
        self._window.set_wm_name("Aboveboard indicator")
        self._window.set_wm_class("aboveboard-indicator", "Aboveboard-indicator")
        self._pen = Pen(self._display, self._window)
        self.menu = menu
        self._popup = BadgeMenu(self._display)
        self._grip: tuple[Place, Place] | None = None  # where the pointer took hold, and where the badge was
        self._dragged = self._covered = False
        self._raised = 0.0
        self._window.map()
        self._display.sync()
        self._lease = Lease(self._wake, lambda: self.on_change())
        self._stopping = False
        self.lost = False  # the connection to the display has ended
        self.failed = False  # by a fault of ours, and by nobody's wish
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._check()
        self._thread = threading.Thread(target=self._run, name="indicator", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ from any thread

    def show(self, state: str) -> None:
        """One of words.STATES; drawn within a moment, with what the menu says of it now."""
        if state not in STATES:
            raise ValueError(f"the indicator knows no state {state!r}")
        self._state = state
        self._wake()

    def say(self, words: str) -> None:
        """Beside the state for a few seconds."""
        self._said, self._said_until = words, time.monotonic() + SAID_S
        self._wake()

    def alive(self) -> bool:
        """The lease: seen viewable within the last moment, or now."""
        return self._lease.held()

    def close(self) -> None:
        self._stopping = True
        self._wake()
        if threading.current_thread() is self._thread:
            return
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)
        for end in (self._window.destroy, self._display.close):
            with contextlib.suppress(Exception):  # the display may be gone already
                end()

    @property
    def kind(self) -> str:
        return "badge" if self.alive() else "none"

    @property
    def window(self) -> Any:
        """The X window, so that others can know it for ours."""
        return self._window.id

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full, so it is awake anyway; or closed
            os.write(self._wake_write, b"\0")

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        # Any failure ends the thread and with it the lease: capture stops, which is the safe side.
        with contextlib.suppress(Exception), self._noticing():
            while not self._stopping:
                if not self._display.pending_events():
                    ready = select.select([self._display.fileno(), self._wake_read], [], [], self._rest_s())[0]
                    if self._wake_read in ready:
                        os.read(self._wake_read, 4096)
                self._check()
        self._lease.say(held=False)
        if self.failed:
            self.on_change()

    def _rest_s(self) -> float | None:
        """Until something is to be done without a word of the display's; None where nothing is."""
        rests = [self._popup.left_s()] if self._popup.open else []
        if self._said:
            rests.append(max(self._said_until - time.monotonic(), 0.05))
        if self._covered:
            rests.append(max(self._raised + APART_S - time.monotonic(), 0.05))
        return min(rests, default=None)

    @contextlib.contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except (xerror.ConnectionClosedError, OSError):
            self.lost = True
            raise
        except xerror.XError:
            raise  # somebody took its window away
        except Exception:
            self.failed = True
            raise

    def _check(self) -> None:
        exposed = False
        gone = False
        while self._display.pending_events():
            event = self._display.next_event()
            if self._popup.takes(event):
                self._chosen(self._popup.handle(event))
                continue
            match event.type:
                case X.Expose:
                    exposed = True
                case X.VisibilityNotify:
                    self._covered = event.state != X.VisibilityUnobscured
                case X.UnmapNotify | X.DestroyNotify:
                    gone = True
                case X.ConfigureNotify:
                    self._moved(event)
                case X.ButtonPress | X.ButtonRelease | X.MotionNotify:
                    self._pointer(event)
                case X.LeaveNotify:
                    self._popup.left()
        if gone:
            self._lease.say(held=False)
        self._popup.expire()
        # Other windows may have come over it; the badge goes back on top.
        if self._covered and time.monotonic() - self._raised > APART_S:
            self._window.configure(stack_mode=X.Above)
            self._raised = time.monotonic()
        if self._said and time.monotonic() > self._said_until:
            self._said = ""
        if exposed or self._shown != self._words():
            self._draw()
        self._lease.say(held=self._window.get_attributes().map_state == X.IsViewable and self._on_screen())

    # ------------------------------------------------------------ where it is

    def _inside(self, place: Place) -> Place:
        """The nearest place that is wholly on the screen."""
        width, height = self._screen
        return (min(max(place[0], 0), max(width - self._width, 0)), min(max(place[1], 0), height - HEIGHT))

    def _on_screen(self) -> bool:
        """The screen may have become smaller, or another program may have moved it out of sight."""
        inside = self._inside(self._place)
        if inside != self._place:
            self._window.configure(x=inside[0], y=inside[1])
            return False  # until the display says that it is there
        return True

    def _moved(self, event: Any) -> None:
        if event.window.id == self._window.id:
            self._place = (int(event.x), int(event.y))
        elif event.window.id == self._root.id and not event.send_event:  # the server's own word
            self._screen = (int(event.width), int(event.height))

    # ------------------------------------------------------------ the pointer

    def _pointer(self, event: Any) -> None:
        at = (int(event.root_x), int(event.root_y))
        match event.type:
            case X.ButtonPress:
                self._grip, self._dragged = (at, self._place), False
            case X.MotionNotify if self._grip is not None:
                (from_x, from_y), (x, y) = self._grip
                step = (at[0] - from_x, at[1] - from_y)
                self._dragged = self._dragged or max(abs(step[0]), abs(step[1])) > DRAG
                if self._dragged:
                    to = self._inside((x + step[0], y + step[1]))
                    self._window.configure(x=to[0], y=to[1])
                    self._place = to
            case X.ButtonRelease if self._grip is not None:
                self._grip = None
                if self._dragged:
                    self._on_moved(self._place)
                elif event.detail in (1, 3):
                    self._toggle()

    def _toggle(self) -> None:
        if self._popup.open:
            self._popup.close()
        elif self.menu is not None:
            x, y = self._place
            self._popup.show(self.menu.view(), (x, y, self._width, HEIGHT))

    def _chosen(self, key: str) -> None:
        if key and self.menu is not None:
            self.menu.choose(key)

    # ------------------------------------------------------------ drawing

    def _words(self) -> str:
        if self._said:
            return f"{self._state}\n{self._said}"
        view = self.menu.view() if self.menu is not None and self._state == "paused" else None
        timed = view is not None and view.state == "paused" and view.paused_until_us is not None
        words = STATES[self._state]
        if view is not None and timed:
            words = f"{words} {headline(view).partition(' ')[2]}"
        return f"{self._state}\n{words}"

    def _draw(self) -> None:
        self._shown = self._words()
        state, words = self._shown.split("\n", 1)
        width = min(max(WIDTH, MARK + 20 + self._pen.width(words)), WIDTH_MAX)
        if width != self._width:
            x, y = self._place
            right = x + self._width  # it grows to the left: it mostly stands at the right edge
            self._width = width
            to = self._inside((right - width, y))
            self._window.configure(x=to[0], y=to[1], width=width)
            self._place = to
        self._pen.ground(COLOURS[state])
        self._window.change_attributes(background_pixel=COLOURS[state])
        self._window.clear_area(0, 0, self._width, HEIGHT)
        self._pen.mark(6, (HEIGHT - MARK) // 2, state, MARK)
        self._pen.text(MARK + 12, 15, words, self._width - MARK - 16)
