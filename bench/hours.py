"""Can hours be read off? Who of two worked longer on a day, from all that a collector sees: `python -m bench.hours`.

A month of 200 people is made up: hours from 3 to 11 a day, days at home and away, each person with a pace of their own.
What leaves, and when, is the recorder's own rule (recorder/departures.py, its clock moved by hand) and its own sizes
(at most EVENTS_MAX events a segment, padded to a size class). The collector sees of each segment when it came and how
long it is; access logs and the public log have no more (batches over many people). A logistic regression on all that
can be counted of a day, and of the person's other days, is trained on half of the people and asked about the others.

The rows "were departures padded" are of a rule that the recorder does not have: they are there for its price.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

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
Float = NDArray[np.float64]
Pad = Callable[[list[int]], list[int]]


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the collector sees of one segment."""

    at_us: int
    size: int


@dataclass(frozen=True, slots=True)
class Person:
    """hours: by day, 0 for a day off. arrived: in order."""

    hours: tuple[float, ...]
    arrived: tuple[Arrived, ...]
    real_bytes: int


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


def person(seed: int, pad: Pad, days: int) -> Person:
    rng = random.Random(f"{SEED}/{seed}")
    clock, home = _Clock(), _Home()
    departures = Departures(cast("Any", home), clock, rng.random)
    pace, usual = math.exp(rng.gauss(0, 0.5)), rng.uniform(5, 9)
    hours, arrived = [], []
    real, waiting = 0, list[tuple[int, int]]()  # (when it was recorded, events)
    for day in range(days):
        long = 0.0 if day % 7 > 4 or rng.random() < 0.06 else min(11.0, max(3.0, rng.gauss(usual, 1.6)))
        begin_us = day * DAY_US + int(rng.uniform(6.5, 10) * HOUR_US)
        open_us = int((long + rng.uniform(0, 2)) * HOUR_US)  # breaks: the laptop is on, nothing is recorded
        quiet = 1 - long * HOUR_US / open_us if open_us else 0
        hours.append(long)
        burst = math.exp(rng.gauss(0, 0.3))
        for at_us in range(begin_us, begin_us + open_us, STEP_US):
            clock.us = at_us
            if rng.random() >= quiet:
                waiting.append((at_us, int(EVENTS_AN_HOUR / 60 * pace * burst * rng.expovariate(1))))
            if not departures.due(HOLD_US, ()):
                continue
            ready = [each for each in waiting if each[0] + HOLD_US <= at_us]
            waiting = waiting[len(ready) :]
            sizes = sealed(sum(events for _, events in ready))
            real += sum(sizes)
            arrived += [Arrived(at_us, size) for size in pad(sizes)]
    return Person(tuple(hours), tuple(arrived), real)


def seen(one: Person, day: int) -> list[float]:
    """What can be counted about a person's day: that day and the two after it, when what was held leaves."""
    found: list[float] = []
    for after in range(3):
        there = [each for each in one.arrived if each.at_us // DAY_US == day + after]
        times = sorted({each.at_us for each in there})
        found += [
            math.log1p(sum(each.size for each in there)), float(len(there)), float(len(times)),
            (times[0] - (day + after) * DAY_US) / DAY_US if times else 0.5,
            (times[-1] - times[0]) / DAY_US if times else 0.0,
        ]  # fmt: skip
    mean = sum(each.size for each in one.arrived) / max(1, sum(1 for each in one.hours if each))
    near = sum(each.size for each in one.arrived if day <= each.at_us // DAY_US <= day + 2)
    return [*found, math.log1p(mean), math.log1p(near) - math.log1p(mean)]


def pairs(people: Sequence[Person], days: int, number: int, rng: random.Random) -> tuple[Float, Float]:
    """Differences of what is seen, and whether the first of the two worked longer; days that both worked on."""
    x, y = list[Float](), list[float]()
    while len(y) < number:
        one, other = rng.sample(people, 2)
        day = rng.randrange(days - 3)
        if not one.hours[day] or not other.hours[day] or one.hours[day] == other.hours[day]:
            continue
        x.append(np.subtract(seen(one, day), seen(other, day)))
        y.append(float(one.hours[day] > other.hours[day]))
    return np.array(x), np.array(y)


def auc(scores: Float, truth: Float) -> float:
    """The share of (longer, shorter) that the scores put in order; half for a tie."""
    good, bad = scores[truth == 1], scores[truth == 0]
    above = np.searchsorted(np.sort(bad), good, "left") + np.searchsorted(np.sort(bad), good, "right")
    return float(above.sum() / (2 * len(good) * len(bad)))


def fitted(x: Float, y: Float) -> Float:
    """Weights of a logistic regression, a little held back (L2), by Newton's method."""
    weights = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.eye(x.shape[1])
        weights += np.linalg.solve(hessian, x.T @ (y - p) - weights)
    return weights


def measured(pad: Pad, people: int, days: int) -> tuple[float, float]:
    """(AUC on people it was not trained on, bytes sent for each byte that had to be)."""
    everyone = [person(number, pad, days) for number in range(people)]
    rng, half = random.Random(SEED), people // 2
    (x, y), (asked, truth) = (pairs(some, days, 40 * half, rng) for some in (everyone[:half], everyone[half:]))
    mean, spread = x.mean(0), x.std(0) + 1e-9
    found = auc((asked - mean) / spread @ fitted((x - mean) / spread, y), truth)
    sent = sum(each.size for one in everyone for each in one.arrived)
    return found, sent / max(1, sum(one.real_bytes for one in everyone))


def as_it_is(sizes: list[int]) -> list[int]:
    return sizes


def padded(count: int, step: int) -> Pad:
    """To segments of one size, and of them a multiple of `count` times a power of `step`."""

    def pad(sizes: list[int]) -> list[int]:
        number, wanted = len(sizes), count
        while wanted < number:
            wanted *= step
        return [1 << 17] * wanted

    return pad


def main() -> None:
    args = arguments(__doc__ or "")
    people, days = (40, 14) if args.quick else (PEOPLE, DAYS)
    rows: list[Row] = []
    for name, pad in (
        ("as it is", as_it_is), ("were departures padded to 4, 16, 64, ... segments", padded(4, 4)),
        ("were departures padded to 16, 64, ... segments", padded(16, 4)),
    ):  # fmt: skip
        found, price = measured(pad, people, days)
        rows += [
            row(f"who worked longer on a day, {name}", max(found, 1 - found), "AUC",
                target="<= 0.65" if pad is as_it_is else ""),
            row(f"bytes sent for each that had to be, {name}", price, "times"),
        ]  # fmt: skip
    tell(rows, args.json)


if __name__ == "__main__":
    main()
