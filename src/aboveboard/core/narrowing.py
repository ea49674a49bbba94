"""What is left out beyond what the policy leaves out: by the person's own settings, or by an exemption. Pure.

The type can only take away. It holds what is excluded and limits that count where they are stricter than the policy's;
there is no way to write in it that something is allowed.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass

from aboveboard.core.events import Surface
from aboveboard.core.policy import Category, Policy


def matches(patterns: Iterable[str], surface: Surface) -> bool:
    """Whether title or site matches one of the patterns (shell wildcards, case ignored)."""
    subjects = [each.casefold() for each in (surface.title, surface.site or "") if each]
    return any(fnmatch.fnmatchcase(each, pattern.casefold()) for pattern in patterns for each in subjects)


def _site_matches(site: str, excluded: Iterable[str]) -> bool:
    """An origin, or `http://host:*` for every port of that host."""
    host, colon, port = site.rpartition(":")
    return any(each == site or (bool(colon) and port.isdigit() and each == f"{host}:*") for each in excluded)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """apps, sites, titles (patterns), categories: not recorded. The two limits: MB a day, and per cent of battery."""

    apps: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    categories: frozenset[Category] = frozenset()
    data_mb_per_day: int | None = None
    battery_percent_min: int | None = None

    def __and__(self, other: Narrowing) -> Narrowing:
        """Both at once: never less is left out than by either."""
        mb = [each for each in (self.data_mb_per_day, other.data_mb_per_day) if each is not None]
        battery = [each for each in (self.battery_percent_min, other.battery_percent_min) if each is not None]
        return Narrowing(
            self.apps | other.apps, self.sites | other.sites, self.titles | other.titles,
            self.categories | other.categories, min(mb, default=None), max(battery, default=None),
        )  # fmt: skip

    def excludes(self, surface: Surface, category: Category | None) -> bool:
        """Whether input of this kind on this surface is left out."""
        return (
            surface.app in self.apps
            or (surface.site is not None and _site_matches(surface.site, self.sites))
            or matches(self.titles, surface)
            or category in self.categories
        )

    def mb_per_day(self, policy: Policy) -> int:
        """The stricter of both."""
        return min(policy.data_mb_per_day, policy.data_mb_per_day if self.data_mb_per_day is None
                   else self.data_mb_per_day)  # fmt: skip

    def battery_min(self, policy: Policy) -> int:
        """The stricter of both."""
        return max(policy.battery_percent_min, self.battery_percent_min or 0)


NOTHING_MORE = Narrowing()
