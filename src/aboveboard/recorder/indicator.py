"""The indicator: always says what the recorder does, in the tray where the desktop has one, else on a badge.

It holds a lease: no indicator that can be seen, no capture. When the tray goes, capture stops with it, and goes on once
the badge is there instead. A badge that somebody closed stays closed, and with it the recording.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import msgspec

from aboveboard.core.errors import Unavailable
from aboveboard.recorder.badge import Badge, Place
from aboveboard.recorder.home import Home, json_bytes
from aboveboard.recorder.menu import Menu, View
from aboveboard.recorder.tray import Tray

SETTLE_S = 3.0  # for a tray to say that it is there
GRACE_S = 1.0  # for a panel that is started anew
FILE = "badge.json"


class Indicator(Protocol):
    """What the recorder needs of it. Any thread may call. on_change: told when the lease is won or lost; kind: tray,
    badge, or none while neither can be seen."""

    on_change: Callable[[], None]

    @property
    def kind(self) -> str: ...

    def show(self, state: str) -> None:
        """One of words.STATES."""
        ...

    def alive(self) -> bool:
        """The lease."""
        ...

    def close(self) -> None: ...


class TrayOrBadge:
    """See Indicator. on_change: told when the lease is won or lost."""

    def __init__(self, display: str, bus: str, home: Home | None = None) -> None:
        """home: where the badge's place is kept. Raises Unavailable when neither can be shown."""
        self.on_change: Callable[[], None] = lambda: None
        self._display, self._home = display, home
        self._menu: Menu | None = None
        self._state = "off"
        self._shown: tuple[str, View | None] | None = None
        self._badge: Badge | None = None
        self._changed, self._stopping = threading.Event(), False
        self._lock = threading.Lock()
        self._tray = Tray(bus, on_change=self._on_lease)
        if not self._tray.settled(SETTLE_S):
            self._badge = self._make_badge()
        self._thread = threading.Thread(target=self._run, name="indicator-choice", daemon=True)
        self._thread.start()

    def attach(self, menu: Menu) -> None:
        """What the menu offers, once there is a recorder."""
        with self._lock:
            self._menu = self._tray.menu = menu
            if self._badge is not None:
                self._badge.menu = menu

    def show(self, state: str) -> None:
        with self._lock:
            shown = (state, None if self._menu is None else self._menu.view())
            if shown == self._shown:
                return  # told again and again: nobody is woken by what they show already
            self._state, self._shown = state, shown
            self._tray.show(state)
            if self._badge is not None:
                self._badge.show(state)

    def say(self, words: str) -> None:
        with self._lock:
            (self._tray if self._badge is None else self._badge).say(words)

    def alive(self) -> bool:
        badge = self._badge
        return self._tray.alive() or (badge is not None and badge.alive())

    @property
    def kind(self) -> str:
        """tray, badge, or none while neither can be seen."""
        return "tray" if self._tray.alive() else "badge" if self.alive() else "none"

    def again(self) -> None:
        """The display is there, perhaps again: a badge that went with it is put up, and none that somebody closed."""
        badge = self._badge
        if badge is not None and not badge.lost:
            return
        if badge is not None:
            with self._lock:
                self._badge = None
            badge.close()
        self._changed.set()

    def close(self) -> None:
        self._stopping = True
        self._changed.set()
        self._thread.join()
        self._tray.close()
        if self._badge is not None:
            self._badge.close()

    def _on_lease(self) -> None:
        self._changed.set()
        self.on_change()

    def _run(self) -> None:
        """Puts the badge up when the tray goes, or when the one before failed, and away when the tray is back."""
        while True:
            self._changed.wait()
            self._changed.clear()
            if self._stop_asked():
                return
            if (failed := self._badge) is not None and failed.failed:
                with self._lock:
                    self._badge = None
                failed.close()
            if not self._tray.alive() and self._badge is None:
                self._changed.wait(GRACE_S)
                if not self._stop_asked() and not self._tray.alive():
                    self._put_up()
            elif self._tray.alive() and self._badge is not None:
                with self._lock:
                    badge, self._badge = self._badge, None
                badge.close()

    def _stop_asked(self) -> bool:
        return self._stopping

    def _put_up(self) -> None:
        try:
            badge = self._make_badge()
        except Unavailable:
            return  # the display is going: without a lease nothing is recorded
        with self._lock:
            badge.menu = self._menu
            badge.show(self._state)
            self._badge = badge
        self.on_change()

    def _make_badge(self) -> Badge:
        return Badge(self._display, self._menu, self._on_lease, self._place(), self._keep_place)

    def _place(self) -> Place | None:
        data = None if self._home is None else self._home.read(FILE)
        try:
            return None if data is None else msgspec.json.decode(data, type=tuple[int, int])
        except msgspec.MsgspecError:
            return None  # nothing is lost with it

    def _keep_place(self, place: Place) -> None:
        if self._home is not None:
            self._home.write(json_bytes(place), FILE)
