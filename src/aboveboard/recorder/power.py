"""Whether the laptop runs on its battery, and how full that is: as UPower says, else as the kernel does (psutil)."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
from jeepney import DBusAddress

from aboveboard.recorder.systembus import properties

_UPOWER = DBusAddress("/org/freedesktop/UPower", "org.freedesktop.UPower", "org.freedesktop.UPower")
_ALL = DBusAddress(
    "/org/freedesktop/UPower/devices/DisplayDevice", "org.freedesktop.UPower", "org.freedesktop.UPower.Device"
)


@dataclass(frozen=True, slots=True)
class Battery:
    """percent: of all batteries together."""

    discharging: bool
    percent: float

    def holds(self, percent_min: int) -> bool:
        """Whether recording costs nobody their battery: plugged in, or not below the limit."""
        return not self.discharging or self.percent >= percent_min


def battery() -> Battery | None:
    """None where there is none. A battery that is there and can't be read is an empty one."""
    manager, display = properties(_UPOWER, _ALL)
    if manager is not None and "OnBattery" in manager:
        on_battery = bool(manager["OnBattery"])
        if display is not None and display.get("IsPresent"):
            return Battery(on_battery, _percent(display.get("Percentage")))
        return Battery(True, 0.0) if on_battery else None
    found = psutil.sensors_battery()
    return None if found is None else Battery(not found.power_plugged, _percent(found.percent))


def _percent(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
