"""Pauses: in force the moment `pause` returns, whatever is still buffered elsewhere. Kept in pauses.jsonl."""

from __future__ import annotations

import datetime
import threading
from dataclasses import dataclass

import msgspec

from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.errors import BadInput
from aboveboard.recorder.home import Home, json_bytes

# The display stamps in whole milliseconds and its offset is measured to less: what may be of the pause is of it.
GUARD_US = 5_000
PAUSES_MAX = 10_000
BORDERS_MAX = 100  # pauses that a run of movement is looked through for: it lasts seconds at most
UNITS_S = {"s": 1, "m": 60, "h": 3600}


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """until_us: None while it lasts and has no end set."""

    from_us: int
    until_us: int | None


@dataclass(frozen=True, slots=True)
class PauseState:
    """since_us: None when not paused."""

    since_us: int | None
    until_us: int | None


def parse_duration(text: str, now_us: int) -> int | None:
    """When a pause ends: "30m", "2h", "until-tomorrow" (local midnight), "until-resumed" (None). Raises BadInput."""
    if text == "until-resumed":
        return None
    if text == "until-tomorrow":
        now = datetime.datetime.fromtimestamp(now_us / US_PER_S).astimezone()
        midnight = (now + datetime.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return int(midnight.timestamp()) * US_PER_S
    number, unit = text[:-1], text[-1:]
    if unit not in UNITS_S or not (number.isascii() and number.isdigit()) or len(number) > 6:
        raise BadInput(f"{text!r} is no length of time: 30m, 2h, until-tomorrow or until-resumed")
    return now_us + int(number) * UNITS_S[unit] * US_PER_S


class Pauses:
    """Any thread may call its methods."""

    def __init__(self, home: Home, clock: Clock) -> None:
        """Takes up a pause that was in force when the recorder stopped."""
        self._home, self._clock = home, clock
        self._lock = threading.Lock()
        data = home.read("pauses.jsonl") or b""
        self._pauses = [msgspec.json.decode(line, type=Pause) for line in data.splitlines()]

    def pause(self, until_us: int | None) -> None:
        """From now on nothing is kept; durable when it returns."""
        with self._lock:
            now_us = self._clock.now_us()
            if self._current(now_us) is not None:
                self._pauses[-1] = Pause(self._pauses[-1].from_us, until_us)
            else:
                self._pauses = [*self._pauses[-PAUSES_MAX:], Pause(now_us - GUARD_US, until_us)]
            self._save()

    def resume(self) -> None:
        with self._lock:
            now_us = self._clock.now_us()
            if self._current(now_us) is not None:
                self._pauses[-1] = Pause(self._pauses[-1].from_us, now_us)
                self._save()

    def _save(self) -> None:
        self._home.write(b"".join(json_bytes(pause) + b"\n" for pause in self._pauses), "pauses.jsonl")

    def _current(self, now_us: int) -> Pause | None:
        last = self._pauses[-1] if self._pauses else None
        return last if last is not None and (last.until_us is None or now_us < last.until_us) else None

    def state(self) -> PauseState:
        with self._lock:
            current = self._current(self._clock.now_us())
        return PauseState(current.from_us, current.until_us) if current else PauseState(None, None)

    def paused(self) -> bool:
        """Whether it is so now."""
        if not self._pauses:
            return False
        with self._lock:
            return self._current(self._clock.now_us()) is not None

    def covers(self, t_us: int) -> bool:
        """Whether this moment lies in a pause, now or earlier."""
        if not self._pauses:
            return False
        with self._lock:
            for pause in reversed(self._pauses):
                if t_us >= pause.from_us:
                    return pause.until_us is None or t_us < pause.until_us + GUARD_US
        return False

    def borders(self, from_us: int, until_us: int) -> list[int]:
        """Where pauses begin and end within [from_us, until_us], in order."""
        if not self._pauses:
            return []
        with self._lock:
            pauses = self._pauses[-BORDERS_MAX:]
        edges = [pause.from_us for pause in pauses]
        edges += [pause.until_us + GUARD_US for pause in pauses if pause.until_us is not None]
        return sorted(edge for edge in edges if from_us < edge <= until_us)

    def last_end_us(self) -> int | None:
        """When the last pause ended; None when there was none or it lasts."""
        with self._lock:
            last = self._pauses[-1] if self._pauses else None
            return None if last is None or self._current(self._clock.now_us()) else last.until_us
