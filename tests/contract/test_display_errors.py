"""Errors that an X server may answer with at any time end nothing: a title that changes while it is read, above all."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from Xlib import X, Xatom
from Xlib import error as xerror

from aboveboard.desktop.connection import open_display
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.windows import LOOKS_MAX, Windows

pytestmark = pytest.mark.desktop

LONG, SHORT = "a long title " * 60, "short"


@pytest.fixture(scope="module")
def display() -> Iterator[PrivateDisplay]:
    with PrivateDisplay(300, 200) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAUTHORITY", made.env["XAUTHORITY"])
        yield made


def test_a_core_error_is_one_of_its_kind(display: PrivateDisplay) -> None:
    """The library alone raises AttributeError here, in the midst of the answer, and the connection is of no use."""
    connection = open_display(display.name)
    root = connection.screen().root
    atom = connection.intern_atom("ABOVEBOARD_TEST")
    root.change_property(atom, atom, 8, b"four")
    with pytest.raises(xerror.BadValue):
        root.get_property(atom, X.AnyPropertyType, 100, 1)
    assert bytes(root.get_property(atom, X.AnyPropertyType, 0, 1).value) == b"four"
    connection.close()


def test_a_title_that_changes_while_it_is_read_is_one_of_the_two(display: PrivateDisplay) -> None:
    connection = open_display(display.name)
    screen = connection.screen()
    # No window manager has a part in it; the state is what one would set.
    window = screen.root.create_window(10, 10, 100, 80, 0, screen.root_depth, override_redirect=True)
    state = connection.intern_atom("WM_STATE")
    window.change_property(state, state, 32, [1, 0])
    name, utf8 = connection.intern_atom("_NET_WM_NAME"), connection.intern_atom("UTF8_STRING")
    window.set_wm_class("test", "Changing")
    window.map()
    connection.sync()
    stop = threading.Event()

    def change() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            window.change_property(name, utf8, 8, (LONG if turn % 2 else SHORT).encode())
            connection.sync()
            time.sleep(0.001)

    windows = Windows(display.name)
    deadline = time.monotonic() + 20
    while "changing" not in {each.app for _, each in windows.stack}:
        assert time.monotonic() < deadline
        windows.update()
    thread = threading.Thread(target=change)
    thread.start()
    seen = set[str]()
    try:
        turns = 0
        while turns < 500 or not {LONG, SHORT} <= seen:
            assert time.monotonic() < deadline, seen
            windows.update()
            turns += 1
            seen |= {each.title for _, each in windows.stack if each.app == "changing"}
    finally:
        stop.set()
        thread.join()
        windows.close()
        connection.close()
    assert seen <= {LONG, SHORT, ""}


def test_a_window_manager_that_is_late_costs_a_window_nothing(display: PrivateDisplay) -> None:
    """However often the frame was looked at before: what is in it is known once the manager has said so."""
    connection = open_display(display.name)
    screen = connection.screen()
    frame = screen.root.create_window(10, 10, 100, 80, 0, screen.root_depth, override_redirect=True)
    inner = frame.create_window(0, 0, 90, 70, 0, screen.root_depth)
    inner.set_wm_class("late", "Late")
    inner.map()
    frame.map()
    connection.sync()
    windows = Windows(display.name)
    name, state = connection.intern_atom("WM_NAME"), connection.intern_atom("WM_STATE")
    for turn in range(2 * LOOKS_MAX):
        frame.change_property(name, Xatom.STRING, 8, b"%d" % turn)
        connection.sync()
        windows.update()
    assert "late" not in {each.app for _, each in windows.stack}
    inner.change_property(state, state, 32, [1, 0])
    connection.sync()
    deadline = time.monotonic() + 5
    while "late" not in {each.app for _, each in windows.stack}:
        assert time.monotonic() < deadline
        windows.update()
    windows.close()
    connection.close()


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_a_title_is_read_in_its_own_coding(display: PrivateDisplay, coding: str) -> None:
    """A name with an umlaut read in another one would be none to redaction."""
    connection = open_display(display.name)
    screen = connection.screen()
    window = screen.root.create_window(10, 10, 100, 80, 0, screen.root_depth, override_redirect=True)
    kind = connection.intern_atom("UTF8_STRING") if coding == "utf-8" else Xatom.STRING
    window.change_property(Xatom.WM_NAME, kind, 8, "Frau M\u00fcller".encode(coding))
    window.map()
    connection.sync()
    windows = Windows(display.name)
    assert "Frau M\u00fcller" in {each.title for _, each in windows.stack}
    windows.close()
    connection.close()
