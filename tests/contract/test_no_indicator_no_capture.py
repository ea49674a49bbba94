"""Capture stops with the indicator: a real tray, a real badge, and a whole recorder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from Xlib import display as xdisplay

from aboveboard.desktop.display import PrivateDisplay
from aboveboard.recorder.indicator import TrayOrBadge
from tests.support.displays import own_display
from tests.support.laptop import Laptop
from tests.support.tray_host import TrayHost, until


@pytest.fixture(scope="module")
def display() -> Iterator[PrivateDisplay]:
    with own_display(800, 500) as display:
        yield display


@pytest.mark.parametrize("kind", ["tray", "badge"])
def test_no_indicator_no_capture_with_a_gap_that_says_so(kind: str, display: PrivateDisplay, tmp_path: Path) -> None:
    """A whole recorder: what is done before is kept, what is done after the indicator was killed is not."""
    bus = display.env["DBUS_SESSION_BUS_ADDRESS"]
    laptop = Laptop(tmp_path)
    laptop.put()
    tray = TrayHost(bus) if kind == "tray" else None
    indicator = TrayOrBadge(display.name, bus)
    laptop.indicator = indicator
    try:
        assert indicator.kind == kind
        recorder = laptop.start()
        recorder.agree(laptop.policy.policy_id if laptop.policy else "")
        laptop.until(lambda: recorder.state == "recording")
        laptop.click()
        laptop.until(lambda: recorder.status()["counters"]["kept"].get("buttons", 0) == 2)
        if tray is not None:
            indicator._put_up = lambda: None  # type: ignore[method-assign]  # nothing takes its place
            tray.kill()
        else:
            badge = indicator._badge
            assert badge is not None
            other = xdisplay.Display(display.name)
            other.create_resource_object("window", badge.window).kill_client()
            other.sync()
            other.close()
        until(lambda: not indicator.alive())
        laptop.click()
        laptop.until(lambda: recorder.status()["counters"]["withheld"].get("no_indicator", {}).get("buttons", 0) == 2)
        assert recorder.status()["reason"] == "no_indicator"
        events = laptop.stop()
        assert sum(type(event).__name__ == "Button" for event in events) == 2
        assert any(getattr(event, "reason", "") == "no_indicator" for event in events)
    finally:
        laptop.end()
        if tray is not None:
            tray.kill()
