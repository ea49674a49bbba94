"""The indicator on a real display and a real bus: the tray's icon, the badge, and the lease that each holds."""

from __future__ import annotations

import functools
import gc
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from Xlib import X
from Xlib import display as xdisplay
from Xlib.error import BadWindow

from aboveboard.core.errors import Unavailable
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from aboveboard.recorder.badge import HEIGHT, WIDTH, Badge
from aboveboard.recorder.hotkeys import Hotkeys
from aboveboard.recorder.indicator import TrayOrBadge
from aboveboard.recorder.menu import Menu, View
from tests.support.asked import Asked
from tests.support.displays import own_display
from tests.support.tray_host import TrayHost, until

US = 1_000_000


@pytest.fixture(scope="module")
def display() -> Iterator[PrivateDisplay]:
    with own_display(800, 500) as display:
        yield display


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def shown(display: PrivateDisplay, asked: Asked) -> Iterator[Callable[[], TrayOrBadge]]:
    made: list[TrayOrBadge] = []

    def make() -> TrayOrBadge:
        indicator = TrayOrBadge(display.name, display.env["DBUS_SESSION_BUS_ADDRESS"])
        indicator.attach(Menu(asked, indicator.say))
        made.append(indicator)
        return indicator

    yield make
    for each in made:
        each.close()


@pytest.fixture
def client(display: PrivateDisplay) -> Iterator[xdisplay.Display]:
    client = xdisplay.Display(display.name)
    yield client
    client.close()


@pytest.fixture
def hand(display: PrivateDisplay) -> Iterator[Hand]:
    with Hand(display.name) as hand:
        yield hand


def _is_badge(window: Any) -> bool:
    try:
        seen = window.get_attributes().map_state == X.IsViewable
        return seen and bool(window.get_wm_name() == "Aboveboard indicator")
    except BadWindow:  # it went between being listed and being asked
        return False


def _badge_windows(client: xdisplay.Display) -> list[object]:
    client.sync()
    return [window for window in client.screen().root.query_tree().children if _is_badge(window)]


# ---------------------------------------------------------------- the tray


def test_where_the_desktop_has_a_tray_the_icon_and_its_menu_are_there_and_no_badge(
    display: PrivateDisplay, shown: Callable[[], TrayOrBadge], asked: Asked, client: xdisplay.Display
) -> None:
    with TrayHost(display.env["DBUS_SESSION_BUS_ADDRESS"]) as tray:
        indicator = shown()
        assert (indicator.alive(), indicator.kind) == (True, "tray")
        assert _badge_windows(client) == []
        item = tray.item()
        assert (item["Id"], item["Status"], item["ItemIsMenu"]) == ("aboveboard", "Active", True)
        assert [(width, height, len(data)) for width, height, data in item["IconPixmap"]] == [
            (22, 22, 22 * 22 * 4), (44, 44, 44 * 44 * 4),
        ]  # fmt: skip
        for words in ("Pause 30 minutes", "Pause 2 hours", "Pause until tomorrow", "Pause until I resume",
                      "Forget the last 10 minutes", "Open the status page", "Leave the programme"):  # fmt: skip
            assert tray.labels()[words][1] or words == "Leave the programme"
        tray.click("Pause 2 hours")
        until(lambda: ("pause", "2h") in asked.asked)
        tray.click("Go on recording")
        until(lambda: "resume" in asked.asked)
        tray.click("Leave now")
        until(lambda: ("leave", False) in asked.asked)


def test_every_state_has_a_title_and_an_icon_of_its_own_and_says_when_it_changes(
    display: PrivateDisplay, shown: Callable[[], TrayOrBadge], asked: Asked
) -> None:
    with TrayHost(display.env["DBUS_SESSION_BUS_ADDRESS"]) as tray:
        indicator = shown()
        titles, icons = set(), set()
        for state in ("recording", "paused", "not_allowed", "waiting_for_consent", "off"):
            tray.heard.clear()
            asked.now = View(state, "site_not_allowed" if state == "not_allowed" else None)
            indicator.show(state)
            if state != "off":  # as it is shown from the start
                until(lambda: {"NewIcon", "NewTitle", "LayoutUpdated"} <= set(tray.heard))
            item = tray.item()
            titles.add(item["Title"])
            alpha = item["IconPixmap"][0][2]
            icons.add(bytes(alpha))
        assert titles == {
            "Aboveboard: Recording", "Aboveboard: Paused until you resume", "Aboveboard: Not recording",
            "Aboveboard: Not recorded here: this site is not on the list", "Aboveboard: Off",
        }  # fmt: skip
        assert len(icons) == 5


def test_strange_calls_get_an_error_and_hurt_nothing(
    display: PrivateDisplay, shown: Callable[[], TrayOrBadge], asked: Asked
) -> None:
    with TrayHost(display.env["DBUS_SESSION_BUS_ADDRESS"]) as tray:
        indicator = shown()
        assert "InvalidArgs" in tray.call("GetLayout", "iias", (777, -1, [])).header.fields.values().__str__()
        assert "UnknownMethod" in str(tray.call("Explode", "i", (1,)).header.fields)
        tray.call("Event", "isvu", (999, "clicked", ("i", 0), 0))
        tray.call("Event", "s", ("nonsense",))
        tray.call("EventGroup", "a(isvu)", ([(1, "hovered", ("i", 0), 0)],))
        assert asked.asked == []
        assert indicator.kind == "tray"
        assert "Pause 30 minutes" in tray.labels()


def test_when_the_tray_goes_the_lease_goes_at_once_and_the_badge_takes_over(
    display: PrivateDisplay, shown: Callable[[], TrayOrBadge], client: xdisplay.Display
) -> None:
    bus = display.env["DBUS_SESSION_BUS_ADDRESS"]
    with TrayHost(bus) as tray:
        indicator = shown()
        told = threading.Event()
        indicator.on_change = told.set
        indicator.show("paused")
        tray.kill()
        assert told.wait(10)
        until(lambda: indicator.kind == "none" or indicator.kind == "badge")
        until(lambda: indicator.kind == "badge")
        assert len(_badge_windows(client)) == 1
    with TrayHost(bus):
        until(lambda: indicator.kind == "tray")
        until(lambda: _badge_windows(client) == [])
        assert indicator.alive()


def test_a_watcher_whose_items_nobody_shows_is_no_tray(
    display: PrivateDisplay, shown: Callable[[], TrayOrBadge]
) -> None:
    with TrayHost(display.env["DBUS_SESSION_BUS_ADDRESS"], hosted=False):
        assert shown().kind == "badge"
    with TrayHost(display.env["DBUS_SESSION_BUS_ADDRESS"]) as tray:
        indicator = shown()
        assert indicator.kind == "tray"
        tray.host_goes()
        until(lambda: indicator.kind == "badge")


# ---------------------------------------------------------------- the badge


@pytest.fixture
def badge(display: PrivateDisplay, asked: Asked) -> Iterator[Badge]:
    badge = Badge(display.name)
    badge.menu = Menu(asked, badge.say)
    badge.show("recording")
    yield badge
    badge.close()


def _box(client: xdisplay.Display, badge: Badge) -> tuple[int, int, int, int]:
    g = client.create_resource_object("window", badge.window).get_geometry()
    return int(g.x), int(g.y), int(g.width), int(g.height)


def test_the_badge_is_dragged_by_hand_never_off_the_screen_and_remembers_its_place(
    badge: Badge, client: xdisplay.Display, hand: Hand
) -> None:
    moved: list[tuple[int, int]] = []
    badge._on_moved = moved.append
    x, y, width, height = _box(client, badge)
    assert (width, height) == (WIDTH, HEIGHT)
    hand.drag(x + 40, y + 10, 340, 210)
    until(lambda: moved == [(300, 200)], f"{moved}")
    assert _box(client, badge)[:2] == (300, 200)
    hand.drag(340, 210, 799, 499)
    until(lambda: len(moved) == 2)
    assert _box(client, badge)[:2] == (800 - WIDTH, 500 - HEIGHT)
    assert badge.alive()


def test_the_badge_comes_back_onto_a_screen_that_has_become_smaller(badge: Badge, client: xdisplay.Display) -> None:
    root = client.screen().root
    known = root.xrandr_get_screen_resources()
    crtc, stamp = known.crtcs[0], known.config_timestamp
    info = client.xrandr_get_crtc_info(crtc, stamp)
    client.xrandr_set_crtc_config(crtc, stamp, 0, 0, 0, 1, [])
    try:
        root.xrandr_set_screen_size(600, 400, 159, 106)
        client.sync()
        until(lambda: _box(client, badge)[0] + WIDTH <= 600)
        until(badge.alive)
    finally:
        root.xrandr_set_screen_size(800, 500, 212, 132)
        client.xrandr_set_crtc_config(crtc, stamp, 0, 0, info.mode, 1, info.outputs)
        client.sync()


def test_a_click_opens_the_menu_which_does_what_it_says_and_no_click_is_lost_to_the_work_beside_it(
    badge: Badge, asked: Asked, client: xdisplay.Display, hand: Hand
) -> None:
    x, y, *_ = _box(client, badge)
    hand.click(x + 40, y + 10)
    until(lambda: badge._popup.open)
    menu = badge._popup._window.get_geometry()
    rows = dict(zip((each.words for each in badge._popup._rows), badge._popup._tops(), strict=False))
    hand.click(int(menu.x) + 30, int(menu.y) + rows["Pause 2 hours"] + 10)
    until(lambda: asked.asked == [("pause", "2h")], f"{asked.asked}")
    assert not badge._popup.open
    hand.click(x + 40, y + 10)
    until(lambda: badge._popup.open)
    hand.move(100, 400)
    until(lambda: not badge._popup.open, "the menu stays open")


def test_the_lease_ends_when_the_badge_is_closed_hidden_or_moved_away(badge: Badge, client: xdisplay.Display) -> None:
    told = threading.Event()
    badge.on_change = told.set
    window = client.create_resource_object("window", badge.window)
    window.configure(x=5000, y=5000)
    client.sync()
    until(lambda: told.is_set(), "a badge out of sight counts as seen")
    until(lambda: badge.alive() and _box(client, badge)[0] == 800 - WIDTH)
    told.clear()
    window.unmap()
    client.sync()
    assert told.wait(10)
    assert not badge.alive()
    window.map()
    client.sync()
    until(badge.alive)
    window.destroy()
    client.sync()
    until(lambda: not badge.alive(), "the lease outlives the badge")


def test_a_badge_that_nobody_asks_for_rests_until_something_happens(badge: Badge, client: xdisplay.Display) -> None:
    until(lambda: badge._rest_s() is None and not client.pending_events())
    seen = badge._lease._seen
    badge._lease._until = 0.0
    assert badge.alive()
    assert badge._lease._seen > seen, "who asks later has it looked at"
    badge.say("marked")
    until(lambda: badge._rest_s() is not None)


def test_a_badge_that_fails_by_itself_is_followed_by_another_and_the_lease_is_back(
    shown: Callable[[], TrayOrBadge], monkeypatch: pytest.MonkeyPatch
) -> None:
    indicator = shown()
    first = indicator._badge
    assert first is not None

    def fails() -> str:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(first, "_words", fails)
    first._wake()
    until(lambda: first.failed and not first.alive(), "it goes on as if nothing had been")
    until(indicator.alive, "the lease stays lost")
    assert indicator._badge not in (first, None)


def test_it_stays_above_what_is_put_over_it(badge: Badge, client: xdisplay.Display) -> None:
    x, y, width, height = _box(client, badge)
    over = client.screen().root.create_window(
        x, y, width, height, 0, client.screen().root_depth, override_redirect=True, background_pixel=0xFF0000
    )
    over.map()
    client.sync()

    def on_top() -> bool:
        client.sync()
        return bool(client.screen().root.query_tree().children[-1].id == badge.window)

    until(on_top)
    over.destroy()
    client.sync()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # python-xlib leaves its socket
def test_without_a_display_there_is_no_badge_and_it_says_so() -> None:
    with pytest.raises(Unavailable, match="nothing is recorded"):
        Badge(":9999")
    gc.collect()


# ---------------------------------------------------------------- hotkeys


def test_a_hotkey_works_in_every_program_with_any_lock_on(
    display: PrivateDisplay, hand: Hand, client: xdisplay.Display
) -> None:
    pressed: list[str] = []
    keys = Hotkeys(display.name, {"pause": "Ctrl+Alt+Shift+P", "task": ""}, pressed.append)
    try:
        assert (keys.problem, keys.working) == ("", {"pause": "Ctrl+Alt+Shift+P"})
        hand.press("p", "Control", "Alt", "Shift")
        until(lambda: pressed == ["pause"])
        hand.press("Caps_Lock")
        hand.press("p", "Control", "Alt", "Shift")
        hand.press("Caps_Lock")
        until(lambda: pressed == ["pause"] * 2, f"{pressed}")
        keys.change({"pause": "Super+F12", "task": ""})
        until(lambda: keys.working == {"pause": "Super+F12"})
        hand.press("p", "Control", "Alt", "Shift")
        hand.press("F12", "Super")
        until(lambda: len(pressed) == 3)
        time.sleep(0.1)
        assert len(pressed) == 3
    finally:
        keys.close()


def test_a_combination_that_another_program_has_is_said_to_be_taken(display: PrivateDisplay) -> None:
    first = Hotkeys(display.name, {"pause": "Ctrl+Alt+Shift+P"}, lambda name: None)
    second = Hotkeys(display.name, {"pause": "Ctrl+Alt+Shift+P", "task": "Ctrl+Alt+NoSuchKey"}, lambda name: None)
    try:
        assert "Ctrl+Alt+Shift+P is taken by another program" in second.problem
        assert "no key 'NoSuchKey'" in second.problem
        assert "--hotkey-pause" in second.problem
        assert second.working == {}
    finally:
        first.close()
        second.close()


def test_pictures_of_badge_and_menu(display: PrivateDisplay, badge: Badge, asked: Asked, hand: Hand) -> None:
    """The badge says each state in its own words, wide enough for the end of a pause."""
    seen = set()
    for state in ("recording", "paused", "not_allowed", "waiting_for_consent", "off"):
        asked.now = View(state, None, 1_800_000_000 * US if state == "paused" else None)
        badge.show(state)
        until(functools.partial(lambda wanted: badge._shown.startswith(wanted), state))
        seen.add(badge._shown.split("\n")[1])
    assert len(seen) == 5
    assert any(words.startswith("paused until ") for words in seen)
