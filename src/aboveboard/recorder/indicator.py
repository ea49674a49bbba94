"""The indicator: a small badge in a corner of the screen that always says what the recorder does.

It holds a lease: `alive` is true only while its window has been seen mapped and viewable a moment ago, as the display
itself says, and nothing has been heard of its end since. No indicator, no capture.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from typing import Any

from Xlib import X
from Xlib import display as xdisplay

from aboveboard.core.errors import Unavailable

LEASE_S = 5.0
CHECK_S = 3.0  # the display tells at once when the badge goes; this is for a display that tells nothing any more
WIDTH, HEIGHT, MARGIN = 150, 22, 4
# state -> (words, background)
STATES = {
    "recording": ("recording", 0x1C7C54),
    "paused": ("paused", 0x9A5B00),
    "not_allowed": ("not recorded here", 0x56677A),
    "waiting_for_consent": ("not recording", 0x56677A),
    "off": ("off", 0x3A4650),
}


class Indicator:
    """Its own thread and connection; any thread may call `show` and `alive`."""

    def __init__(self, display: str) -> None:
        """Raises Unavailable when the badge can't be shown."""
        try:
            self._display = xdisplay.Display(display)
        except Exception as error:  # the library raises many kinds; each means the same to the caller
            raise Unavailable(f"the indicator can't be shown on {display}, so nothing is recorded") from error
        screen = self._display.screen()
        self._window = screen.root.create_window(
            screen.width_in_pixels - WIDTH - MARGIN, MARGIN, WIDTH, HEIGHT, 0, screen.root_depth, X.InputOutput,
            X.CopyFromParent, background_pixel=STATES["off"][1], override_redirect=True,
            event_mask=X.ExposureMask | X.StructureNotifyMask | X.VisibilityChangeMask,
        )  # fmt: skip
        self._window.set_wm_name("Aboveboard indicator")
        self._window.set_wm_class("aboveboard-indicator", "Aboveboard-indicator")
        self._gc = self._window.create_gc(foreground=screen.white_pixel, background=screen.black_pixel)
        self._window.map()
        self._display.sync()
        self._state, self._shown = "off", ""
        self._seen = 0.0
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._check()
        self._thread = threading.Thread(target=self._run, name="indicator", daemon=True)
        self._thread.start()

    def show(self, state: str) -> None:
        """One of STATES; drawn within a moment."""
        if state not in STATES:
            raise ValueError(f"the indicator knows no state {state!r}")
        if state != self._state:
            self._state = state
            self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full, so it is awake anyway
            os.write(self._wake_write, b"\0")

    def alive(self) -> bool:
        """The lease: seen viewable within the last moment."""
        return time.monotonic() - self._seen < LEASE_S

    def _run(self) -> None:
        # Any failure ends the thread and with it the lease: capture stops, which is the safe side.
        with contextlib.suppress(Exception):
            while not self._stopping:
                ready = select.select([self._display.fileno(), self._wake_read], [], [], CHECK_S)[0]
                if self._wake_read in ready:
                    os.read(self._wake_read, 4096)
                self._check()
        self._seen = 0.0

    def _check(self) -> None:
        exposed = covered = False
        while self._display.pending_events():
            event = self._display.next_event()
            exposed = event.type == X.Expose or exposed
            covered = (event.type == X.VisibilityNotify and event.state != X.VisibilityUnobscured) or covered
            if event.type in (X.UnmapNotify, X.DestroyNotify):
                self._seen = 0.0
        # Other windows may have come over it; the badge goes back on top.
        if covered:
            self._window.configure(stack_mode=X.Above)
        if exposed or self._shown != self._state:
            self._draw()
        viewable = self._window.get_attributes().map_state == X.IsViewable
        self._seen = time.monotonic() if viewable else 0.0

    def _draw(self) -> None:
        words, colour = STATES[self._state]
        self._window.change_attributes(background_pixel=colour)
        self._window.clear_area(0, 0, WIDTH, HEIGHT)
        self._window.fill_arc(self._gc, 7, 6, 10, 10, 0, 360 * 64)
        self._window.draw_text(self._gc, 24, 15, words)
        self._shown = self._state

    def close(self) -> None:
        self._stopping = True
        self._wake()
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)
        with contextlib.suppress(Exception):  # the display may be gone already
            self._window.destroy()
            self._display.close()

    @property
    def window(self) -> Any:
        """The X window, so that others can know it for ours."""
        return self._window.id
