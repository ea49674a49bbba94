"""The person's own settings on the laptop: stricter than the policy, never wider. In force at once.

What is here can only take away (core/narrowing.py), so nobody has to allow it and nobody is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from aboveboard.core.checks import check_apps, check_patterns, check_sites, require
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.narrowing import Narrowing
from aboveboard.core.policy import Category, Policy
from aboveboard.core.records import Record
from aboveboard.recorder.combos import PAUSE_DEFAULT, TASK_DEFAULT, parse_combo
from aboveboard.recorder.departures import check_hours
from aboveboard.recorder.home import Home
from aboveboard.wire.api import parse

FILE = "settings.json"
Change: TypeAlias = Mapping[str, object]


class Settings(Record, frozen=True):
    """None: as the policy says. groups: labels of groups this laptop is of, for exemptions. send_metered: whether to
    send on connections that are paid by volume. send_hours: when to send, such as 19:00-07:00; none: at any hour.
    hotkey_...: combinations such as Ctrl+Alt+Shift+P, "" for none."""

    data_mb_per_day: int | None = None
    battery_percent_min: int | None = None
    exclude_apps: tuple[str, ...] = ()
    exclude_sites: tuple[str, ...] = ()
    exclude_titles: tuple[str, ...] = ()
    exclude_categories: tuple[Category, ...] = ()
    groups: tuple[str, ...] = ()
    send_metered: bool = False
    send_hours: tuple[str, ...] = ()
    hotkey_pause: str = PAUSE_DEFAULT
    hotkey_task: str = TASK_DEFAULT
    v: int = 1

    def check(self) -> None:
        """Raises BadInput."""
        require(self.v == 1, "v", "is not a version known here")
        require(self.data_mb_per_day is None or self.data_mb_per_day >= 0, "data_mb_per_day", "is not negative")
        battery = self.battery_percent_min
        require(battery is None or 0 <= battery <= 100, "battery_percent_min", "0 to 100")
        check_apps(self.exclude_apps, "exclude_apps")
        check_sites(self.exclude_sites, "exclude_sites")
        require(len(set(self.exclude_titles)) == len(self.exclude_titles) <= 1000, "exclude_titles", "1000, each once")
        require(all(each.strip() for each in self.exclude_titles), "exclude_titles", "no empty pattern")
        check_patterns(self.groups, "groups")
        check_hours(self.send_hours, "send_hours")
        combos = [combo for text in self.hotkeys.values() if (combo := parse_combo(text)) is not None]
        require(len(set(combos)) == len(combos), "hotkey_task", "is the same as hotkey_pause")

    @property
    def hotkeys(self) -> dict[str, str]:
        """What for -> combination."""
        return {"pause": self.hotkey_pause, "task": self.hotkey_task}

    @property
    def narrowing(self) -> Narrowing:
        return Narrowing(
            frozenset(self.exclude_apps), frozenset(self.exclude_sites), frozenset(self.exclude_titles),
            frozenset(self.exclude_categories), self.data_mb_per_day, self.battery_percent_min,
        )  # fmt: skip


def check_narrower(settings: Settings, policy: Policy) -> None:
    """Raises Refused("wider") for a limit that is looser than the policy's: a setting can only leave out more."""
    mb, battery = settings.data_mb_per_day, settings.battery_percent_min
    if mb is not None and mb > policy.data_mb_per_day:
        raise _wider(f"{mb} MB a day is more than the policy's {policy.data_mb_per_day}")
    if battery is not None and battery < policy.battery_percent_min:
        raise _wider(f"{battery} % is below the policy's battery limit of {policy.battery_percent_min} %")


def _wider(what: str) -> Refused:
    return Refused("wider", f"{what}: your own settings can only be stricter")


def read_settings(home: Home) -> Settings:
    """Raises BadInput for a file that can't be read: then it is not guessed what was excluded."""
    data = home.read(FILE)
    if data is None:
        return Settings()
    settings = parse(data, str(home.path(FILE)), Settings)
    settings.check()
    return settings


def write_settings(home: Home, settings: Settings, policy: Policy | None) -> None:
    """Durable when it returns. Raises BadInput, or Refused when it is wider than the policy."""
    settings.check()
    if policy is not None:
        check_narrower(settings, policy)
    home.write(settings.to_bytes(), FILE)


def changed(settings: Settings, change: Change) -> Settings:
    """change: new values by name; lists come whole. Raises BadInput for what is no setting or no value of it."""
    try:
        return msgspec.convert({**msgspec.to_builtins(settings), **change}, Settings)
    except msgspec.ValidationError as error:
        raise BadInput(str(error), "settings") from error
