"""Plays all scripts at once: many workers, each taking up whichever laptop is due next."""

from __future__ import annotations

import heapq
import queue
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
        self._scripts = [(player.script.steps[0].at_s, n, 0) for n, player in enumerate(players) if player.script.steps]
        heapq.heapify(self._scripts)
        self._changed = threading.Condition()  # what follows, and the heap above
        self._left = sum(len(player.script.steps) for player in players)
        self._late_s_max = 0.0
        self._sent = [0] * len(players)
        self._due: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()
        self._begun = 0.0

    def run(self, say: Callable[[str], None]) -> Driven:
        """Until every script is played."""
        self._begun = said = time.monotonic()
        usual = threading.stack_size(STACK_BYTES)
        try:
            threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._workers)]
            for thread in threads:
                thread.start()
        finally:
            threading.stack_size(usual)
        total = self._left
        with self._changed:
            while self._left:
                self._changed.wait(min(self._hand_out(), SAY_EVERY_S))
                if time.monotonic() - said > SAY_EVERY_S:
                    said = time.monotonic()
                    say(f"{total - self._left:,} of {total:,} steps, {self._late_s_max:.0f} s behind at most")
        for _ in threads:
            self._due.put(None)
        for thread in threads:
            thread.join()
        return Driven(time.monotonic() - self._begun, self._late_s_max)

    def _hand_out(self) -> float:
        """Gives what is due to the workers; how many seconds until the next one is."""
        now = time.monotonic() - self._begun
        while self._scripts:
            wait_s = self._scripts[0][0] / self._speed - now
            if wait_s > 0:
                return wait_s
            _, number, index = heapq.heappop(self._scripts)
            self._due.put((number, index))
        return SAY_EVERY_S

    def _work(self) -> None:
        while (taken := self._due.get()) is not None:
            number, index = taken
            player = self._players[number]
            step = player.script.steps[index]
            late_s = time.monotonic() - self._begun - step.at_s / self._speed
            last = len(player.pieces) - 1
            piece = player.pieces[min(self._sent[number], last)] if player.pieces else None
            self._deeds.do(player.laptop, step, piece)
            if step.deed == "send":
                self._sent[number] += 1
            with self._changed:
                self._late_s_max = max(self._late_s_max, late_s)
                self._left -= 1
                if index + 1 < len(player.script.steps):
                    heapq.heappush(self._scripts, (player.script.steps[index + 1].at_s, number, index + 1))
                self._changed.notify()
