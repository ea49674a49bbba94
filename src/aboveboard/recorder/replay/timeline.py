"""Days by hour and program, as bars to draw: where something was recorded, and where not and why. Pure.

On a person's own laptop, from what they alone can open; no sum is made of it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.core.clock import US_PER_S
from aboveboard.recorder.replay.story import Hole, Stretch

DAY_S = 86_400
BAR_MIN = 0.15  # % of a day: about two minutes, else it can't be seen
MERGE = 0.1


@dataclass(frozen=True, slots=True)
class Bar:
    """left, width: percent of the day."""

    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """name: a program, "" for one not known; or the reason of a hole."""

    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """In the laptop's own time zone. stretches: those that begin on it."""

    date: datetime.date
    apps: tuple[Line, ...]
    holes: tuple[Line, ...]
    stretches: tuple[Stretch, ...]


def local(t_us: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(t_us / US_PER_S).astimezone()


def _spread(start_us: int, end_us: int) -> list[tuple[datetime.date, float, float]]:
    """(day, from, to) in percent of each day it touches."""
    found: list[tuple[datetime.date, float, float]] = []
    at, end = local(start_us), local(max(start_us, end_us))
    while True:
        begins = _percent(at)
        if at.date() == end.date():
            return [*found, (at.date(), begins, _percent(end))]
        found.append((at.date(), begins, 100.0))
        at = datetime.datetime.combine(at.date() + datetime.timedelta(days=1), datetime.time()).astimezone()


def _percent(at: datetime.datetime) -> float:
    return (at.hour * 3600 + at.minute * 60 + at.second) * 100 / DAY_S


def _lines(spans: Sequence[tuple[str, int, int]]) -> dict[datetime.date, tuple[Line, ...]]:
    days: dict[datetime.date, dict[str, list[tuple[float, float]]]] = {}
    for name, start_us, end_us in spans:
        for date, begins, ends in _spread(start_us, end_us):
            bars = days.setdefault(date, {}).setdefault(name, [])
            if bars and begins - bars[-1][1] < MERGE:
                bars[-1] = (bars[-1][0], max(ends, bars[-1][1]))
            else:
                bars.append((begins, ends))
    return {
        date: tuple(
            Line(name, tuple(Bar(round(min(b, 100 - BAR_MIN), 3), round(max(e - b, BAR_MIN), 3)) for b, e in bars))
            for name, bars in sorted(lines.items())
        )
        for date, lines in days.items()
    }


def days(stretches: Sequence[Stretch], holes: Sequence[Hole]) -> list[Day]:
    """Newest first; only days on which there is something."""
    apps = _lines([(front.app, front.start_us, front.end_us) for each in stretches for front in each.fronts])
    gaps = _lines([(each.reason, each.start_us, each.end_us) for each in holes])
    return [
        Day(date, apps.get(date, ()), gaps.get(date, ()),
            tuple(each for each in stretches if local(each.start_us).date() == date))
        for date in sorted(apps.keys() | gaps.keys(), reverse=True)
    ]  # fmt: skip
