"""Plays all scripts at once: many workers, each taking up whichever laptop is due next."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aboveboard.simulate.deeds import Deeds
from aboveboard.simulate.laptop import Laptop
from aboveboard.simulate.plan import Script
from aboveboard.simulate.work import Piece

STACK_BYTES = 512 << 10
SAY_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Player:
    """A laptop with its script and what it will send."""

    laptop: Laptop
    script: Script
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Driven:
    """late_s_max: how far behind the script the run fell, in seconds of the clock on the wall."""

    wall_s: float
    late_s_max: float


class Drive:
    """speed: simulated seconds in one second of the clock on the wall. workers: how many devices at once, at most."""

    def __init__(self, players: Sequence[Player], deeds: Deeds, speed: float, workers: int) -> None:
        self._players, self._deeds, self._speed, self._workers = players, deeds, speed, workers
        self._due = [(player.script.steps[0].at_s, n, 0) for n, player in enumerate(players) if player.script.steps]
        heapq.heapify(self._due)
        self._lock = threading.Lock()
        self._left = sum(len(player.script.steps) for player in players)
        self._late_s_max = 0.0
        self._sent = [0] * len(players)
        self._begun = 0.0

    def run(self, say: Callable[[str], None]) -> Driven:
        """Until every script is played."""
        self._begun = time.monotonic()
        usual = threading.stack_size(STACK_BYTES)
        try:
            threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._workers)]
            for thread in threads:
                thread.start()
        finally:
            threading.stack_size(usual)
        total = self._left
        for thread in threads:
            while thread.is_alive():
                thread.join(SAY_EVERY_S)
                if thread.is_alive():
                    say(f"{total - self._left:,} of {total:,} steps, {self._late_s_max:.0f} s behind at most")
        return Driven(time.monotonic() - self._begun, self._late_s_max)

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            number, index = taken
            player = self._players[number]
            step = player.script.steps[index]
            last = len(player.pieces) - 1
            piece = player.pieces[min(self._sent[number], last)] if player.pieces else None
            self._deeds.do(player.laptop, step, piece)
            if step.deed == "send":
                self._sent[number] += 1
            with self._lock:
                self._left -= 1
                if index + 1 < len(player.script.steps):
                    heapq.heappush(self._due, (player.script.steps[index + 1].at_s, number, index + 1))

    def _next(self) -> tuple[int, int] | None:
        """The laptop that is due, once it is; None at the end."""
        while True:
            with self._lock:
                if not self._left:
                    return None
                now = time.monotonic() - self._begun
                wait_s = 0.05
                if self._due:
                    wait_s = self._due[0][0] / self._speed - now
                    if wait_s <= 0:
                        _, number, index = heapq.heappop(self._due)
                        self._late_s_max = max(self._late_s_max, -wait_s)
                        return number, index
            time.sleep(min(max(wait_s, 0.01), 0.5))
