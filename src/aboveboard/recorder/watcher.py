"""Keeps the accessible elements of the front window at hand, off the input path.

Two threads: one hears at once that another page or program came, the other that something else changed, as late as it
may, and reads the tree anew. What was read is kept with the time its reading began and ended, so that input can be
matched with the tree as it was *before* it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import MemoryOnly, ObservedElement, Snapshot
from aboveboard.desktop.accessibility import Accessibility, origin_of
from aboveboard.desktop.atspi import Bus
from aboveboard.desktop.windows import unmarked
from aboveboard.recorder.pace import AT_WORK_US, QUIET_S, Due, Pace
from aboveboard.recorder.signs import NEWS, Signs

ANEW_US = 10_000_000  # a program whose coming no event told: looked for this often, while the person is at work
TREELESS_US = 30_000_000  # the same where nothing else is read
KEPT = 16
# A reading so soon after the focus may have moved that finds it nowhere, as while a menu closes, says nothing of a key.
TRANSIT_US = 500_000
VISITS = 1024


@dataclass(frozen=True, slots=True, repr=False)
class Reading(MemoryOnly):
    """What was read of one window, and when: µs since 1970."""

    window: int
    began_us: int
    ended_us: int
    snapshot: Snapshot | None
    site: str | None
    told: bool = False  # what changes here is told by signs of its own: a text that is written changes nothing else


@dataclass(frozen=True, slots=True, repr=False)
class _Visit(MemoryOnly):
    """That a window was found to show a page of this site, between two moments."""

    window: int
    began_us: int
    ended_us: int
    site: str | None


def _now_us() -> int:
    return time.time_ns() // 1000


def _place(target: tuple[int, int, str] | None) -> tuple[object, ...]:
    return () if target is None else (*target[:2], unmarked(target[2]))


class Watcher:
    """Any thread may call its methods."""

    def __init__(self, session_bus: str) -> None:
        """Raises Unavailable when there is no accessibility bus."""
        self._reader = Accessibility(session_bus)
        self._signs = Signs(session_bus)
        self._news = Bus(session_bus)
        self._news.match(NEWS)
        self._lock = threading.Condition()
        self._readings: deque[Reading] = deque(maxlen=KEPT)
        self._glimpses: deque[Reading] = deque(maxlen=KEPT)  # of the focus alone, with the elements of the last reading
        self._target: tuple[int, int, str] | None = None  # window, process, title
        self._pace = Pace(dirty_us=_now_us())
        self._moves: deque[int] = deque(maxlen=KEPT)  # when the page became another, perhaps
        self._visits: deque[_Visit] = deque(maxlen=VISITS)
        self._in_haste = False  # somebody waits for this reading
        self._stopping = False
        self._treeless: int | None = None  # a window whose program has no tree, as far as is known
        self._treeless_us = self._came_us = 0  # since when that is so; when a program came or went last
        self._due: Due = "tree"
        self.lost = False
        self._threads = [
            threading.Thread(target=self._hear, name="accessibility-events", daemon=True),
            threading.Thread(target=self._read, name="accessibility-reader", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
        self._signs.wake()
        self._news.wake()
        for thread in self._threads:
            thread.join(2.0)
        self._reader.close()
        self._signs.close()
        self._news.close()

    def watch(self, window: int, pid: int | None, title: str) -> None:
        """Looks at this window from now on; a new title may be a new page, so what was known of it counts no more."""
        with self._lock:
            target = None if pid is None else (window, pid, title)
            if target != self._target:
                same = _place(target) == _place(self._target)
                self._target, self._treeless = target, None
                self._pace.dirty_us, self._pace.untold = _now_us(), 0
                if not same:
                    self._move()
                self._signs.wake()

    def _move(self) -> None:
        """From now on the page may be another."""
        self._pace.moved_us, self._pace.untold = self._pace.dirty_us, 0
        self._moves.append(self._pace.moved_us)

    def treeless(self, window: int) -> bool:
        """Whether the window's program has no tree, as far as is known: nothing in it can be looked up."""
        return self._treeless == window

    def at_work(self) -> None:
        """The person did something: what they see is looked at again for a while, also without a sign of change."""
        with self._lock:
            now_us = _now_us()
            asleep = now_us - self._pace.input_us > AT_WORK_US
            self._pace.input_us = now_us
            if self._treeless is not None and now_us - self._treeless_us > TREELESS_US:
                self._treeless, asleep = None, True
            if asleep and self._treeless is None:
                self._pace.dirty_us = now_us
                self._signs.wake()

    def pressed(self, t_us: int) -> None:
        """The person pressed something at t_us: what that changes is wanted before the next press."""
        with self._lock:
            if self._pace.pressed(t_us):
                self._signs.wake()

    def turned(self, t_us: int) -> None:
        """The person turned the wheel at t_us."""
        with self._lock:
            if self._pace.turned(t_us):
                self._signs.wake()

    def stirred(self) -> None:
        """A hand begins to move: what it may act on is wanted before it is there."""
        self.at_work()
        with self._lock:
            if self._pace.stirred(_now_us()):
                self._signs.wake()

    def _hear(self) -> None:
        while not self._stopping:
            try:
                heard = self._news.signals(None)
            except Unavailable:
                self.lost = True
                return
            if not heard:
                continue
            with self._lock:
                self._pace.dirty_us = _now_us()
                if any(signal.member == "ChildrenChanged" for signal in heard):  # an application came or went
                    self._reader.look_anew()
                    self._treeless, self._came_us = None, _now_us()
                if any(signal.member in ("LoadComplete", "Reload") for signal in heard):
                    self._move()
                self._signs.wake()

    def _read(self) -> None:
        try:
            self._read_on()
        except Unavailable:
            self.lost = True

    def _read_on(self) -> None:
        anew_us = 0
        while (target := self._next_target()) is not None:
            if self._due == "page":
                self._visit(target)
                continue
            if self._due == "field" and self._look(target):
                continue
            if self._in_haste and self._glimpse(target):
                continue
            if self._in_haste or self._pace.moved_us > self._pace.read_us:
                time.sleep(QUIET_S)
            began_us, wanted = _now_us(), self._pace.wanted
            self._pace.read_us = began_us
            if began_us - anew_us > ANEW_US:
                anew_us = began_us
                self._reader.look_anew()
            cpu_ns = time.thread_time_ns()
            page, has_tree, self._pace.written_us = None, True, 0
            # A bus that fails leaves the window unknown, which is not recorded; the next turn tries again.
            with contextlib.suppress(Unavailable):
                self._signs.follow(self._reader.name_of(target[1]))
                self._signs.clear()
                page = self._reader.read(target[1], target[2])
                has_tree = page is not None or self._reader.has(target[1])
            reading = Reading(
                target[0], began_us, _now_us(), page.snapshot if page else None, origin_of(page.url) if page else None,
                told=page is not None and not page.is_document,
            )  # fmt: skip
            cost_us = (time.thread_time_ns() - cpu_ns) // 1000
            torn = page is not None and (page.torn or (wanted and self._signs.wait(0.0, shapes=True, texts=False)[0]))
            with self._lock:
                self._readings.append(reading)
                told = reading.told or reading.site is not None or not has_tree
                self._pace.read(reading.ended_us, cost_us, torn=torn, told=told)
                self._visited(_Visit(target[0], began_us, reading.ended_us, reading.site))
                # Who came while it was being read was not seen by this reading.
                if not has_tree and target == self._target and self._came_us < began_us:
                    self._treeless, self._treeless_us = target[0], began_us
                self._lock.notify_all()

    def _glimpse(self, target: tuple[int, int, str]) -> bool:
        """Looks for the focus alone, which takes a small part of the time; whether it was found. What stands elsewhere
        in the window is as it was at the last reading, and is read anew at its own pace."""
        return self._seen(target, self._reader.focused)

    def _look(self, target: tuple[int, int, str]) -> bool:
        """The same of the field that had the focus, if it has it still."""
        self._signs.clear(shapes=False)
        with self._lock:
            self._pace.written_us, self._pace.looked_us = 0, _now_us()
        if self._seen(target, self._reader.field):
            return True
        time.sleep(QUIET_S)
        return False

    def _seen(self, target: tuple[int, int, str], see: Callable[[int, str], ObservedElement | None]) -> bool:
        last = self._readings[-1] if self._readings else None
        moved = self._pace.moved_us > self._pace.read_us
        if last is None or last.snapshot is None or last.window != target[0] or moved:
            return False
        began_us, found = _now_us(), None
        with contextlib.suppress(Unavailable):
            found = see(target[1], target[2])
        if found is None:
            return False
        snapshot = Snapshot(last.snapshot.t_us, last.snapshot.elements, found)
        with self._lock:
            self._glimpses.append(Reading(target[0], began_us, _now_us(), snapshot, last.site))
            self._lock.notify_all()
        return True

    def _visit(self, target: tuple[int, int, str]) -> None:
        """Looks up the page's address alone."""
        began_us, address = _now_us(), None
        with contextlib.suppress(Unavailable):
            address = self._reader.address(target[1], target[2])
        with self._lock:
            self._visited(_Visit(target[0], began_us, _now_us(), origin_of(address)))

    def _visited(self, visit: _Visit) -> None:
        self._visits.append(visit)
        if self._pace.visit_us <= visit.began_us:
            self._pace.visit_us = 0

    def visit(self) -> None:
        """Soon says again which page the window shows, for `stayed`."""
        with self._lock:
            self._pace.visit_us = _now_us()
            self._signs.wake()

    def stayed(self, window: int, t_us: int, site: str | None) -> bool | None:
        """Whether the window showed this site's page at t_us: as found both before and after, without a sign of another
        page in between. None: not known yet."""
        with self._lock:
            found = [visit for visit in self._visits if visit.window == window]
            before = next((visit for visit in reversed(found) if visit.ended_us <= t_us), None)
            after = next((visit for visit in found if visit.began_us >= t_us), None)
            if before is None or before.site != site or site is None:
                return False
            until_us = after.began_us if after is not None else _now_us()
            forgotten = len(self._moves) == KEPT and self._moves[0] > before.began_us
            if forgotten or any(before.began_us < moved_us <= until_us for moved_us in self._moves):
                return False
            return None if after is None else after.site == site

    def _next_target(self) -> tuple[int, int, str] | None:
        """Waits until something is to be read: what. None at the end. Raises Unavailable: the bus is gone."""
        while True:
            with self._lock:
                rest_s = self._rest_s()
                if self._stopping:
                    return None
                if rest_s == 0.0:
                    self._pace.awaited, self._in_haste = False, self._pace.awaited
                    return self._target
                shapes, texts = self._pace.hears
            changed, written = self._signs.wait(rest_s, shapes=shapes, texts=texts)
            if changed or written:
                with self._lock:
                    now_us = _now_us()
                    last = self._readings[-1] if self._readings else None
                    if changed or last is None or not last.told:
                        self._pace.dirty_us = max(self._pace.dirty_us, now_us)
                    else:
                        self._pace.written_us = now_us

    def _rest_s(self) -> float | None:
        """How long nothing is to be read unless something changes; 0: what `_due` says is to be read now."""
        if self._target is None or self._treeless == self._target[0]:
            return None
        rest_s, self._due = self._pace.rest(_now_us())
        return rest_s

    def before(self, window: int, t_us: int) -> Snapshot | None:
        """The newest tree of the window that was complete at t_us."""
        with self._lock:
            for reading in reversed(self._readings):
                if reading.window == window and reading.ended_us <= t_us and reading.ended_us >= self._pace.moved_us:
                    return reading.snapshot
        return None

    def site(self, window: int, t_us: int) -> str | None:
        """The origin shown in the window at t_us; None when a sign of another page came and it was not read since."""
        with self._lock:
            for reading in reversed(self._readings):
                if reading.window == window and reading.began_us <= t_us:
                    if not any(reading.began_us < moved_us <= t_us for moved_us in self._moves):
                        return reading.site
                    break
            # The page at t_us may have been read only after it.
            last = self._readings[-1] if self._readings else None
            if last is None or last.window != window or last.began_us < self._pace.moved_us:
                return None
            later = any(t_us < moved_us <= last.began_us for moved_us in self._moves)
            return None if later else last.site

    def focused(
        self, window: int, since_us: int, t_us: int, late_us: int
    ) -> tuple[ObservedElement | None, Snapshot | None]:
        """The focused element at t_us, as read at or after since_us: the last reading before t_us, or the first one
        after it, for which it waits. What was read completely only late_us after t_us does not count, whenever it is
        asked: (None, None) then, the field is unknown."""
        if self._treeless == window:
            return None, None
        deadline = time.monotonic() + (t_us + late_us - _now_us()) / 1e6
        with self._lock:
            while self._treeless != window:
                found = self._reading_of(window, max(since_us, self._moved_before(t_us)), t_us, t_us + late_us)
                if found is not None:
                    return (found.snapshot.focused, found.snapshot) if found.snapshot else (None, None)
                left = deadline - time.monotonic()
                if left <= 0 or self._stopping:
                    return None, None
                self._pace.dirty_us = max(self._pace.dirty_us, _now_us())
                self._pace.awaited = True
                self._signs.wake()
                self._lock.wait(left)
        return None, None

    def moved_since(self, t_us: int) -> bool:
        """Whether anything was heard after t_us of a focus that moved. On a busy machine it may have moved before."""
        with self._lock:
            return any(moved_us > t_us for moved_us in self._moves)

    def _moved_before(self, t_us: int) -> int:
        return max((moved_us for moved_us in self._moves if moved_us <= t_us), default=0)

    def _reading_of(self, window: int, since_us: int, t_us: int, until_us: int) -> Reading | None:
        """The newest that began in [since_us, t_us]; else the oldest after that; of those that had ended at until_us.
        Where the newest found the focus on its way, only one after it. None when there is none."""
        after: Reading | None = None
        for reading in sorted((*self._readings, *self._glimpses), key=lambda one: one.began_us, reverse=True):
            if reading.window != window or reading.began_us < since_us:
                break
            if reading.ended_us > until_us:
                continue
            nowhere = reading.snapshot is None or reading.snapshot.focused is None
            on_its_way = nowhere and reading.began_us < since_us + TRANSIT_US
            if reading.began_us <= t_us:
                return after if on_its_way else reading
            if not on_its_way:
                after = reading
        return after
