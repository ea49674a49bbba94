"""What was recorded leaves at moments of chance, about once in a hold, and only in the person's own hours."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import BadInput
from aboveboard.recorder.departures import DAY_MIN, Departures, check_hours, left_min, minute_of_day
from aboveboard.recorder.home import Home

MINUTE_US = 60_000_000
HOLD_US = 60 * MINUTE_US
NIGHT = ("19:00-07:00",)
MONDAY_US = 1_800_000_000_000_000  # 2027-01-15 08:00 UTC


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _home(folder: Path) -> Home:
    home = Home(folder)
    home.make()
    return home


def _moments(departures: Departures, clock: FixedClock, minutes: int, hours: tuple[str, ...] = ()) -> list[int]:
    """Minutes, from now on, in which something left."""
    found = []
    for minute in range(minutes):
        if departures.due(HOLD_US, hours):
            found.append(minute)
        clock.advance(MINUTE_US)
    return found


def test_moments_are_half_to_one_and_a_half_holds_apart(tmp_path: Path) -> None:
    clock = FixedClock(MONDAY_US)
    moments = _moments(Departures(_home(tmp_path), clock, random.Random(1).random), clock, 10 * DAY_MIN)
    apart = [b - a for a, b in itertools.pairwise(moments)]
    assert moments[0] <= 61
    assert 200 < len(moments) < 280
    assert 30 <= min(apart) < 35 < 85 < max(apart) <= 92


def test_without_a_hold_nothing_waits(tmp_path: Path) -> None:
    departures = Departures(_home(tmp_path), FixedClock(MONDAY_US))
    assert departures.due(0, ())
    assert departures.due(0, ())


def test_a_moment_that_passed_while_the_laptop_was_off_is_drawn_anew(tmp_path: Path) -> None:
    """Else the first upload would tell when it was switched on."""
    home, clock = _home(tmp_path), FixedClock(MONDAY_US)
    assert not Departures(home, clock, random.Random(2).random).due(HOLD_US, ())
    firsts = []
    for seed in range(40):
        clock.advance(14 * 60 * MINUTE_US)
        moments = _moments(Departures(home, clock, random.Random(seed).random), clock, 120)
        firsts.append(moments[0])
    assert min(firsts) < 10
    assert max(firsts) > 50
    assert len(set(firsts)) > 20


def test_a_moment_is_remembered_over_a_restart(tmp_path: Path) -> None:
    home, clock = _home(tmp_path), FixedClock(MONDAY_US)
    Departures(home, clock, lambda: 0.5).due(HOLD_US, ())
    assert _moments(Departures(home, clock, lambda: 0.999), clock, 60) == [30]


def test_a_clock_that_ran_ahead_holds_nothing_up(tmp_path: Path) -> None:
    home, clock = _home(tmp_path), FixedClock(MONDAY_US + 365 * DAY_MIN * MINUTE_US)
    Departures(home, clock, lambda: 0.5).due(HOLD_US, ())
    back = FixedClock(MONDAY_US)
    assert _moments(Departures(home, back, lambda: 0.5), back, 60) == [30]


def test_thousands_of_laptops_switched_on_together_do_not_come_together(tmp_path: Path) -> None:
    home, rng = _home(tmp_path), random.Random(3)
    per_minute: Counter[int] = Counter()
    for _ in range(300):
        home.path("departure.json").unlink(missing_ok=True)
        clock = FixedClock(MONDAY_US)
        per_minute[_moments(Departures(home, clock, rng.random), clock, 62)[0]] += 1
    assert sum(per_minute.values()) == 300
    assert max(per_minute.values()) < 20, "5 a minute, evenly"


def test_only_in_the_persons_own_hours(tmp_path: Path) -> None:
    clock = FixedClock(MONDAY_US)
    moments = _moments(Departures(_home(tmp_path), clock, random.Random(4).random), clock, 5 * DAY_MIN, NIGHT)
    at = [(8 * 60 + each) % DAY_MIN for each in moments]
    assert len(moments) > 30
    assert all(each >= 19 * 60 or each < 7 * 60 for each in at)
    clock = FixedClock(MONDAY_US)
    short = _moments(Departures(_home(tmp_path), clock, random.Random(5).random), clock, 9 * DAY_MIN, ("12:00-12:20",))
    assert len(short) >= 8, "a short window is met every day"


@given(st.integers(0, DAY_MIN - 1), st.integers(0, DAY_MIN - 1), st.integers(0, DAY_MIN - 1))
def test_a_span_may_go_over_midnight(first: int, last: int, now: int) -> None:
    if first == last:
        return
    span = f"{first // 60:02}:{first % 60:02}-{last // 60:02}:{last % 60:02}"
    check_hours([span], "send_hours")
    inside = first <= now < last if first < last else now >= first or now < last
    left = left_min([span], now)
    assert (left > 0) == inside
    assert not inside or (now + left) % DAY_MIN == last
    assert left_min([], now) == DAY_MIN


@pytest.mark.parametrize("bad", ["", "7-19", "19:00-19:00", "24:00-01:00", "19:00 - 07:00", "19:60-20:00"])
def test_hours_that_are_none_are_refused(bad: str) -> None:
    with pytest.raises(BadInput, match="send_hours"):
        check_hours([bad], "send_hours")
    assert minute_of_day(MONDAY_US) == 8 * 60
