"""What is kept at hand of a real display: as it was before a press, anew after it; nothing while nothing changes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from Xlib import X
from Xlib import display as xdisplay
from Xlib.ext import xtest

from aboveboard.core.events import Surface
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.windows import Window
from aboveboard.recorder.screen.watch import ScreenWatch
from aboveboard.redact.picture_compose import compose
from tests.support.screens import Painted

pytestmark = pytest.mark.desktop

BEFORE, AFTER = 0x204060, 0xA0C0E0


def surface_of(window: Window, _active: Window | None, _t_us: int) -> Surface | None:
    return None if window.app is None else Surface(window.number, window.app, False, None, window.title, window.box)


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateDisplay]:
    with PrivateDisplay(600, 400) as made:
        for name, value in made.env.items():
            monkeypatch.setenv(name, value)
        time.sleep(1.0)  # a window that comes before the window manager is ready is never shown
        yield made


@pytest.fixture
def window(display: PrivateDisplay) -> Iterator[Painted]:
    x = xdisplay.Display(display.name)
    painted = Painted(x, "editor", BEFORE, (50, 50, 300, 200))
    time.sleep(0.5)
    yield painted
    x.close()


@pytest.fixture
def screen(display: PrivateDisplay, window: Painted) -> Iterator[ScreenWatch]:
    made = ScreenWatch(display.name, surface_of, lambda surface: surface.app == "editor", lambda: None)
    until(made, BEFORE)
    yield made
    made.close()


def colour(screen: ScreenWatch, t_us: int | None = None) -> int | None:
    """In the middle of the window, as it was seen last, or before t_us."""
    look = screen.newest() if t_us is None else screen.before(t_us)
    if look is None:
        return None
    red, green, blue = compose(look.picture)[150, 200].tolist()
    return int(red << 16 | green << 8 | blue)


def until(screen: ScreenWatch, wanted: int) -> None:
    deadline = time.monotonic() + 5
    while colour(screen) != wanted:
        assert time.monotonic() < deadline, colour(screen)
        time.sleep(0.02)


def paint(window: Painted, shade: int) -> None:
    gc = window.window.create_gc(foreground=shade)
    window.window.fill_rectangle(gc, 0, 0, 300, 200)
    window.display.sync()


def test_before_a_press_is_what_was_there_until_it_has_been_looked_at(
    display: PrivateDisplay, screen: ScreenWatch, window: Painted
) -> None:
    x = xdisplay.Display(display.name)
    pressed_us = time.time_ns() // 1000
    xtest.fake_input(x, X.ButtonPress, 1)
    x.sync()
    paint(window, AFTER)
    time.sleep(0.6)
    assert colour(screen, pressed_us + 1000) == colour(screen) == BEFORE
    screen.at_work()  # the recorder has taken the press in
    until(screen, AFTER)
    assert colour(screen, pressed_us + 1000) == BEFORE, "and it is still to be had"
    xtest.fake_input(x, X.ButtonRelease, 1)
    x.sync()
    x.close()


def test_a_picture_that_was_out_of_date_for_long_before_the_press_is_none(screen: ScreenWatch, window: Painted) -> None:
    screen._worked_s -= 1000  # nobody is there, so nothing is looked at
    paint(window, AFTER)
    time.sleep(0.3)
    now_us = time.time_ns() // 1000
    assert colour(screen, now_us) == BEFORE
    assert colour(screen, now_us + 2_000_000) is None


def test_nothing_is_taken_while_nothing_changes(screen: ScreenWatch, window: Painted) -> None:
    time.sleep(1.0)
    looks = screen.looks
    time.sleep(2.0)
    assert screen.looks == looks
    paint(window, AFTER)
    until(screen, AFTER)
    assert screen.looks == looks + 1


def test_what_was_seen_is_gone_when_it_is_forgotten(screen: ScreenWatch) -> None:
    screen._may_show = lambda _surface: False
    screen.forget()
    time.sleep(1.0)
    look = screen.newest()
    assert look is None or all(layer.pixels is None for layer in look.picture.layers)
    assert screen._taken == {}


def test_only_the_part_that_changed_is_asked_for_and_the_rest_stays(screen: ScreenWatch, window: Painted) -> None:
    gc = window.window.create_gc(foreground=AFTER)
    window.window.fill_rectangle(gc, 0, 0, 20, 20)
    window.display.sync()
    looks = screen.looks
    deadline = time.monotonic() + 5
    while screen.looks == looks and time.monotonic() < deadline:
        time.sleep(0.02)
    look = screen.newest()
    assert look is not None
    values = compose(look.picture).reshape(-1, 3)
    assert (values == [0xA0, 0xC0, 0xE0]).all(axis=1).sum() == 400
    assert (values == [0x20, 0x40, 0x60]).all(axis=1).sum() == 300 * 200 - 400
