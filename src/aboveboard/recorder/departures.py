"""When what was recorded leaves: at moments that say nothing about when it was recorded, and in the person's own hours.

A segment that left as soon as its hold was over would tell the collector when somebody worked. So everything that waits
leaves together, at a moment drawn by chance, about once in a hold's length. A moment that passed while the laptop was
off is drawn anew, or the upload would tell when it was switched on. Eight thousand laptops do not come at once either.
"""

from __future__ import annotations

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
APART_US_MAX = 12 * 3600 * US_PER_S
LATE_US_MAX = 120 * US_PER_S  # a few of the sender's rounds: later than that, the moment was missed
HOURS_MAX = 10
DAY_MIN = 24 * 60
_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


_CHANCE = random.SystemRandom().random


class Departure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """departure.json: when the next one is, µs since 1970."""

    next_us: int


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


class Departures:
    """For one thread. chance: evenly from [0, 1)."""

    def __init__(self, home: Home, clock: Clock, chance: Callable[[], float] = _CHANCE) -> None:
        self._home, self._clock, self._chance = home, clock, chance
        data = home.read(FILE)
        self._next_us = 0 if data is None else parse(data, FILE, Departure).next_us

    def allowed(self, hours: Sequence[str]) -> bool:
        """Whether the person lets anything leave at this hour."""
        return left_min(hours, minute_of_day(self._clock.now_us())) > 0

    def due(self, hold_us: int, hours: Sequence[str]) -> bool:
        """Whether now is the moment. True once for each; without a hold, always."""
        now_us = self._clock.now_us()
        left_us = left_min(hours, minute_of_day(now_us)) * 60 * US_PER_S
        if not left_us:
            return False
        apart_us = min(hold_us, APART_US_MAX)
        if not apart_us:
            return True
        missed = now_us > self._next_us + LATE_US_MAX or self._next_us > now_us + 2 * apart_us
        if not missed and now_us < self._next_us:
            return False
        # The first after a while falls anywhere; from one to the next it is between half and one and a half holds.
        after_us = self._chance() * apart_us if missed else (0.5 + self._chance()) * apart_us
        self._draw(now_us, int(min(after_us, self._chance() * left_us) if missed and hours else after_us))
        return not missed

    def _draw(self, now_us: int, after_us: int) -> None:
        self._next_us = now_us + after_us
        self._home.write(json_bytes(Departure(self._next_us)), FILE)
