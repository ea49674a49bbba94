"""When what was recorded leaves: at moments that say nothing about when it was recorded, and in the person's own hours.

A segment that left as soon as its hold was over would tell the collector when somebody worked, and so would moments
drawn evenly over the time in which a laptop is on: of a long day there are more. So everything that waits leaves
together, on one day of each three, in the same hour of the day each time, in which the laptop is on whether the day is
long or short. Each laptop counts its threes from a day of its own, so that knowing one's says nothing of another's. A
moment that passed while it was off is left out, or the upload would tell when it was switched on: then it is the next
day's, and the three days after have theirs all the same, so that the number of moments says nothing. An hour in which
the laptop is off again and again is given up. Eight thousand do not come at once either.
"""

from __future__ import annotations

import datetime
import random
import re
import time
from collections.abc import Callable, Sequence

import msgspec

from aboveboard.core.checks import require
from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.recorder.home import Home, json_bytes
from aboveboard.wire.api import parse

FILE = "departure.json"
WINDOW_DAYS = 3  # one moment in each
FIRST_MIN, FIRST_MAX_MIN = 11 * 60 + 30, 13 * 60  # where a laptop's hour begins at first
MISSED_MAX = 5  # moments one after the other; then another hour is looked for
SOON_US_MAX = 3 * 3600 * US_PER_S  # within which that is
LATE_US_MAX = 120 * US_PER_S  # a few of the sender's rounds: later than that, the moment was missed
HOURS_MAX = 10
DAY_MIN, HOUR_MIN = 24 * 60, 60
MINUTE_US = 60 * US_PER_S
DAY_US = DAY_MIN * MINUTE_US
FAR_US = 2 * WINDOW_DAYS * DAY_US  # no moment is drawn as far ahead as that
_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


_CHANCE = random.SystemRandom().random


class Departure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """departure.json. next_us: when the next one is, µs since 1970; minute: of the day, at which the hour begins, -1
    when none was drawn yet; missed: how many moments have passed since something left; first: 0 to 2, drawn once, so
    that laptops do not all count their threes from the same day, -1 before; window: which three days the moment is for,
    counted from that many days before the year 1."""

    next_us: int = 0
    minute: int = -1
    missed: int = 0
    first: int = -1
    window: int = 0


def check_hours(spans: Sequence[str], where: str) -> None:
    """Raises BadInput unless each is `HH:MM-HH:MM`, from and until different."""
    require(len(spans) <= HOURS_MAX, where, f"{HOURS_MAX} at most")
    for each in spans:
        found = _SPAN.fullmatch(each)
        require(found is not None and each[:5] != each[6:], where, f"{each!r} is not like 19:00-07:00")


def left_min(spans: Sequence[str], minute: int) -> int:
    """How many minutes sending is still allowed, at this minute of the day; 0 when it is not. Without spans it always
    is. A span may go over midnight."""
    if not spans:
        return DAY_MIN
    most = 0
    for each in spans:
        first, last = (int(word[:2]) * 60 + int(word[3:]) for word in each.split("-"))
        length, into = (last - first) % DAY_MIN, (minute - first) % DAY_MIN
        if into < length:
            most = max(most, length - into)
    return most


def minute_of_day(now_us: int) -> int:
    """By the laptop's own time zone."""
    local = time.localtime(now_us // US_PER_S)
    return local.tm_hour * 60 + local.tm_min


def _day(now_us: int) -> int:
    """Which day it is by the laptop's own time zone, counted from the year 1."""
    return datetime.datetime.fromtimestamp(now_us // US_PER_S).toordinal()


def _on_day(day: int, minute: float) -> int:
    """µs since 1970 of that minute of a day."""
    midnight = datetime.datetime.fromordinal(day)
    return int((midnight + datetime.timedelta(minutes=minute)).astimezone().timestamp() * US_PER_S)


class Departures:
    """For one thread. chance: evenly from [0, 1)."""

    def __init__(self, home: Home, clock: Clock, chance: Callable[[], float] = _CHANCE) -> None:
        self._home, self._clock, self._chance = home, clock, chance
        data = home.read(FILE)
        self._at = Departure() if data is None else parse(data, FILE, Departure)

    def allowed(self, hours: Sequence[str]) -> bool:
        """Whether the person lets anything leave at this hour."""
        return left_min(hours, minute_of_day(self._clock.now_us())) > 0

    def due(self, hold_us: int, hours: Sequence[str], most_us: int = FAR_US) -> bool:
        """Whether now is the moment. True once for each; without a hold, always. most_us: how long after the hold what
        was recorded may wait at most, before it is deleted for its age."""
        now_us = self._clock.now_us()
        if not self.allowed(hours):
            return False
        if not hold_us:
            return True
        since_us = now_us - self._at.next_us
        if 0 <= since_us <= LATE_US_MAX:
            self._left(now_us, hours, most_us)
            return True
        if since_us > 0 or -since_us > FAR_US:
            self._miss(now_us, hours, most_us)
        return False

    def again(self, hours: Sequence[str]) -> None:
        """Not everything could leave: the rest does tomorrow."""
        tomorrow = _day(self._clock.now_us()) + 1
        self._write(self._moment(tomorrow, self._at.minute, hours), self._at.minute, 0, self._at.window - 1)

    def _window(self, day: int) -> int:
        return (day + self._at.first) // WINDOW_DAYS

    def _begin(self, window: int) -> int:
        """Its first day."""
        return window * WINDOW_DAYS - self._at.first

    def _left(self, now_us: int, hours: Sequence[str], most_us: int) -> None:
        minute, today = self._at.minute, _day(now_us)
        if minute < 0 or self._at.missed > MISSED_MAX:  # it was in no hour: one around it is the laptop's from now on
            minute = int(minute_of_day(now_us) - self._chance() * HOUR_MIN) % DAY_MIN
        minute = self._allowed(minute, hours)
        if most_us < FAR_US:
            self._write(self._moment(today + 1, minute, hours), minute, 0, self._window(today))
            return
        window = self._at.window + 1
        if self._begin(window + 1) <= today + 1:  # its days are over
            window = self._window(today + 1)
        first = max(self._begin(window), today + 1)
        day = first + int(self._chance() * (self._begin(window + 1) - first))
        self._write(self._moment(day, minute, hours), minute, 0, window)

    def _miss(self, now_us: int, hours: Sequence[str], most_us: int) -> None:
        """Also where nothing was drawn yet, or the clock was set back."""
        missed, minute, today = self._at.missed + 1, self._at.minute, _day(now_us)
        if most_us < FAR_US:  # there is no time to look for an hour
            missed += MISSED_MAX
        if self._at.first < 0:
            self._at = msgspec.structs.replace(self._at, first=int(self._chance() * WINDOW_DAYS))
        window = min(self._at.window or self._window(today), self._window(today))
        if missed > MISSED_MAX:
            most_us = min(SOON_US_MAX, left_min(hours, minute_of_day(now_us)) * MINUTE_US)
            self._write(now_us + int(self._chance() * most_us), minute, missed, window)
            return
        if minute < 0:
            minute = FIRST_MIN + int(self._chance() * (FIRST_MAX_MIN - FIRST_MIN))
        minute = self._allowed(minute, hours)
        next_us = self._moment(today, minute, hours)
        if next_us <= now_us:
            next_us = self._moment(today + 1, minute, hours)
        self._write(next_us, minute, missed, window)

    def _allowed(self, minute: int, hours: Sequence[str]) -> int:
        """The minute, or another one if the person lets nothing leave then."""
        if left_min(hours, minute):
            return minute
        free = [each for each in range(DAY_MIN) if left_min(hours, each)]
        return free[int(self._chance() * len(free))]

    def _moment(self, day: int, minute: int, hours: Sequence[str]) -> int:
        """Within the hour that begins at that minute."""
        return _on_day(day, minute + self._chance() * min(HOUR_MIN, left_min(hours, minute)))

    def _write(self, next_us: int, minute: int, missed: int, window: int) -> None:
        self._at = Departure(next_us, minute, missed, self._at.first, window)
        self._home.write(json_bytes(self._at), FILE)
