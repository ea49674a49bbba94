"""A display's milliseconds, cut off as they are, become wall time to well under a millisecond."""

from __future__ import annotations

import numpy as np
import pytest

from aboveboard.recorder.platform.displayclock import SURE_US, TICK_US, DisplayClock

TRIP_US = 90


class Display:
    """A wall clock, and a display's that is cut off to milliseconds; every reading takes a while."""

    def __init__(self, offset_us: int, wall_us: int = 1_800_000_000_000_000) -> None:
        self.wall_us, self.offset_us = wall_us, offset_us

    def stamp(self) -> int:
        return (self.wall_us - self.offset_us) // TICK_US % (1 << 32)

    def read(self) -> tuple[int, int, int]:
        before = self.wall_us
        self.wall_us += TRIP_US // 2
        stamp = self.stamp()
        self.wall_us += TRIP_US // 2
        return before, stamp, self.wall_us


@pytest.mark.parametrize("part_us", [0, 1, 250, 499, 500, 777, 999])
def test_the_time_of_an_event_is_told_to_less_than_a_millisecond_wherever_in_it_the_clocks_stand(part_us: int) -> None:
    display = Display(1_799_999_000_000_000 + part_us)
    clock = DisplayClock(display.read)
    errors = []
    for _ in range(1000):
        display.wall_us += 1_237
        errors.append(clock.wall_us(display.stamp()) - display.wall_us)
    assert max(map(abs, errors)) <= TICK_US // 2 + SURE_US
    assert abs(np.mean(errors)) <= SURE_US


def test_looked_at_again_an_offset_that_still_fits_stays_and_another_does_not() -> None:
    display = Display(1_799_999_000_000_000)
    clock = DisplayClock(display.read)
    before = clock.wall_us(5000)
    display.wall_us += 60_000_000
    clock.measure()
    assert clock.wall_us(5000) == before
    display.offset_us += 3_000  # the wall's clock was moved on
    display.wall_us += 60_000_000
    clock.measure()
    assert abs(clock.wall_us(display.stamp()) - display.wall_us) <= TICK_US // 2 + SURE_US


def test_a_clock_that_is_set_while_it_is_read_is_read_until_it_holds() -> None:
    display, readings = Display(1_799_999_000_000_000), 0

    def read() -> tuple[int, int, int]:
        nonlocal readings
        readings += 1
        if readings == 4:
            display.wall_us += 7_000_000
            display.offset_us += 7_000_000
        return display.read()

    clock = DisplayClock(read)
    assert abs(clock.wall_us(display.stamp()) - display.wall_us) <= TICK_US // 2 + SURE_US


@pytest.mark.parametrize("n", [1, 5, 300])
def test_times_go_on_where_the_counter_wraps(n: int) -> None:
    display = Display(1_800_000_000_000_000 - ((1 << 32) - 3) * TICK_US)
    clock = DisplayClock(display.read)
    stamps, walls = [], []
    for _ in range(n):
        stamps.append(display.stamp())
        walls.append(display.wall_us)
        display.wall_us += 1_000
    for times in (clock.wall(stamps), clock.wall(np.array(stamps, dtype=np.int64))):
        assert np.abs(times - np.array(walls)).max() <= TICK_US // 2 + SURE_US
        assert list(times) == [clock.wall_us(each) for each in stamps]
