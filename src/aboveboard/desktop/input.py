"""A hand on a display: real X input by the XTEST extension, as a person's or as fast as the display takes it.

A person's way: the pointer follows a minimum-jerk profile (Flash and Hogan 1985) along a curved, slightly noisy path at
125 Hz; its time follows Fitts' law (MacKenzie 1992: MT = a + b log2(D/W + 1)); some movements overshoot and are
corrected; keys and buttons are held for a while. All of it from a seeded generator.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from Xlib import XK, X
from Xlib.ext import xtest

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.desktop.connection import open_display

HZ = 125
FITTS_A_S, FITTS_B_S = 0.08, 0.09
MOVE_S_MAX = 1.5
CARRY_STEPS, CARRY_S = 6, 0.02  # a list that sorts itself exchanges two entries a movement
_BUTTONS = {"left": 1, "middle": 2, "right": 3}
_NAMED = {"\n": "Return", "\t": "Tab", " ": "space"}
_MODIFIERS = {"Control": "Control_L", "Shift": "Shift_L", "Alt": "Alt_L", "Super": "Super_L"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One input event as sent: wall µs just before it was, kind (motion, button, wheel, key), pointer position."""

    t_us: int
    kind: str
    x: int
    y: int


class Hand:
    """speed: 1.0 is a person's; larger is faster; infinity (the default) waits for nothing."""

    def __init__(self, display: str, *, speed: float = math.inf, seed: int = 0) -> None:
        try:
            self._display = open_display(display)
        except Exception as error:  # the library raises many kinds; each means the same to the caller
            raise Unavailable(f"the display {display} can't be opened: is it running, and XAUTHORITY set?") from error
        if not self._display.has_extension("XTEST"):
            raise Unavailable(f"the display {display} has no XTEST extension: input can't be made")
        self.speed = speed
        self._rng = np.random.default_rng(seed)
        pointer = self._display.screen().root.query_pointer()
        self.x, self.y = int(pointer.root_x), int(pointer.root_y)
        self.sent: list[Sent] = []
        self.counts: Counter[str] = Counter()
        self._keycodes = self._read_keyboard()

    def _read_keyboard(self) -> dict[int, tuple[int, bool]]:
        """keysym -> (keycode, needs Shift)."""
        first, last = self._display.display.info.min_keycode, self._display.display.info.max_keycode
        found: dict[int, tuple[int, bool]] = {}
        for offset, syms in enumerate(self._display.get_keyboard_mapping(first, last - first + 1)):
            for level, keysym in enumerate(syms[:2]):
                if keysym:
                    found.setdefault(int(keysym), (first + offset, level == 1))
        return found

    @property
    def _human(self) -> bool:
        return math.isfinite(self.speed)

    def rest(self, s: float) -> None:
        """Does nothing for s seconds of a person's time."""
        if self._human:
            time.sleep(s / self.speed)

    def _between(self, low_s: float, high_s: float) -> None:
        self.rest(float(self._rng.uniform(low_s, high_s)))

    def _emit(self, kind: str, event: int, detail: int, **where: Any) -> None:
        self.sent.append(Sent(time.time_ns() // 1000, kind, self.x, self.y))
        self.counts[kind] += 1
        xtest.fake_input(self._display, event, detail, **where)
        self._display.sync()

    def _point(self, x: int, y: int) -> None:
        if (x, y) != (self.x, self.y):  # the server says nothing of a movement to the same place
            self.x, self.y = x, y
            self._emit("motion", X.MotionNotify, 0, x=x, y=y)

    def move(self, x: int, y: int, *, width: float = 20.0) -> None:
        """Moves to (x, y), brought onto the screen; `width` is the target's size in pixels, for Fitts' law."""
        screen = self._display.screen()
        x = min(max(int(x), 0), screen.width_in_pixels - 1)
        y = min(max(int(y), 0), screen.height_in_pixels - 1)
        distance = math.hypot(x - self.x, y - self.y)
        if not self._human or distance < 2:
            self._point(x, y)
            return
        aims = [(x, y)]
        if distance > 120 and self._rng.random() < 0.25:  # overshoot, then correct
            past = float(self._rng.uniform(0.03, 0.08))
            over = (round(x + (x - self.x) * past), round(y + (y - self.y) * past))
            aims.insert(0, (min(max(over[0], 0), screen.width_in_pixels - 1),
                            min(max(over[1], 0), screen.height_in_pixels - 1)))  # fmt: skip
        for aim in aims:
            self._stroke(*aim, width=width)
        self._point(x, y)

    def _stroke(self, x: int, y: int, *, width: float) -> None:
        distance = math.hypot(x - self.x, y - self.y)
        seconds = min(FITTS_A_S + FITTS_B_S * math.log2(distance / max(width, 4.0) + 1), MOVE_S_MAX) / self.speed
        steps = max(int(seconds * HZ), 2)
        s = np.linspace(0, 1, steps + 1)[1:]
        profile = 10 * s**3 - 15 * s**4 + 6 * s**5
        bend = float(self._rng.normal(0, 0.06)) * distance
        across = np.array([-(y - self.y), x - self.x]) / max(distance, 1.0)
        noise = self._rng.normal(0, 0.7, (steps, 2)) * np.sin(np.pi * s)[:, None]
        start = np.array([self.x, self.y], dtype=float)
        path = start + profile[:, None] * (np.array([x, y]) - start) + np.sin(np.pi * profile)[:, None] * bend * across
        points = np.rint(path + noise).astype(int)
        screen = self._display.screen()
        points[:, 0] = np.clip(points[:, 0], 0, screen.width_in_pixels - 1)
        points[:, 1] = np.clip(points[:, 1], 0, screen.height_in_pixels - 1)
        begun = time.monotonic()
        for i, (px, py) in enumerate(points.tolist(), 1):
            wait = begun + seconds * i / steps - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self._point(px, py)

    def press_button(self, button: str = "left") -> None:
        self._emit("button", X.ButtonPress, _BUTTONS[button])

    def release_button(self, button: str = "left") -> None:
        self._emit("button", X.ButtonRelease, _BUTTONS[button])

    def click(self, x: int, y: int, *, button: str = "left", times: int = 1, width: float = 20.0) -> None:
        """Moves there and clicks, `times` in quick succession."""
        self.move(x, y, width=width)
        self._between(0.04, 0.12)
        for i in range(times):
            if i:
                self._between(0.06, 0.1)
            self.press_button(button)
            self._between(0.06, 0.12)
            self.release_button(button)

    def drag(self, x1: int, y1: int, x2: int, y2: int) -> None:
        """Presses at the first point and lets go at the second."""
        self.move(x1, y1)
        self._between(0.04, 0.1)
        self.press_button()
        self._between(0.06, 0.12)
        self.move(x2, y2)
        self._between(0.06, 0.12)
        self.release_button()

    def carry(self, x1: int, y1: int, x2: int, y2: int) -> None:
        """A drag onto something that makes way: in steps, and with small corrections before it lets go, since what is
        carried over is told only of movements."""
        self.move(x1, y1)
        self._between(0.04, 0.1)
        self.press_button()
        for step in range(1, CARRY_STEPS + 1):
            share = step / CARRY_STEPS
            self.move(round(x1 + (x2 - x1) * share), round(y1 + (y2 - y1) * share))
            time.sleep(CARRY_S)
        for dx, dy in ((2, 1), (-1, 2), (1, -2), (0, 0)):
            self._point(x2 + dx, y2 + dy)
            time.sleep(CARRY_S)
        self._between(0.06, 0.12)
        self.release_button()

    def scroll(self, notches: int, across: int = 0) -> None:
        """Turns the wheel: positive is down, and to the right for `across`."""
        for n, detail in ((notches, 5 if notches > 0 else 4), (across, 7 if across > 0 else 6)):
            for _ in range(abs(n)):
                self._emit("wheel", X.ButtonPress, detail)
                xtest.fake_input(self._display, X.ButtonRelease, detail)
                self._display.sync()
                self._between(0.04, 0.09)

    def _keycode(self, keysym: int, what: str) -> tuple[int, bool]:
        try:
            return self._keycodes[keysym]
        except KeyError:
            raise BadInput(f"{what!r} is not on this display's keyboard layout") from None

    @contextlib.contextmanager
    def _held(self, names: tuple[str, ...]) -> Iterator[None]:
        if unknown := set(names) - set(_MODIFIERS):
            raise BadInput(f"can't hold {', '.join(sorted(unknown))}: only {', '.join(_MODIFIERS)}")
        codes = [self._keycode(XK.string_to_keysym(_MODIFIERS[name]), name)[0] for name in names]
        for code in codes:
            self._emit("key", X.KeyPress, code)
            self._between(0.02, 0.05)
        try:
            yield
        finally:
            for code in reversed(codes):
                self._emit("key", X.KeyRelease, code)

    @contextlib.contextmanager
    def holding(self, *modifiers: str) -> Iterator[None]:
        """Keeps modifiers of Control, Shift, Alt, Super down meanwhile."""
        with self._held(modifiers):
            yield
            self._between(0.03, 0.06)

    def _tap(self, keycode: int) -> None:
        self._emit("key", X.KeyPress, keycode)
        self._between(0.03, 0.07)
        self._emit("key", X.KeyRelease, keycode)

    def press(self, key: str, *modifiers: str) -> None:
        """One key by its X keysym name ("Return", "a"), with modifiers of Control, Shift, Alt, Super held."""
        keycode, shifted = self._keycode(XK.string_to_keysym(key), key)
        with self._held((*modifiers, "Shift") if shifted and "Shift" not in modifiers else modifiers):
            self._tap(keycode)
        self._between(0.05, 0.12)

    def type(self, text: str) -> None:
        """Types text key by key. Raises BadInput, before any key, for what the layout can't type."""
        taps = []
        for char in text:
            keysym = XK.string_to_keysym(_NAMED[char]) if char in _NAMED else ord(char)
            taps.append(self._keycode(keysym if keysym < 0x100 or char in _NAMED else keysym | 0x1000000, char))
        for keycode, shifted in taps:
            with self._held(("Shift",) if shifted else ()):
                self._tap(keycode)
            self._between(0.03, 0.11)

    def close(self) -> None:
        self._display.close()

    def __enter__(self) -> Hand:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
