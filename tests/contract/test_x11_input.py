"""Input of a real display: nothing lost, in order, at its time, with windows as they were."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from Xlib import X
from Xlib import display as xdisplay
from Xlib.ext import xtest

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import ButtonEdge, KeyEdge, Motion, WheelStep
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.windows import Windows
from aboveboard.recorder.platform import x11
from aboveboard.recorder.platform.x11 import Taken, WindowsChanged, X11Source
from tests.support.displays import own_display

KEY_A = 38


@pytest.fixture(scope="module")
def display() -> Iterator[PrivateDisplay]:
    with own_display(1600, 600) as display:
        time.sleep(0.7)
        yield display


@pytest.fixture
def client(display: PrivateDisplay) -> Iterator[xdisplay.Display]:
    client = xdisplay.Display(display.name)
    yield client
    client.close()


@pytest.fixture
def source(display: PrivateDisplay) -> Iterator[X11Source]:
    source = X11Source(display.name, display.xauthority)
    yield source
    source.close()


def _all(source: X11Source, client: xdisplay.Display) -> list[Taken]:
    client.sync()
    time.sleep(0.05)
    return source.read()


@pytest.mark.parametrize("n", [5000, pytest.param(50_000, marks=pytest.mark.prove)])
def test_a_burst_loses_nothing_and_keeps_its_order(n: int, source: X11Source, client: xdisplay.Display) -> None:
    sent: list[tuple[int, int]] = []
    taken: list[Taken] = []
    for i in range(n):
        if i % 50 == 49:
            for kind in (X.KeyPress, X.KeyRelease):
                xtest.fake_input(client, kind, KEY_A)
            sent.append((-1, -1))
            continue
        sent.append((100 + i % 700, 100 + i * 7 % 400))
        xtest.fake_input(client, X.MotionNotify, x=sent[-1][0], y=sent[-1][1])
        if i % 1000 == 0:
            taken += source.read()
    taken += _all(source, client)
    got: list[tuple[int, int]] = []
    for event in taken:
        if isinstance(event, Motion):
            got += zip(event.x, event.y, strict=True)
        elif isinstance(event, KeyEdge) and event.pressed:
            got.append((-1, -1))
    assert got == sent
    assert source.counters.motion + source.counters.keys // 2 == n


def test_times_are_the_displays_own_within_two_milliseconds(source: X11Source, client: xdisplay.Display) -> None:
    sent_us = []
    for i in range(200):
        before = time.time_ns() // 1000
        xtest.fake_input(client, X.MotionNotify, x=i, y=10)
        client.sync()
        sent_us.append((before + time.time_ns() // 1000) / 2)
        time.sleep(0.002)
    times = np.concatenate([event.t_us for event in _all(source, client) if isinstance(event, Motion)])
    # The median: a machine that does other things may hold up any single one.
    assert abs(float(np.median(times - np.array(sent_us)))) < 2000


def test_movement_waits_for_more_and_a_press_does_not(source: X11Source, client: xdisplay.Display) -> None:
    def push() -> None:
        for i in range(20):
            xtest.fake_input(client, X.MotionNotify, x=300 + i, y=10)
            client.sync()
            time.sleep(0.005)

    pusher = threading.Thread(target=push)
    pusher.start()
    source.wait(5.0)
    events = source.read()
    pusher.join()
    assert sum(len(event.t_us) for event in events if isinstance(event, Motion)) > 5


def test_movement_that_goes_on_is_gathered_whatever_has_come_already_and_a_press_still_ends_it(
    source: X11Source, client: xdisplay.Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x11, "GATHER_S", 0.3)

    def waited(*kinds: int) -> float:
        for kind in kinds:
            xtest.fake_input(client, kind, KEY_A if kind != X.MotionNotify else 0, x=17, y=len(kinds))
        client.sync()
        begun = time.monotonic()
        source.wait(60.0)
        return time.monotonic() - begun

    _all(source, client)
    waited(X.MotionNotify)
    assert source.read()
    with monkeypatch.context() as patch:
        patch.setattr(source, "_any", None)  # nothing waits for the first of it
        assert waited(X.MotionNotify) >= 0.25
    assert source.read()
    monkeypatch.setattr(x11, "GATHER_S", 60.0)
    assert waited(X.KeyPress, X.KeyRelease) < 30
    assert len(source.read()) == 2


@pytest.mark.parametrize("patient", [False, True])
def test_what_is_gathered_does_not_outlast_the_wait(
    patient: bool, source: X11Source, client: xdisplay.Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what was read before would be written too late for a crash to lose less than a second."""
    for name in ("GATHER_S", "LINGER_BUSY_S", "BUSY_S"):
        monkeypatch.setattr(x11, name, 60.0)
    source.patient = patient
    begun = time.monotonic()
    for _ in range(2):
        for kind in (X.KeyPress, X.KeyRelease):
            xtest.fake_input(client, kind, KEY_A)
        client.sync()
        source.wait(0.3)
        assert len(source.read()) == 2
    assert time.monotonic() - begun < 30


def test_a_wait_ends_when_it_is_told_to(source: X11Source) -> None:
    source.wake()
    begun = time.monotonic()
    source.wait(60.0)
    assert time.monotonic() - begun < 30


def test_a_hand_that_types_wakes_nobody_for_each_key_and_the_first_stir_is_told(
    source: X11Source, client: xdisplay.Display
) -> None:
    stirs: list[float] = []
    source.on_stir = lambda: stirs.append(time.monotonic())
    n = 20

    def write() -> None:
        for _ in range(n):
            for kind in (X.KeyPress, X.KeyRelease):
                xtest.fake_input(client, kind, KEY_A)
            client.sync()
            time.sleep(0.06)

    writer = threading.Thread(target=write)
    begun = time.monotonic()
    writer.start()
    taken: list[Taken] = []
    waits = 0
    while sum(isinstance(event, KeyEdge) for event in taken) < 2 * n:
        source.wait(5.0)
        taken += source.read()
        waits += 1
    writer.join()
    # A busy machine holds the writer up, and now and then for so long that nothing is expected any more.
    assert waits <= 4 + (time.monotonic() - begun) / x11.LINGER_BUSY_S, "a look every 0.27 s"
    assert 1 <= len(stirs) <= 3, "the first key; after it more was expected"


def test_wheel_buttons_and_modifiers(source: X11Source, client: xdisplay.Display) -> None:
    xtest.fake_input(client, X.KeyPress, 50)
    for button in (1, 5, 7):
        xtest.fake_input(client, X.ButtonPress, button)
        xtest.fake_input(client, X.ButtonRelease, button)
        if button == 1:
            xtest.fake_input(client, X.KeyRelease, 50)
    events = _all(source, client)
    presses = [event for event in events if isinstance(event, ButtonEdge) and event.pressed]
    assert [press.modifiers for press in presses] == [{"Shift"}]
    assert [(step.dx, step.dy) for step in events if isinstance(step, WheelStep)] == [(0, 1), (1, 0)]


def test_relative_movement_ends_where_the_display_says(source: X11Source, client: xdisplay.Display) -> None:
    xtest.fake_input(client, X.MotionNotify, x=780, y=300)
    _all(source, client)
    for _ in range(10):
        xtest.fake_input(client, X.MotionNotify, detail=1, x=9, y=-2)
    motions = [event for event in _all(source, client) if isinstance(event, Motion)]
    x = np.concatenate([event.x for event in motions])
    y = np.concatenate([event.y for event in motions])
    at = client.screen().root.query_pointer()
    assert (int(x[-1]), int(y[-1])) == (at.root_x, at.root_y) == (870, 280)
    assert list(x) == sorted(x)


def test_windows_change_where_they_changed_in_the_stream(display: PrivateDisplay, client: xdisplay.Display) -> None:
    windows = Windows(display.name)
    source = X11Source(display.name, display.xauthority, windows)
    root = client.screen().root
    _all(source, client)  # what came of starting
    xtest.fake_input(client, X.MotionNotify, x=1200, y=300)
    popup = root.create_window(1100, 200, 300, 200, 0, X.CopyFromParent, override_redirect=True)
    popup.set_wm_class("secret", "Secret")
    popup.map()
    client.sync()
    xtest.fake_input(client, X.MotionNotify, x=1201, y=300)
    events = _all(source, client)
    kinds = [type(event).__name__ for event in events]
    last = len(kinds) - 1 - kinds[::-1].index("Motion")  # the window manager may have its say after it
    assert kinds.index("Motion") < kinds.index("WindowsChanged") < last
    assert any(isinstance(event, WindowsChanged) for event in events)
    windows.update()
    under = windows.at(1200, 300)
    assert under is not None
    assert under.app == "secret"
    popup.configure(x=0, y=0)
    client.sync()
    time.sleep(0.05)
    windows.update()
    assert (gone := windows.at(1200, 300)) is None or gone.app != "secret"
    assert (there := windows.at(10, 10)) is not None
    assert there.app == "secret"
    popup.destroy()
    client.sync()
    time.sleep(0.05)
    windows.update()
    assert (there := windows.at(10, 10)) is None or there.app != "secret"
    source.close()
    windows.close()


def _told(windows: Windows, client: xdisplay.Display, *, front: bool = False) -> bool:
    client.sync()
    time.sleep(0.05)
    return windows.update(front=front)


def test_a_window_is_looked_at_again_for_what_says_what_it_is_and_for_nothing_else(
    display: PrivateDisplay, client: xdisplay.Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Toolkits write the time of each key and click into a property of their window."""
    window = client.screen().root.create_window(900, 100, 200, 100, 0, X.CopyFromParent, override_redirect=True)
    window.set_wm_class("notes", "Notes")
    window.change_property(client.intern_atom("WM_STATE"), client.intern_atom("WM_STATE"), 32, [1, 0])
    window.set_wm_name("one")
    window.map()
    client.sync()
    windows = Windows(display.name)
    looked: list[int] = []
    look = Windows._look

    def watched(self: Windows, number: int) -> None:
        looked.append(number)
        look(self, number)

    monkeypatch.setattr(Windows, "_look", watched)
    window.change_property(client.intern_atom("_NET_WM_USER_TIME"), client.intern_atom("CARDINAL"), 32, [7])
    _told(windows, client)
    assert window.id not in looked
    for name, form in (("WM_NAME", "STRING"), ("_NET_WM_NAME", "UTF8_STRING")):
        window.change_property(client.intern_atom(name), client.intern_atom(form), 8, name.encode())
        _told(windows, client)
        there = windows.at(950, 150)
        assert there is not None
        assert there.title == name
    assert window.id not in looked
    window.set_wm_class("other", "Other")
    _told(windows, client)
    assert window.id in looked
    there = windows.at(950, 150)
    assert there is not None
    assert there.app == "other"
    window.destroy()
    client.sync()
    windows.close()


def test_who_is_told_of_the_front_window_looks_when_told(display: PrivateDisplay, client: xdisplay.Display) -> None:
    root, active = client.screen().root, client.intern_atom("_NET_ACTIVE_WINDOW")
    own, told = Windows(display.name), Windows(display.name, told_of_front=True)
    fronts = []
    for title in ("first", "second"):
        window = root.create_window(600, 200, 200, 100, 0, X.CopyFromParent)
        window.set_wm_class("notes", "Notes")
        window.set_wm_name(title)
        window.map()
        until = time.monotonic() + 10
        while (own.active is None or own.active.title != title) and time.monotonic() < until:
            _told(own, client)
        assert own.active is not None, "the window manager puts it in front"
        found = root.get_full_property(active, X.AnyPropertyType)
        assert found is not None
        assert _told(told, client, front=True)
        assert told.active is not None
        assert told.active.number == own.active.number == found.value[0]
        fronts.append(window)
    for window in fronts:
        window.destroy()
    client.sync()
    own.close()
    told.close()


def test_windows_can_be_closed_when_their_display_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with PrivateDisplay(320, 240) as short:
        monkeypatch.setenv("XAUTHORITY", str(short.xauthority))
        windows = Windows(short.name)

    def look() -> None:
        for _ in range(100):  # as the recorder does: the end of the connection may come a moment later
            windows.update()
            time.sleep(0.05)

    with pytest.raises(Unavailable, match="the display is gone"):
        look()
    windows.close()
