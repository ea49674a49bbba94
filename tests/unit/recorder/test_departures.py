"""What was recorded leaves once in three days, in an hour that says little, and only in the person's own hours."""

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
from aboveboard.recorder.departures import (
    DAY_MIN,
    FAR_US,
    FIRST_MAX_MIN,
    FIRST_MIN,
    MISSED_MAX,
    Departures,
    check_hours,
    left_min,
    minute_of_day,
)
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


def _moments(
    departures: Departures, clock: FixedClock, minutes: int, hours: tuple[str, ...] = (), most_us: int = FAR_US,
    on: tuple[int, int] = (0, DAY_MIN),
) -> list[int]:  # fmt: skip
    """Minutes, from now on, in which something left. on: from when to when of each day the laptop is."""
    found = []
    for minute in range(minutes):
        if on[0] <= minute_of_day(clock.now_us()) < on[1] and departures.due(HOLD_US, hours, most_us):
            found.append(minute)
        clock.advance(MINUTE_US)
    return found


def _departures(home: Home, clock: FixedClock, seed: int) -> Departures:
    return Departures(home, clock, random.Random(seed).random)


def _of_day(minute: int) -> int:
    """When it is, of a minute from MONDAY_US on."""
    return (8 * 60 + minute) % DAY_MIN


def test_one_moment_in_each_three_days_always_in_the_same_hour(tmp_path: Path) -> None:
    clock = FixedClock(MONDAY_US)
    moments = _moments(_departures(_home(tmp_path), clock, 1), clock, 90 * DAY_MIN)
    days = [(8 * 60 + each) // DAY_MIN for each in moments]
    assert 29 <= len(moments) <= 31
    assert {b - a for a, b in itertools.pairwise(days)} == {1, 2, 3, 4, 5}
    times = [_of_day(each) for each in moments]
    assert max(times) - min(times) <= 62
    assert min(times) >= FIRST_MIN
    assert len(set(times)) > 20


def test_laptops_count_their_threes_from_days_of_their_own(tmp_path: Path) -> None:
    """Else whoever knows the three days of one knows everybody's."""
    home, begun = _home(tmp_path), Counter[int]()
    for seed in range(12):
        home.path("departure.json").unlink(missing_ok=True)
        clock = FixedClock(MONDAY_US)
        moments = _moments(_departures(home, clock, seed), clock, 45 * DAY_MIN)
        days = [(8 * 60 + each) // DAY_MIN for each in moments]
        # One in each three days from some day on, and from no other.
        [fits] = [n for n in range(3) if len({(day + n) // 3 for day in days}) == len(days)]
        begun[fits] += 1
    assert len(begun) == 3


def test_without_a_hold_nothing_waits(tmp_path: Path) -> None:
    departures = Departures(_home(tmp_path), FixedClock(MONDAY_US))
    assert departures.due(0, ())
    assert departures.due(0, ())


def test_a_moment_while_the_laptop_was_off_is_the_next_days_and_the_others_stay(tmp_path: Path) -> None:
    """Else the first upload would tell when it was switched on, and the number of moments how often it was off."""
    clock, rng = FixedClock(MONDAY_US - 8 * 60 * MINUTE_US), random.Random(2)
    departures = _departures(_home(tmp_path), clock, 2)
    left = 0
    for _ in range(120):
        begins = 14 * 60 if rng.random() < 0.3 else 9 * 60  # on three days of ten not before the afternoon
        moments = _moments(departures, clock, DAY_MIN, on=(begins, 18 * 60))
        assert begins == 9 * 60 or not moments
        left += len(moments)
    assert 37 <= left <= 41


def test_an_hour_in_which_it_is_off_again_and_again_is_given_up(tmp_path: Path) -> None:
    clock = FixedClock(MONDAY_US - 8 * 60 * MINUTE_US)
    departures = _departures(_home(tmp_path), clock, 3)
    evening = 18 * 60, 23 * 60
    first, *later = _moments(departures, clock, 60 * DAY_MIN, on=evening)
    assert MISSED_MAX <= first // DAY_MIN <= MISSED_MAX + 2
    assert first % DAY_MIN < 21 * 60 + 2, "within three hours of being switched on"
    times = [each % DAY_MIN for each in later]
    assert len(times) > 16
    assert max(times) - min(times) <= 62


def test_what_is_kept_for_a_few_days_only_leaves_each_day(tmp_path: Path) -> None:
    clock = FixedClock(MONDAY_US - 8 * 60 * MINUTE_US)
    departures = _departures(_home(tmp_path), clock, 4)
    moments = _moments(departures, clock, 20 * DAY_MIN, most_us=DAY_MIN * MINUTE_US, on=(9 * 60, 18 * 60))
    assert len(moments) >= 19


def test_what_had_no_room_leaves_the_day_after_and_the_next_three_days_have_theirs(tmp_path: Path) -> None:
    clock = FixedClock(MONDAY_US)
    departures = _departures(_home(tmp_path), clock, 5)
    [first, *_] = _moments(departures, clock, 2 * DAY_MIN)
    clock.advance((first - 2 * DAY_MIN) * MINUTE_US)
    departures.again(())
    [second, *_] = _moments(departures, clock, 2 * DAY_MIN)
    assert (_of_day(first) + second) // DAY_MIN == 1
    clock.advance((second - 2 * DAY_MIN) * MINUTE_US)
    assert len(_moments(departures, clock, 30 * DAY_MIN)) >= 9


def test_a_moment_is_remembered_over_a_restart(tmp_path: Path) -> None:
    home, clock = _home(tmp_path), FixedClock(MONDAY_US)
    Departures(home, clock, lambda: 0.5).due(HOLD_US, ())
    noon = FIRST_MIN + (FIRST_MAX_MIN - FIRST_MIN) // 2 + 30 - 8 * 60
    assert _moments(Departures(home, clock, lambda: 0.999), clock, 600) == [noon]


def test_a_clock_that_ran_ahead_holds_nothing_up(tmp_path: Path) -> None:
    home, clock = _home(tmp_path), FixedClock(MONDAY_US + 365 * DAY_MIN * MINUTE_US)
    Departures(home, clock, lambda: 0.5).due(HOLD_US, ())
    back = FixedClock(MONDAY_US)
    assert len(_moments(Departures(home, back, lambda: 0.5), back, 12 * DAY_MIN)) in (4, 5)


def test_thousands_of_laptops_switched_on_together_do_not_come_together(tmp_path: Path) -> None:
    home, rng = _home(tmp_path), random.Random(3)
    per_minute: Counter[int] = Counter()
    for _ in range(150):
        home.path("departure.json").unlink(missing_ok=True)
        clock = FixedClock(MONDAY_US)
        departures = Departures(home, clock, rng.random)
        departures.due(HOLD_US, ())
        per_minute[(departures._at.next_us - MONDAY_US) // MINUTE_US] += 1
    assert max(per_minute.values()) < 9, "one a minute, evenly"
    assert max(per_minute) - min(per_minute) > 120


def test_only_in_the_persons_own_hours(tmp_path: Path) -> None:
    clock = FixedClock(MONDAY_US)
    moments = _moments(_departures(_home(tmp_path), clock, 4), clock, 15 * DAY_MIN, NIGHT)
    at = [_of_day(each) for each in moments]
    assert len(moments) >= 4
    assert all(each >= 19 * 60 or each < 7 * 60 for each in at)
    clock = FixedClock(MONDAY_US)
    short = _moments(_departures(_home(tmp_path), clock, 5), clock, 15 * DAY_MIN, ("16:00-16:20",))
    assert len(short) >= 4, "a short span is met"


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
