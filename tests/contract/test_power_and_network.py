"""Battery and connection by the system's own services, on a bus of the test's own: what they say decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from aboveboard.core.clock import FixedClock
from aboveboard.core.narrowing import Narrowing
from aboveboard.recorder import conditions, network, systembus
from aboveboard.recorder.conditions import Conditions
from aboveboard.recorder.home import Home
from aboveboard.recorder.network import Network
from aboveboard.recorder.pauses import Pauses
from aboveboard.recorder.power import Battery, battery
from tests.support.system_services import NM, UPOWER, Services, system_bus
from tests.support.world import T0_S, World


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with system_bus(tmp_path) as found:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", found)
        yield found


@pytest.fixture
def services(address: str) -> Iterator[Services]:
    made = Services(address, NM, UPOWER)
    yield made
    made.close()


@pytest.fixture
def limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Conditions:
    """Under a policy of at least 30 % of battery; looked up anew each time."""
    monkeypatch.setattr(conditions, "POWER_CHECK_S", -1.0)
    home = Home(tmp_path / "home")
    home.make()
    policy = World().policy(battery_percent_min=30)
    return Conditions(Pauses(home, FixedClock(T0_S * 1_000_000)), policy, "given", region="DE")


def test_recording_stops_below_the_policys_battery_and_goes_on_at_the_charger(
    services: Services, limits: Conditions
) -> None:
    for percent, unplugged, ok in (
        (80.0, True, True), (30.0, True, True), (29.9, True, False), (1.0, False, True), (None, False, True),
    ):  # fmt: skip
        services.battery(percent, unplugged=unplugged)
        assert limits.power_ok() is ok, (percent, unplugged)
    services.battery(60, unplugged=True)
    limits.narrow(Narrowing(battery_percent_min=70))
    assert not limits.power_ok()


def test_a_battery_that_can_not_be_read_counts_as_empty(services: Services) -> None:
    services.battery(50)
    del services.objects["/org/freedesktop/UPower/devices/DisplayDevice", f"{UPOWER}.Device"]
    assert battery() == Battery(True, 0.0)
    services.battery(50)
    del services.objects["/org/freedesktop/UPower/devices/DisplayDevice", f"{UPOWER}.Device"]["Percentage"]
    assert battery() == Battery(True, 0.0)


@pytest.mark.parametrize("bus", ["none", "empty", "silent"])
def test_without_upower_the_kernel_is_asked(
    bus: str, address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(systembus, "ANSWER_S_MAX", 0.1)
    told = SimpleNamespace(power_plugged=False, percent=12)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: told)
    if bus == "none":
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/nothing")
    made = Services(address, UPOWER, NM) if bus == "silent" else None
    if made is not None:
        made.silent = True
    assert battery() == Battery(True, 12.0)
    assert not Network().metered()
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None)
    assert battery() is None
    if made is not None:
        made.close()


@pytest.mark.parametrize(("value", "paid"), [(0, False), (1, True), (2, False), (3, True), (4, False)])
def test_a_connection_is_paid_by_volume_when_networkmanager_says_or_guesses_so(
    services: Services, value: int, paid: bool
) -> None:
    services.metered(value)
    assert Network().metered() is paid


def test_it_is_asked_now_and_then(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    services.metered(2)
    known = Network()
    assert not known.metered()
    services.metered(1)
    assert not known.metered()
    assert services.asked == 1
    monkeypatch.setattr(network, "CHECK_S", -1.0)
    assert known.metered()
