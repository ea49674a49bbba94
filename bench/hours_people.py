"""The people of bench.hours: what each of them did in a month, and what of it the collector sees.

Hours from 3 to 11 a day, breaks, pauses, holidays, each person with a pace of their own; some say that they withdraw.
What leaves, and when, is the recorder's own rule (recorder/departures.py, its clock moved by hand) and its own sizes
(at most EVENTS_MAX events a segment, padded to a size class). The collector sees of each segment when it came and how
long it is.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from aboveboard.core.clock import US_PER_S
from aboveboard.recorder.departures import Departures
from aboveboard.recorder.seal import EVENTS_MAX
from aboveboard.wire.segment import SIZE_CLASSES

SEED = 20
HOLD_US = 24 * 3600 * US_PER_S
STEP_US = 60 * US_PER_S  # under LATE_US_MAX, so that no moment is missed between two looks
DAY_US = 86_400 * US_PER_S
HOUR_US = 3600 * US_PER_S
EVENTS_AN_HOUR = 8_000  # `aboveboard simulate`: 2,000 in fifteen minutes
EVENT_BYTES = 16.0  # packed, of a recording without pictures
PAUSED_SHARE = 0.15  # of the days; one to three hours of it
HOLIDAY_SHARE, HOLIDAY_DAYS = 0.3, (5, 14)  # of the people, once in the month
WITHDRAWS_SHARE = 0.5  # where withdrawals are asked about: so many that an AUC means something
World: TypeAlias = Literal["begin at any time", "stop at the same time"]


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the collector sees of one segment."""

    at_us: int
    size: int


@dataclass(frozen=True, slots=True)
class Person:
    """hours: worked, by day, 0 for a day off. paused: by day. withdrew: on which day, None for never. arrived: in
    order. waited: of samples of what was recorded, how many days it took to leave."""

    hours: tuple[float, ...]
    paused: tuple[bool, ...]
    withdrew: int | None
    arrived: tuple[Arrived, ...]
    waited: tuple[float, ...]


class _Home:
    """A laptop's folder, in memory."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        return self._files.get(name)

    def write(self, data: bytes, name: str) -> None:
        self._files[name] = data


@dataclass
class _Clock:
    us: int = 0

    def now_us(self) -> int:
        return self.us


def sealed(events: int) -> list[int]:
    """The sizes of what waits, as the recorder seals it."""
    sizes = []
    while events > 0:
        some = min(events, EVENTS_MAX)
        sizes.append(next(each for each in SIZE_CLASSES if each >= some * EVENT_BYTES))
        events -= some
    return sizes


@dataclass(frozen=True, slots=True)
class Day:
    """worked: hours; on from begin_us for open_us; quiet: the share of it that is breaks; pause: from when to when."""

    worked: float
    begin_us: int
    open_us: int
    quiet: float
    pause: tuple[int, int]


def day_of(day: int, usual: float, world: World, rng: random.Random) -> Day:
    off = day % 7 > 4 or rng.random() < 0.06
    worked = 0.0 if off else min(11.0, max(3.0, rng.gauss(usual, 1.6)))
    begin, ends, breaks = rng.uniform(6.5, 10), rng.uniform(16.5, 18.5), rng.uniform(0, 2)
    open_us = int((worked + breaks) * HOUR_US)
    if world == "stop at the same time":
        begin = max(4.0, ends - open_us / HOUR_US)
    begin_us = day * DAY_US + int(begin * HOUR_US)
    paused, at, long = rng.random() < PAUSED_SHARE, rng.random(), rng.uniform(1, 3) * HOUR_US
    from_us = begin_us + int(at * max(0, open_us - long))
    pause = (from_us, from_us + int(long)) if paused and not off else (0, 0)
    return Day(worked, begin_us, open_us, 1 - worked * HOUR_US / open_us if open_us else 1.0, pause)


def _away(days: int, rng: random.Random) -> range:
    """A holiday, of as many as have one."""
    begin, long = rng.randrange(days), rng.randint(*HOLIDAY_DAYS)
    return range(begin, begin + long) if rng.random() < HOLIDAY_SHARE else range(0)


def _plan(days: int, usual: float, world: World, rng: random.Random) -> list[Day]:
    away = _away(days, rng)
    plan = [day_of(day, usual, world, rng) for day in range(days)]
    return [Day(0.0, day * DAY_US, 0, 1.0, (0, 0)) if day in away else each for day, each in enumerate(plan)]


def _withdrawal(plan: list[Day], rng: random.Random) -> tuple[int, int]:
    """(the day, the moment), on a day of work, not in the first week nor the last."""
    day = rng.choice([n for n, each in enumerate(plan) if each.worked and 7 <= n < len(plan) - 7])
    return day, plan[day].begin_us + int(rng.random() * plan[day].open_us)


def person(seed: int, world: World, days: int, *, withdrawing: bool = False) -> Person:
    """withdrawing: half of them do, some day. From that moment nothing is sent any more."""
    rng = random.Random(f"{SEED}/{seed}")
    clock = _Clock()
    departures = Departures(cast("Any", _Home()), clock, random.Random(f"{SEED}/chance/{seed}").random)
    pace, usual = math.exp(rng.gauss(0, 0.5)), rng.uniform(5, 9)
    plan, arrived, waited = _plan(days, usual, world, rng), list[Arrived](), list[float]()
    withdraws = withdrawing and rng.random() < WITHDRAWS_SHARE
    withdrew, ends_us = _withdrawal(plan, rng) if withdraws else (None, days * DAY_US)
    waiting = list[tuple[int, int]]()  # (when it was recorded, events)
    for day in plan:
        burst = math.exp(rng.gauss(0, 0.3))
        for at_us in range(day.begin_us, min(day.begin_us + day.open_us, ends_us), STEP_US):
            clock.us = at_us
            if rng.random() >= day.quiet and not day.pause[0] <= at_us < day.pause[1]:
                waiting.append((at_us, int(EVENTS_AN_HOUR / 60 * pace * burst * rng.expovariate(1))))
            if not departures.due(HOLD_US, ()):
                continue
            ready = [each for each in waiting if each[0] + HOLD_US <= at_us]
            waiting = waiting[len(ready) :]
            waited += [(at_us - recorded_us) / DAY_US for recorded_us, _ in ready[::20]]
            arrived += [Arrived(at_us, size) for size in sealed(sum(events for _, events in ready))]
    hours, paused = tuple(day.worked for day in plan), tuple(day.pause[1] > 0 for day in plan)
    return Person(hours, paused, withdrew, tuple(arrived), tuple(waited))
