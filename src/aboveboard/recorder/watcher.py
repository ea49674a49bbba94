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
from typing import Literal

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import MemoryOnly, ObservedElement, Snapshot
from aboveboard.desktop.accessibility import Accessibility, origin_of
from aboveboard.desktop.atspi import Bus
from aboveboard.desktop.windows import unmarked
from aboveboard.recorder.signs import NEWS, Signs

POLL_S = 1.0  # a change that no event told: looked for while the person is at work, and not otherwise
AT_WORK_US = 2_000_000
ANEW_US = 10_000_000  # a program whose coming no event told: looked for this often, while the person is at work
TREELESS_US = 30_000_000  # the same where nothing else is read
QUIET_S = 0.015  # changes come in flocks
# Between readings that nobody waits for: so many times what the last one cost, within bounds; and while nobody does
# anything. Between looks at the one field in which somebody writes.
APART_COSTS, APART_S_MIN, APART_S_MAX, APART_S_AT_REST, APART_S_FIELD = 100, 0.25, 0.5, 2.0, 0.4
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
        self._dirty_us = _now_us()
        self._written_us = 0  # when something was written in a field, and perhaps nothing else changed
        self._looked_us = 0  # when that field was looked at last
        self._moved_us = 0  # since when the page may be another
        self._moves: deque[int] = deque(maxlen=KEPT)  # and when it was so before
        self._visits: deque[_Visit] = deque(maxlen=VISITS)
        self._visit_us = 0  # since when one is wanted; 0: none is
        self._input_us = 0  # when the person last did something
        self._awaited = self._in_haste = False  # somebody waits for the next reading; for this one
        self._stopping = False
        self._treeless: int | None = None  # a window whose program has no tree, as far as is known
        self._treeless_us = self._came_us = 0  # since when that is so; when a program came or went last
        self._apart_us = 0.0
        self._due: Literal["tree", "field", "page"] = "tree"
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
                self._dirty_us = _now_us()
                if not same:
                    self._move()
                self._signs.wake()

    def _move(self) -> None:
        """From now on the page may be another."""
        self._moved_us = self._dirty_us
        self._moves.append(self._moved_us)

    def treeless(self, window: int) -> bool:
        """Whether the window's program has no tree, as far as is known: nothing in it can be looked up."""
        return self._treeless == window

    def at_work(self) -> None:
        """The person did something: what they see is looked at again for a while, also without a sign of change."""
        with self._lock:
            now_us = _now_us()
            asleep = now_us - self._input_us > AT_WORK_US
            self._input_us = now_us
            if self._treeless is not None and now_us - self._treeless_us > TREELESS_US:
                self._treeless, asleep = None, True
            if asleep and self._treeless is None:
                self._dirty_us = now_us
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
                self._dirty_us = _now_us()
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
        read_us = anew_us = 0
        while (target := self._next_target(read_us)) is not None:
            if self._due == "page":
                self._visit(target)
                continue
            if self._due == "field" and self._look(target, read_us):
                continue
            if self._in_haste and self._glimpse(target, read_us):
                continue
            if self._in_haste or self._moved_us > read_us:
                time.sleep(QUIET_S)
            began_us = read_us = _now_us()
            if began_us - anew_us > ANEW_US:
                anew_us = began_us
                self._reader.look_anew()
            cpu_ns = time.thread_time_ns()
            page, has_tree, self._written_us = None, True, 0
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
            with self._lock:
                self._apart_us = min(max(APART_COSTS * cost_us, APART_S_MIN * 1e6), APART_S_MAX * 1e6)
                self._readings.append(reading)
                self._visited(_Visit(target[0], began_us, reading.ended_us, reading.site))
                # Who came while it was being read was not seen by this reading.
                if not has_tree and target == self._target and self._came_us < began_us:
                    self._treeless, self._treeless_us = target[0], began_us
                self._lock.notify_all()

    def _glimpse(self, target: tuple[int, int, str], read_us: int) -> bool:
        """Looks for the focus alone, which takes a small part of the time; whether it was found. read_us: when the last
        reading began: what stands elsewhere in the window is as it was then, and is read anew at its own pace."""
        return self._seen(target, read_us, self._reader.focused)

    def _look(self, target: tuple[int, int, str], read_us: int) -> bool:
        """The same of the field that had the focus, if it has it still."""
        self._signs.clear(shapes=False)
        with self._lock:
            self._written_us, self._looked_us = 0, _now_us()
        if self._seen(target, read_us, self._reader.field):
            return True
        time.sleep(QUIET_S)
        return False

    def _seen(
        self, target: tuple[int, int, str], read_us: int, see: Callable[[int, str], ObservedElement | None]
    ) -> bool:
        last = self._readings[-1] if self._readings else None
        if last is None or last.snapshot is None or last.window != target[0] or self._moved_us > read_us:
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
        if self._visit_us <= visit.began_us:
            self._visit_us = 0

    def visit(self) -> None:
        """Soon says again which page the window shows, for `stayed`."""
        with self._lock:
            self._visit_us = _now_us()
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

    def _next_target(self, read_us: int) -> tuple[int, int, str] | None:
        """Waits until something is to be read: what. None at the end. Raises Unavailable: the bus is gone."""
        while True:
            with self._lock:
                rest_s = self._rest_s(read_us)
                if self._stopping:
                    return None
                if rest_s == 0.0:
                    self._awaited, self._in_haste = False, self._awaited
                    return self._target
                # Who knows already that something changed need not hear of more.
                shapes = self._dirty_us <= read_us
                texts = shapes and self._written_us <= self._looked_us
            changed, written = self._signs.wait(rest_s, shapes=shapes, texts=texts)
            if changed or written:
                with self._lock:
                    now_us = _now_us()
                    last = self._readings[-1] if self._readings else None
                    if changed or last is None or not last.told:
                        self._dirty_us = max(self._dirty_us, now_us)
                    else:
                        self._written_us = now_us

    def _rest_s(self, read_us: int) -> float | None:
        """How long nothing is to be read unless something changes; 0: what `_due` says is to be read now."""
        target, now_us = self._target, _now_us()
        self._due = "tree"
        if target is None or self._treeless == target[0]:
            return None
        # At once after a new page or for somebody who waits; else not too often.
        if self._awaited or self._moved_us > read_us:
            return 0.0
        at_work = now_us - self._input_us < AT_WORK_US
        dues: list[float] = [read_us + POLL_S * 1e6] if at_work else []
        if self._dirty_us > read_us:
            apart_us = self._apart_us if at_work else APART_S_AT_REST * 1e6
            dues.append(max(read_us + apart_us, self._dirty_us + QUIET_S * 1e6))
        due_us = min(dues, default=None)
        if due_us is not None and due_us <= now_us:
            return 0.0
        if self._visit_us:
            self._due = "page"
            return 0.0
        if self._written_us:
            look_us = max(self._looked_us, read_us) + APART_S_FIELD * 1e6
            if look_us <= now_us:
                self._due = "field"
                return 0.0
            due_us = look_us if due_us is None else min(due_us, look_us)
        return None if due_us is None else (due_us - now_us) / 1e6

    def before(self, window: int, t_us: int) -> Snapshot | None:
        """The newest tree of the window that was complete at t_us."""
        with self._lock:
            for reading in reversed(self._readings):
                if reading.window == window and reading.ended_us <= t_us and reading.ended_us >= self._moved_us:
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
            if last is None or last.window != window or last.began_us < self._moved_us:
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
                self._dirty_us = max(self._dirty_us, _now_us())
                self._awaited = True
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
