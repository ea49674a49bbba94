"""observe -> gate -> redact -> spool, on one thread.

Every instant of a session is covered: by recorded time (something was or could have been kept) or by a Gap with its
reason. Chunks end only where nothing older can still come: before a run of typing that is still open, and a little
before now, because the display's events take a moment.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec
import numpy as np

from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.errors import Refused, Unavailable
from aboveboard.core.events import ButtonEdge, GapReason, Glance, KeyEdge, Motion, Observed, RawInput, Redacted
from aboveboard.recorder.gate import Gate, Withheld
from aboveboard.recorder.pauses import GUARD_US, Pauses
from aboveboard.recorder.platform.source import Observer
from aboveboard.recorder.spool.chunks import times_of
from aboveboard.recorder.spool.spool import Spool, SpoolFull
from aboveboard.recorder.steady import Steady
from aboveboard.redact.stage import RedactionStage

# A chunk is written when so much is in it. What is not written yet waits at most OPEN_S_MAX more, and a source gathers
# less than a second: a crash loses less than that.
CHUNK_US = 400_000
OPEN_S_MAX = 0.5
UNKNOWN_S = 1.0  # a page that was just opened gets known without any event
BUFFER_MAX = 20_000
MARK_US_MAX = 300_000_000  # how long a task's mark waits for a window that is recorded
LAG_US = 20_000
IDLE_US = 10_000_000  # an open run of typing that nobody goes on with
# Reasons that hold whatever the input lands on: they begin a gap by themselves.
_EVERYWHERE: frozenset[GapReason] = frozenset(
    {"opted_out", "no_policy", "region", "no_consent", "no_indicator", "power", "data_budget", "spool_full"}
)


@dataclass(frozen=True, slots=True)
class Under:
    """What the session's chunks are recorded under."""

    session: str
    policy: str
    consent: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What the person said about their task."""

    phase: Literal["start", "stop"]
    description: str = ""
    outcome: Literal["success", "failure", ""] = ""


@dataclass(slots=True)
class Counts:
    """Numbers of input events, by kind and, for what was withheld, by reason."""

    kept: Counter[str] = field(default_factory=Counter)
    withheld: dict[str, Counter[str]] = field(default_factory=dict)


def _told(event: RawInput) -> tuple[str, int, int, int]:
    """(kind, how many, when it began, when it ended). Counted: motion samples, button edges, wheel notches, key edges
    without auto-repeat."""
    if isinstance(event, Motion):
        return "motion", len(event.t_us), int(event.t_us[0]), int(event.t_us[-1])
    if isinstance(event, KeyEdge):
        return "keys", 0 if event.repeat else 1, event.t_us, event.t_us
    return ("buttons" if isinstance(event, ButtonEdge) else "wheel"), 1, event.t_us, event.t_us


def _newest_us(events: list[Observed]) -> int | None:
    """Input comes in order of time; pictures are of earlier."""
    return next((_told(each.input)[3] for each in reversed(events) if not isinstance(each.input, Glance)), None)


def _parted(observed: Observed, event: Motion, pauses: Pauses) -> list[Observed]:
    """Movement that was read at once though a pause began or ended in it is judged in parts."""
    borders = pauses.borders(int(event.t_us[0]), int(event.t_us[-1]))
    if not borders:
        return [observed]
    found = []
    cuts = [0, *np.searchsorted(event.t_us, borders).tolist(), len(event.t_us)]
    for first, end in itertools.pairwise(cuts):
        if end > first:
            part = slice(first, end)
            found.append(replace(observed, input=Motion(event.t_us[part], event.x[part], event.y[part])))
    return found


class Pipeline:
    """`step` again and again; `finish` at the end. One thread."""

    def __init__(
        self, observer: Observer, gate: Gate, stage: RedactionStage, spool: Spool, pauses: Pauses, clock: Clock,
        under: Under, show: Callable[[str], None], lost_us: int | None = None,
    ) -> None:  # fmt: skip
        """show: told the indicator's state whenever it is known; lost_us: since when there was no source before, µs."""
        self._observer, self._gate, self._stage, self._spool = observer, gate, stage, spool
        self._pauses, self._clock, self._under, self._show = pauses, clock, under, show
        self.counts = Counts()
        self.steady = Steady()
        self.reason: GapReason | None = None
        self._buffer: list[Redacted] = []
        self._start_us = clock.now_us() if lost_us is None else lost_us
        self._gap: tuple[GapReason, int] | None = None if lost_us is None else ("source_lost", lost_us)
        self._paused_to_us = 0  # where the gap of the last pause ends
        self.seen_us = self._start_us  # up to when all input is known
        self._last_key_us = 0
        self._mark: tuple[Mark, int] | None = None  # waits, and until when

    def step(self, timeout_s: float) -> None:
        """Takes in what has come within timeout_s. Raises Unavailable when the display is gone; call finish then.
        Raises Jumped when the clock did, so that what has come has no time; call end_at then."""
        open_us = self._stage.open_since_us
        may_close = bool(self._buffer) and (open_us is None or open_us > self._start_us)
        if may_close or self._stage.waits_for_pictures:
            timeout_s = min(timeout_s, OPEN_S_MAX)
        if self.reason is not None and self.reason != "paused" and self.reason not in _EVERYWHERE:
            timeout_s = min(timeout_s, UNKNOWN_S)
        if self._last_key_us:
            left_us = self._last_key_us + IDLE_US + LAG_US - self._clock.now_us()
            timeout_s = min(timeout_s, max(left_us / US_PER_S, 0.0))
        self._observer.wait(timeout_s)
        self.steady.check()
        safe_us = self._clock.now_us() - LAG_US  # what is older has come by now
        events = self._observer.read()
        newest_us, self.seen_us = _newest_us(events), max(safe_us, self._start_us)
        self._standing(events)
        for observed in events:
            event = observed.input
            if isinstance(event, Motion):
                for part in _parted(observed, event, self._pauses):
                    self._take(part)
            elif isinstance(event, Glance):
                self._see(observed)
            else:
                self._take(observed)
        pictures = self._stage.pictures()
        if self._gap is None:
            self._buffer += pictures
        if self._last_key_us and safe_us - self._last_key_us > IDLE_US:
            self._buffer += self._stage.flush()
            self._last_key_us = 0
        if self._buffer and safe_us - self._start_us > CHUNK_US:
            # While a busy display delivers late, what is older than the newest has come, and perhaps no more.
            self._close_chunk(safe_us if newest_us is None else min(safe_us, newest_us))

    def _standing(self, events: Sequence[Observed] = ()) -> None:
        """What holds without any input: pauses begin and end by themselves, and the indicator says what is. events:
        read with it; while a pause lasts all of them are dropped, however old, so the gap reaches back to them."""
        state = self._pauses.state()
        if state.since_us is not None:
            if self._gap is None or self._gap[0] != "paused":
                # Taken in a moment before the command, and yet, by the display's clock, of the pause.
                self._buffer = [item for item in self._buffer if times_of(item.event)[1] < state.since_us]
                in_hand = (_told(each.input)[2] for each in events if not isinstance(each.input, Glance))
                self._enter_gap("paused", max(min([state.since_us, *in_hand]), self._paused_to_us))
        elif self._gap is not None and self._gap[0] == "paused":
            self._leave_gap((self._pauses.last_end_us() or self._clock.now_us()) + GUARD_US)
        withheld = self._gate.standing(self._observer.surface())
        self.reason = withheld.reason if withheld else None
        if withheld is not None and withheld.reason in _EVERYWHERE:
            self._enter_gap(withheld.reason, self._clock.now_us())
        if self._mark is not None:
            mark, until_us = self._mark
            if withheld is None or self._clock.now_us() > until_us:
                self._mark = None
            if withheld is None:
                self.task(mark)
        self._show("recording" if withheld is None else "paused" if withheld.reason == "paused" else "not_allowed")

    def _take(self, observed: Observed) -> None:
        kind, n, first_us, last_us = _told(observed.input)
        if self._gate.is_own(observed.input):
            self.counts.withheld.setdefault("own_hotkey", Counter())[kind] += n
            return
        verdict = self._gate.admit(observed)
        if isinstance(verdict, Withheld):
            self.counts.withheld.setdefault(verdict.reason, Counter())[kind] += n
            self._enter_gap(verdict.reason, first_us)
            if observed.scene is not None:
                self._observer.anew()
            return
        self._leave_gap(first_us)
        self.counts.kept[kind] += n
        if kind == "keys":
            self._last_key_us = last_us
        self._buffer += self._stage.feed(verdict)

    def _see(self, observed: Observed) -> None:
        """A picture says nothing of what can be kept beside it: one that is withheld begins no gap, and within one none
        is kept."""
        verdict = self._gate.admit(observed)
        reason = verdict.reason if isinstance(verdict, Withheld) else self._gap[0] if self._gap is not None else None
        if reason is not None or isinstance(verdict, Withheld):
            self.counts.withheld.setdefault(reason or "no_policy", Counter())["frames"] += 1
            return
        self.counts.kept["frames"] += 1
        self._buffer += self._stage.feed(verdict)

    def _enter_gap(self, reason: GapReason, t_us: int) -> None:
        if self._gap is not None and self._gap[0] == reason:
            if reason in _EVERYWHERE:  # noticed before it was looked at what came in before that
                self._gap = (reason, max(min(self._gap[1], t_us), self._start_us))
            return
        if reason == "paused" and t_us < self._paused_to_us:
            return  # read late: of a pause that has ended and whose gap is said
        self._leave_gap(t_us)
        if reason in _EVERYWHERE or reason == "paused":
            self._observer.unsee()
        # What was being typed ends here; a pause drops it, and what the display's clock, a moment ahead of ours, dated
        # after it although it came before.
        if reason == "paused":
            self._buffer = [item for item in self._buffer if times_of(item.event)[1] <= t_us]
        self._buffer += self._stage.gap(t_us, t_us, reason) if reason == "paused" else self._stage.flush()
        self._gap = (reason, max(t_us, self._start_us))
        self._observer.anew()

    def _leave_gap(self, t_us: int) -> None:
        if self._gap is None:
            return
        reason, since_us = self._gap
        self._gap = None
        if reason == "paused":
            self._paused_to_us = max(t_us, since_us)
        if reason in _EVERYWHERE or reason == "paused":
            self._observer.unsee()  # what may be seen is another now
        self._buffer += self._stage.gap(since_us, max(t_us, since_us), reason)

    def task(self, mark: Mark) -> None:
        """The contributor's own mark. Raises Refused with the reason where nothing is kept."""
        withheld = self._gate.standing(self._observer.surface())
        if withheld is not None:
            raise Refused(withheld.reason, "nothing is kept here now, so no task can be marked here")
        self._leave_gap(self._clock.now_us())
        self._buffer += self._stage.task(mark.phase, mark.description, mark.outcome)
        self._observer.anew()  # an episode begins with what was to be seen

    def task_soon(self, mark: Mark) -> None:
        """Makes the mark in the next window in which something is kept."""
        self._mark = (mark, self._clock.now_us() + MARK_US_MAX)

    def forget(self, from_us: int, until_us: int, app: str | None) -> int:
        """Deletes from what is not sent, memory included; how many events."""
        self._settle()
        gone = self._spool.forget(from_us, until_us, app)
        now_us = self._clock.now_us()
        self._observer.unsee()
        self._stage.gap(now_us, now_us, "forgotten")  # drops what is in hand; the next event says anew where it is
        self._observer.anew()
        return gone

    def _settle(self) -> None:
        """Everything so far into the spool, up to now."""
        self._buffer += self._stage.flush()
        self._last_key_us = 0
        self._close_chunk(self._clock.now_us())

    @property
    def covered_us(self) -> int:
        """Up to when chunks cover the session."""
        return self._start_us

    def finish(self, reason: GapReason | None = None) -> None:
        """Ends the session: covered to now. reason: "opted_out" drops what is in hand."""
        if reason is not None:
            now_us = self._clock.now_us()
            self._buffer += self._stage.gap(now_us, now_us, reason)
        self._settle()
        self._stage.close()
        # Where the disk says no, the next start takes the open chunk up.
        with contextlib.suppress(Unavailable):
            self._spool.fold()

    def end_at(self, last_us: int) -> None:
        """Ends the session at the last moment whose time is known; from there to now is a gap, if now is later."""
        self._buffer += self._stage.flush()
        self._leave_gap(last_us)
        self._close_chunk(last_us)
        if self._clock.now_us() > last_us:
            self._gap = ("source_lost", max(last_us, self._start_us))
        self.finish()

    settle = _settle

    def _close_chunk(self, safe_us: int) -> None:
        last_us = max((times_of(item.event)[1] for item in self._buffer), default=0)
        end_us = max(safe_us, last_us + 1)
        if self._stage.open_since_us is not None:
            end_us = min(end_us, self._stage.open_since_us)
        if self._gap is not None and self._gap[1] < end_us:
            reason, since_us = self._gap
            self._buffer += self._stage.gap(since_us, end_us, reason)
            self._gap = (reason, end_us)
        if end_us <= self._start_us:
            return
        items = [self._not_before(item) for item in self._buffer if item.event.t_us < end_us]
        self._buffer = [item for item in self._buffer if item.event.t_us >= end_us]
        try:
            self._spool.append(
                items, session=self._under.session, policy=self._under.policy, consent=self._under.consent,
                epoch=self._under.epoch, start_us=self._start_us, end_us=end_us,
            )  # fmt: skip
        except SpoolFull:
            # The bound holds: this stretch is lost, and says why as soon as there is room.
            self.counts.withheld.setdefault("spool_full", Counter())["chunks"] += 1
            self._gap = ("spool_full", self._start_us)
            return
        except Unavailable:
            self._buffer = (
                items + self._buffer
            )  # the disk may be back in a moment; the buffer is bounded by step's rate
            if len(self._buffer) > BUFFER_MAX:
                self._buffer = []
                self._gap = ("spool_full", self._start_us)
            return
        self._start_us = end_us

    def _not_before(self, item: Redacted) -> Redacted:
        """The display stamps in milliseconds, so an event may equal the end of the chunk before; a µs moves it over."""
        if item.event.t_us >= self._start_us:
            return item
        return replace(item, event=msgspec.structs.replace(item.event, t_us=self._start_us))
