"""Can hours be read off? Who of two worked longer on a day, who paused, who withdrew, from all that a collector sees
beside the word that a person says to it: `python -m bench.hours`.

A month of 200 people is made up (bench/hours_people.py). Access logs and the public log have no more than when each
segment came and how long it is: batches there are over many people.

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
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.departures import WINDOW_DAYS
from bench.common import Row, arguments, row, tell
from bench.hours_people import DAY_US, SEED, Arrived, Person, World, person

PEOPLE, DAYS = 200, 30
BEFORE, AFTER = 1, 5  # days around the one that is asked about
SILENCE_DAYS_MAX = 12
PAIRS = 4000
EVENINGS_TIMES = 8  # as many people, where the evening of a withdrawal is asked about
NO_TIME = 0.45  # of a day: stands for the time of what did not come
HELD_BACK = 3.0, 100.0  # L2
Float = NDArray[np.float64]
Seen: TypeAlias = Literal["times", "sizes", "all"]
KINDS: tuple[Seen, ...] = ("times", "sizes", "all")
WORLDS: tuple[World, ...] = ("begin at any time", "stop at the same time")


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
    of_sizes = [math.log1p(total), each_time, math.log1p(len(one.arrived))]

    def after(day: int, first: int, last: int) -> float:
        return math.log1p(sum(each.size for there in by[day + first : day + last] for each in there))

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
            parts.append(np.array([*of_times, _silence(times[:, 3], day)]))
        if what != "times":
            near = after(day, 0, AFTER + 1)
            parts.append(np.array([*of_sizes, near, near - each_time, after(day, 1, SILENCE_DAYS_MAX)]))
        found.append(np.concatenate(parts))
    return np.array(found)


def _silence(came: Float, day: int) -> float:
    """Days until something comes again, after this one."""
    later = np.flatnonzero(came[day + 1 : day + SILENCE_DAYS_MAX])
    return float(later[0]) if len(later) else float(SILENCE_DAYS_MAX)


def seen_by_then(one: Person, what: Seen) -> Float:
    """As seen(), of each day in the evening: nothing that came later."""
    until = [tuple(each for each in one.arrived if each.at_us // DAY_US <= day) for day in range(len(one.hours))]
    return np.array([seen(replace(one, arrived=arrived), what)[day] for day, arrived in enumerate(until)])


def begins(one: Person) -> int:
    """Which day of three a laptop's moments count from, as they tell it: the one with one moment in most threes."""
    came = {each.at_us // DAY_US for each in one.arrived}

    def explained(first: int) -> int:
        threes = [(day + first) // WINDOW_DAYS for day in came]
        return sum(threes.count(each) == 1 for each in set(threes))

    return max(range(WINDOW_DAYS), key=explained)


Truth: TypeAlias = Callable[[Person, int], float | None]  # None: that person's day is not asked about


def pairs(people: Sequence[tuple[Person, Float]], truth: Truth, number: int, rng: random.Random) -> tuple[Float, Float]:
    """Differences of what is seen of a day of two, and whether it is truer of the first."""
    x, y = list[Float](), list[float]()
    days = len(people[0][0].hours)
    while len(y) < number:
        (one, its), (other, others) = rng.sample(people, 2)
        day = rng.randrange(1, days - 4)
        first, second = truth(one, day), truth(other, day)
        if first is None or second is None or first == second:
            continue
        x.append(its[day] - others[day])
        y.append(float(first > second))
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


def _in_threes(features: Float, first: int) -> Float:
    """Of each day in the place that it has among the laptop's three, with zeros in the other two."""
    days, width = features.shape
    placed = np.zeros((days, WINDOW_DAYS, width))
    placed[np.arange(days), (np.arange(days) + first) % WINDOW_DAYS] = features
    return placed.reshape(days, -1)


def told(people: Sequence[Person], what: Seen, truth: Truth, look: Callable[[Person, Seen], Float] = seen) -> float:
    """The best AUC on people that it was not trained on; never under a half, which is what a coin tells."""
    plain = [look(one, what) for one in people]
    half = len(people) // 2
    trained = np.concatenate(plain[:half])
    mean, spread = trained.mean(0), trained.std(0) + 1e-9
    plain = [(each - mean) / spread for each in plain]
    placed = [_in_threes(each, begins(one)) for each, one in zip(plain, people, strict=True)]
    best = 0.5
    for features in (plain, placed, *([[_products(each) for each in plain]] if look is seen else [])):
        rng, both = random.Random(SEED), list(zip(people, features, strict=True))
        number = PAIRS * max(1, len(people) // PEOPLE)
        x, y = pairs(both[:half], truth, number, rng)
        asked, answers = pairs(both[half:], truth, number, rng)
        for held_back in HELD_BACK:
            best = max(best, auc(asked @ fitted(x, y, held_back), answers))
    return best


def _worked(one: Person, day: int) -> float | None:
    return one.hours[day] or None


def _paused(one: Person, day: int) -> float | None:
    return float(one.paused[day]) if one.hours[day] else None


def _withdrew(one: Person, day: int) -> float | None:
    gone = one.withdrew is not None and one.withdrew < day
    return float(one.withdrew == day) if one.hours[day] and not gone else None


def beside_sizes(
    metric: str, people: Sequence[Person], truth: Truth, look: Callable[[Person, Seen], Float] = seen
) -> Row:
    """An AUC is known to a hundredth or two: a twentieth more than by sizes alone is no more."""
    by = {what: told(people, what, truth, look) for what in KINDS}
    best = max(by.values())  # who has everything may also leave some of it aside
    return row(metric, best, "AUC", peer=by["sizes"], peer_name="by sizes alone", target="<= 1.05")


def rows_of(world: World, people: int, days: int) -> list[Row]:
    everyone = [person(number, world, days) for number in range(people)]
    some_withdraw = [person(number, world, days, withdrawing=True) for number in range(EVENINGS_TIMES * people)]
    waited = np.array([each for one in everyone for each in one.waited])
    by = {what: told(everyone, what, _worked) for what in KINDS}
    found = {"all": max(by.values()), "times": by["times"], "sizes": by["sizes"]}
    rows = [
        row(
            f"who worked longer on a day, by {what}; people {world}", known, "AUC",
            target="<= 0.65" if what == "all" else "",
        )
        for what, known in found.items()
    ]  # fmt: skip
    return [
        *rows,
        beside_sizes(f"who paused on a day, by all; people {world}", everyone, _paused),
        beside_sizes(
            f"who withdrew on a day, by all until its evening; people {world}", some_withdraw, _withdrew, seen_by_then
        ),
        beside_sizes(
            f"who had withdrawn on a day, by all, also later; people {world}", some_withdraw[:people], _withdrew
        ),
        row(f"from being recorded to leaving, of it 1 in the hold; people {world}", float(waited.mean()), "days"),
        row(f"the same, 95th percentile; people {world}", float(np.percentile(waited, 95)), "days"),
    ]


def main() -> None:
    args = arguments(__doc__ or "")
    os.environ["TZ"] = "UTC"
    time.tzset()
    people, days = (40, 21) if args.quick else (PEOPLE, DAYS)
    tell([each for world in WORLDS for each in rows_of(world, people, days)], args.json)


if __name__ == "__main__":
    main()
