"""Hotkeys in every program: passive key grabs (XGrabKey), on a thread and a connection of their own.

The one for pausing only ever pauses: whoever presses it twice, or does not know what holds, never starts a recording.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable, Mapping
from typing import Any

from Xlib import XK, X
from Xlib import error as xerror

from aboveboard.core.errors import Unavailable
from aboveboard.desktop.connection import open_display
from aboveboard.recorder.combos import Combo, parse_combo

_MASKS = {"Ctrl": X.ControlMask, "Alt": X.Mod1Mask, "Shift": X.ShiftMask, "Super": X.Mod4Mask}
_ALL = X.ControlMask | X.Mod1Mask | X.ShiftMask | X.Mod4Mask
# Caps Lock and Num Lock are modifiers to the server: the combination counts with and without them.
_LOCKS = (0, X.LockMask, X.Mod2Mask, X.LockMask | X.Mod2Mask)


class Hotkeys:
    """Any thread may call `change` and `close`."""

    def __init__(self, display: str, wanted: Mapping[str, str], pressed: Callable[[str], None]) -> None:
        """wanted: what for -> combination, "" for none; pressed: told what for. Raises Unavailable without display."""
        self._name = display
        self._open()
        self._pressed = pressed
        self._wanted: dict[str, str] = {}
        self._grabbed: dict[tuple[int, int], str] = {}  # keycode, modifiers -> what for
        self._problems: dict[str, str] = {}
        self._working: dict[str, str] = {}
        self._lock = threading.Lock()
        self._stopping, self._anew = False, False
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.change(wanted, wake=False)
        self._begin()

    def _open(self) -> None:
        try:
            self._display = open_display(self._name)
        except Exception as error:  # the library raises many kinds; each means the same to the caller
            raise Unavailable(f"the display {self._name} can't be opened") from error
        self._root = self._display.screen().root

    def _begin(self) -> None:
        self._grab()
        self._thread = threading.Thread(target=self._run, name="hotkeys", daemon=True)
        self._thread.start()

    def again(self) -> None:
        """The display is there, perhaps after it was gone. Raises Unavailable when it is not."""
        if not self._thread.is_alive():
            with contextlib.suppress(Exception):
                self._display.close()
            self._open()
            self._begin()

    def change(self, wanted: Mapping[str, str], *, wake: bool = True) -> None:
        """In force a moment later."""
        with self._lock:
            if dict(wanted) == self._wanted:
                return
            self._wanted, self._anew = dict(wanted), True
        if wake:
            self._wake()

    @property
    def problem(self) -> str:
        """Which can't be used, and what to do about it; "" when all work."""
        with self._lock:
            return "; ".join(self._problems.values())

    @property
    def working(self) -> dict[str, str]:
        """What for -> combination, of those that work now."""
        with self._lock:
            return dict(self._working)

    def close(self) -> None:
        self._stopping = True
        self._wake()
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)
        with contextlib.suppress(Exception):  # the display may be gone already
            self._display.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"\0")

    def _run(self) -> None:
        # The display is gone: so is everything that could be pressed.
        with contextlib.suppress(xerror.ConnectionClosedError, OSError):
            while not self._stopping:
                # What came with the answers to grabbing lies in the library already, and wakes nobody.
                if not self._display.pending_events():
                    ready = select.select([self._display.fileno(), self._wake_read], [], [])[0]
                    if self._wake_read in ready:
                        os.read(self._wake_read, 4096)
                while self._display.pending_events():
                    self._take(self._display.next_event())
                if self._anew:
                    self._grab()

    def _take(self, event: Any) -> None:
        if event.type == X.MappingNotify:
            self._display.refresh_keyboard_mapping(event)
            self._anew = True
        elif event.type == X.KeyPress:
            name = self._grabbed.get((int(event.detail), int(event.state) & _ALL))
            if name:
                self._pressed(name)

    def _grab(self) -> None:
        with self._lock:
            wanted, self._anew = dict(self._wanted), False
        self._root.ungrab_key(X.AnyKey, X.AnyModifier)
        self._grabbed.clear()
        problems = {}
        for name, text in wanted.items():
            combo = parse_combo(text)
            if combo is not None and (problem := self._grab_one(name, combo)):
                problems[name] = problem
        with self._lock:
            self._problems = problems
            self._working = {name: text for name, text in wanted.items() if text and name not in problems}

    def _grab_one(self, name: str, combo: Combo) -> str:
        """What is wrong with it, or ""."""
        remedy = f"choose another: aboveboard settings set --hotkey-{name} Ctrl+Super+F12"
        keysym = XK.string_to_keysym(combo.key.lower() if len(combo.key) == 1 else combo.key)
        keycode = int(self._display.keysym_to_keycode(keysym)) if keysym else 0
        if not keycode:
            return f"there is no key {combo.key!r} on this keyboard; {remedy}"
        mask = 0
        for each in combo.modifiers:
            mask |= _MASKS[each]
        taken = xerror.CatchError(xerror.BadAccess)
        for lock in _LOCKS:
            self._root.grab_key(keycode, mask | lock, False, X.GrabModeAsync, X.GrabModeAsync, onerror=taken)
        self._display.sync()
        if taken.get_error() is not None:
            for lock in _LOCKS:
                self._root.ungrab_key(keycode, mask | lock)
            return f"{combo} is taken by another program, so it does nothing here; {remedy}"
        self._grabbed[keycode, mask] = name
        return ""
