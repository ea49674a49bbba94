"""Can hours be read off? Who of two worked longer on a day, from all that a collector sees: `python -m bench.hours`.

A month of 200 people is made up: hours from 3 to 11 a day, breaks, pauses, each person with a pace of their own. What
leaves, and when, is the recorder's own rule (recorder/departures.py, its clock moved by hand) and its own sizes (at
most EVENTS_MAX events a segment, padded to a size class). The collector sees of each segment when it came and how long
it is; access logs and the public log have no more (batches over many people).

Two worlds, each the worst for some rule: people begin at any time, so that a long day ends late; or they stop at the
same time, so that it begins early, and any moment near a laptop's being switched on tells how long it was. Logistic
regressions on all that can be counted of a day, the days around it, and the person's whole month are trained on half of
the people and asked about the others; the best of them counts, chosen in hindsight.
"""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from aboveboard.core.clock import US_PER_S
from aboveboard.recorder.departures import Departures
from aboveboard.recorder.seal import EVENTS_MAX
from aboveboard.wire.segment import SIZE_CLASSES
from bench.common import Row, arguments, row, tell

PEOPLE, DAYS, SEED = 200, 30, 20
HOLD_US = 24 * 3600 * US_PER_S
STEP_US = 60 * US_PER_S  # under LATE_US_MAX, so that no moment is missed between two looks
DAY_US = 86_400 * US_PER_S
HOUR_US = 3600 * US_PER_S
EVENTS_AN_HOUR = 8_000  # `aboveboard simulate`: 2,000 in fifteen minutes
EVENT_BYTES = 16.0  # packed, of a recording without pictures
PAUSED_SHARE = 0.15  # of the days; one to three hours of it
BEFORE, AFTER = 1, 5  # days around the one that is asked about
PAIRS = 4000
NO_TIME = 0.45  # of a day: stands for the time of what did not come
HELD_BACK = 3.0, 100.0  # L2
Float = NDArray[np.float64]
World: TypeAlias = Literal["begin at any time", "stop at the same time"]
Seen: TypeAlias = Literal["times", "sizes", "all"]
KINDS: tuple[Seen, ...] = ("times", "sizes", "all")
WORLDS: tuple[World, ...] = ("begin at any time", "stop at the same time")


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the collector sees of one segment."""

    at_us: int
    size: int


@dataclass(frozen=True, slots=True)
class Person:
    """hours: worked, by day, 0 for a day off. paused: by day. arrived: in order. waited: of samples of what was
    recorded, how many days it took to leave."""

    hours: tuple[float, ...]
    paused: tuple[bool, ...]
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


def person(seed: int, world: World, days: int) -> Person:
    rng = random.Random(f"{SEED}/{seed}")
    clock = _Clock()
    departures = Departures(cast("Any", _Home()), clock, random.Random(f"{SEED}/chance/{seed}").random)
    pace, usual = math.exp(rng.gauss(0, 0.5)), rng.uniform(5, 9)
    plan, arrived, waited = [day_of(day, usual, world, rng) for day in range(days)], list[Arrived](), list[float]()
    waiting = list[tuple[int, int]]()  # (when it was recorded, events)
    for day in plan:
        burst = math.exp(rng.gauss(0, 0.3))
        for at_us in range(day.begin_us, day.begin_us + day.open_us, STEP_US):
            clock.us = at_us
            if rng.random() >= day.quiet and not day.pause[0] <= at_us < day.pause[1]:
                waiting.append((at_us, int(EVENTS_AN_HOUR / 60 * pace * burst * rng.expovariate(1))))
            if not departures.due(HOLD_US, ()):
                continue
            ready = [each for each in waiting if each[0] + HOLD_US <= at_us]
            waiting = waiting[len(ready) :]
            waited += [(at_us - recorded_us) / DAY_US for recorded_us, _ in ready[::20]]
            arrived += [Arrived(at_us, size) for size in sealed(sum(events for _, events in ready))]
    return Person(
        tuple(day.worked for day in plan), tuple(day.pause[1] > 0 for day in plan), tuple(arrived), tuple(waited)
    )


def seen(one: Person, what: Seen) -> Float:
    """(days, features): what can be counted about each of a person's days, those around it, and the whole month."""
    days = len(one.hours)
    by: list[list[Arrived]] = [[] for _ in range(days)]
    for each in one.arrived:
        by[each.at_us // DAY_US].append(each)
    times, sizes = np.zeros((days, 4)), np.zeros((days, 2))
    for day, there in enumerate(by):
        moments = sorted({each.at_us % DAY_US / DAY_US for each in there})
        times[day] = len(moments), moments[0] if moments else NO_TIME, \
            moments[-1] - moments[0] if moments else 0, bool(moments)  # fmt: skip
        sizes[day] = math.log1p(sum(each.size for each in there)) / 5, math.log1p(len(there))
    came = times[times[:, 3] > 0]
    of_times = [0.0] * 5 if not len(came) else [
        len(came) / days, came[:, 1].mean(), came[:, 1].std(), (came[:, 1] + came[:, 2]).max() - came[:, 1].min(),
        times[:, 0].mean(),
    ]  # fmt: skip
    total = sum(each.size for each in one.arrived)
    each_time = math.log1p(total / max(1, len(came)))
    near = [math.log1p(sum(a.size for there in by[day : day + AFTER + 1] for a in there)) for day in range(days)]
    of_sizes = [math.log1p(total), each_time, math.log1p(len(one.arrived))]
    found = []
    for day in range(days):
        parts: list[Float] = []
        for other in range(day - BEFORE, day + AFTER + 1):
            inside = 0 <= other < days
            if what != "sizes":
                parts.append(times[other] if inside else np.array([0, NO_TIME, 0, 0]))
            if what != "times":
                parts.append(sizes[other] if inside else np.zeros(2))
        if what != "sizes":
            parts.append(np.array(of_times))
        if what != "times":
            parts.append(np.array([*of_sizes, near[day], near[day] - each_time]))
        found.append(np.concatenate(parts))
    return np.array(found)


Truth = Callable[[Person, int], float]


def pairs(people: Sequence[tuple[Person, Float]], truth: Truth, number: int, rng: random.Random) -> tuple[Float, Float]:
    """Differences of what is seen of a day of two that both worked on it, and whether it is truer of the first."""
    x, y = list[Float](), list[float]()
    days = len(people[0][0].hours)
    while len(y) < number:
        (one, its), (other, others) = rng.sample(people, 2)
        day = rng.randrange(1, days - 4)
        if not one.hours[day] or not other.hours[day] or truth(one, day) == truth(other, day):
            continue
        x.append(its[day] - others[day])
        y.append(float(truth(one, day) > truth(other, day)))
    return np.array(x), np.array(y)


def auc(scores: Float, truth: Float) -> float:
    """The share of (truer, less true) that the scores put in order; half for a tie."""
    good, bad = scores[truth == 1], scores[truth == 0]
    above = np.searchsorted(np.sort(bad), good, "left") + np.searchsorted(np.sort(bad), good, "right")
    return float(above.sum() / (2 * len(good) * len(bad)))


def fitted(x: Float, y: Float, held_back: float) -> Float:
    """Weights of a logistic regression (L2), by Newton's method."""
    weights = np.zeros(x.shape[1])
    for _ in range(12):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + held_back * np.eye(x.shape[1])
        weights += np.linalg.solve(hessian, x.T @ (y - p) - held_back * weights)
    return weights


def _products(features: Float) -> Float:
    """And each two of them multiplied."""
    one, two = np.triu_indices(features.shape[1])
    return np.concatenate([features, 0.3 * features[:, one] * features[:, two]], 1)


def told(people: Sequence[Person], what: Seen, truth: Truth) -> float:
    """The best AUC on people that it was not trained on; never under a half, which is what a coin tells."""
    plain = [seen(one, what) for one in people]
    half = len(people) // 2
    trained = np.concatenate(plain[:half])
    mean, spread = trained.mean(0), trained.std(0) + 1e-9
    plain = [(each - mean) / spread for each in plain]
    best = 0.5
    for features in (plain, [_products(each) for each in plain]):
        rng, both = random.Random(SEED), list(zip(people, features, strict=True))
        x, y = pairs(both[:half], truth, PAIRS, rng)
        asked, answers = pairs(both[half:], truth, PAIRS, rng)
        for held_back in HELD_BACK:
            best = max(best, auc(asked @ fitted(x, y, held_back), answers))
    return best


def _worked(one: Person, day: int) -> float:
    return one.hours[day]


def _paused(one: Person, day: int) -> float:
    return float(one.paused[day])


def rows_of(world: World, people: int, days: int) -> list[Row]:
    everyone = [person(number, world, days) for number in range(people)]
    waited = np.array([each for one in everyone for each in one.waited])
    by = {what: told(everyone, what, _worked) for what in KINDS}
    # Who has everything may also leave some of it aside.
    found = {"all": max(by.values()), "times": by["times"], "sizes": by["sizes"]}
    rows = [
        row(
            f"who worked longer on a day, by {what}; people {world}", known, "AUC",
            target="<= 0.65" if what == "all" else "",
        )
        for what, known in found.items()
    ]  # fmt: skip
    by_sizes = told(everyone, "sizes", _paused)
    by_all = max(told(everyone, "all", _paused), told(everyone, "times", _paused))
    return [
        *rows,
        # Of a hundred people an AUC is known to some hundredths: a twentieth more is no more.
        row(
            f"who paused on a day, by all; people {world}",
            by_all,
            "AUC",
            peer=by_sizes,
            peer_name="by sizes alone",
            target="<= 1.05",
        ),
        row(f"from being recorded to leaving, of it 1 in the hold; people {world}", float(waited.mean()), "days"),
        row(f"the same, 95th percentile; people {world}", float(np.percentile(waited, 95)), "days"),
    ]


def main() -> None:
    args = arguments(__doc__ or "")
    os.environ["TZ"] = "UTC"
    time.tzset()
    people, days = (40, 14) if args.quick else (PEOPLE, DAYS)
    tell([each for world in WORLDS for each in rows_of(world, people, days)], args.json)


if __name__ == "__main__":
    main()
