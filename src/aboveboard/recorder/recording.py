"""The thread that records: sessions begin and end here, and what other threads want done with one is done here.

Capture is started only after consent and with a living indicator, and stopped as soon as either is gone.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aboveboard.core.charter import Charter
from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.errors import Unavailable
from aboveboard.core.leaves import DAY_US
from aboveboard.core.policy import Policy
from aboveboard.recorder import memory
from aboveboard.recorder.conditions import Conditions
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.epochs import current_epoch, month_of
from aboveboard.recorder.errands import Errands
from aboveboard.recorder.gate import Gate
from aboveboard.recorder.home import Home
from aboveboard.recorder.indicator import Indicator
from aboveboard.recorder.loss import Loss
from aboveboard.recorder.pauses import Pauses
from aboveboard.recorder.pipeline import Pipeline, Under
from aboveboard.recorder.platform.source import Observer
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.steady import Jumped
from aboveboard.recorder.tally import Tally
from aboveboard.recorder.terms import Terms
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.stage import RedactionStage

STEP_S = 30.0  # input, changes of windows, work to do and the ends of pauses do not wait for it
AGAIN_S = 8.0  # a display or a bus that is gone is looked for this often, and a clock that was set back looked at


@dataclass(slots=True)
class Parts:
    """What a recorder works with."""

    home: Home
    terms: Terms
    charter: Charter
    policy: Policy
    consents: Consents
    pauses: Pauses
    spool: Spool
    sender: Sender
    indicator: Indicator
    observe: Callable[[], Observer]
    clock: Clock


class Recording:
    """Any thread may call `start`, `stop`, `wake`, `do` and `counters`; the others are for work given to `do`.

    problem: why nothing can be recorded, in words; "" when nothing stands against it. stopped: set when the thread has
    ended.
    """

    def __init__(self, parts: Parts, conditions: Conditions) -> None:
        self._p, self._conditions = parts, conditions
        self.pipeline: Pipeline | None = None
        self.observer: Observer | None = None
        self.task = ""  # the one that is marked as begun, as its person described it
        self._month, self._day = "", 0  # of the session's epoch; looked at last, in days since 1970
        self._tally = Tally()
        self._not_before_us = 0  # a session begins only after this
        self._loss = Loss(parts.clock)
        self._errands = Errands()
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self.stopped = threading.Event()
        self.on_stopped: Callable[[], None] = lambda: None
        self.on_back: Callable[[], None] = lambda: None  # display and bus are there, perhaps again
        self.on_turn: Callable[[], None] = lambda: None  # called again and again, every few seconds at least
        self.problem = ""
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the session and the thread."""
        self._stopping.set()
        self.wake()
        self._thread.join()

    def wake(self) -> None:
        """Ends the thread's wait: something else holds, or there is work to do."""
        self._woken.set()
        observer = self.observer
        if observer is not None:
            observer.wake()

    def do(self, work: Callable[[], int]) -> int:
        """Runs `work` on the recording thread and waits for it."""
        if self.stopped.is_set():
            return work()
        return self._errands.run(work, self.wake)

    def counters(self) -> dict[str, Any]:
        """See Tally."""
        return self._tally.total(self.pipeline, self.observer)

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._errands.do()
                self.on_turn()
                if self._conditions.consent == "given":
                    try:
                        self._record()
                    except Unavailable as error:
                        self._lose(error)
                else:
                    self._rest("off" if self._conditions.consent == "opted_out" else "waiting_for_consent")
        except Unavailable as error:
            self.problem = str(error)
        finally:
            self.end_session()
            self._errands.do()
            self.stopped.set()
            self.on_stopped()

    def _rest(self, state: str, rest_s: float = STEP_S) -> None:
        """Until it is woken, or for a while."""
        self._p.indicator.show(state)
        self._woken.wait(rest_s)
        self._woken.clear()

    def _lose(self, error: Unavailable) -> None:
        """Display or accessibility bus can't be used: it is tried again for a while. Raises Unavailable after that."""
        pipeline = self.pipeline
        self.end_session(pipeline.seen_us if pipeline is not None else None)
        self.problem = self._loss.lost(str(error), pipeline.covered_us if pipeline is not None else None)
        self._rest("not_allowed", AGAIN_S)

    def _record(self) -> None:
        day = self._p.clock.now_us() // DAY_US
        if day != self._day:  # a month's name costs as much as many events
            self._day = day
            if self.pipeline is not None and month_of(self._p.clock) != self._month:
                self.end_session()
        if self.pipeline is None:
            if self._p.clock.now_us() <= self._not_before_us:
                self.problem = "the clock was set back: nothing is recorded until it has passed what was recorded"
                self._rest("not_allowed", AGAIN_S)
                return
            if self._not_before_us:
                self._not_before_us, self.problem = 0, ""
            self._begin_session()
        if self.pipeline is not None:
            until_us = self._p.pauses.state().until_us
            left_s = STEP_S if until_us is None else max((until_us - self._p.clock.now_us()) / US_PER_S, 0.001)
            try:
                self.pipeline.step(min(left_s, STEP_S))
            except Jumped as jumped:
                # A session has one measure of time: the next takes it anew, and does not begin before this one ends.
                self._not_before_us = jumped.last_us
                self.end_session(jumped.last_us)

    def _begin_session(self) -> None:
        """New redactor, new placeholders: nothing links one session to another."""
        p = self._p
        consent = p.consents.current(p.policy.policy_id)
        if consent is None:
            return
        epoch = current_epoch(p.home, p.charter, p.policy.policy_id, p.consents.contributor, p.consents.device, p.clock)
        self._month = epoch.month
        under = Under(secrets.token_hex(16), p.policy.policy_id, consent, epoch.epoch)
        self.observer = p.observe()
        self.on_back()
        lost_us = self._loss.found()
        if lost_us is not None:
            self.problem = ""
        stage = RedactionStage(Redactor(os.urandom(32)), p.clock)
        gate = Gate(self._conditions)
        self.observer.pictures(p.policy.frames, gate.may_show)
        self.pipeline = Pipeline(self.observer, gate, stage, p.spool, p.pauses, p.clock, under, p.indicator.show,
                                 lost_us)  # fmt: skip
        memory.settle()
        p.sender.wake()

    # ------------------------------------------------------------ on that thread

    def end_session(self, known_us: int | None = None) -> None:
        """known_us: the last moment whose time is known, if that is not now."""
        pipeline, observer = self.pipeline, self.observer
        self.pipeline = self.observer = None
        self.task = ""
        if pipeline is not None:
            if known_us is None:
                pipeline.finish()
            else:
                pipeline.end_at(known_us)
            self._tally.session_ended(pipeline.counts)
        if observer is not None:
            self._tally.source_ended(observer.counters)
            observer.close()

    def leave(self) -> None:
        """Ends the session; what comes next is of another policy, or another consent."""
        self.end_session()
        self._loss.past()

    def forget(self, from_us: int, until_us: int, app: str | None) -> int:
        """Deletes what is not sent in the span (of one app, if given); how many events."""
        kept = self._p.spool if self.pipeline is None else self.pipeline
        return kept.forget(from_us, until_us, app)

    def settle(self) -> int:
        """What was recorded up to now is on disk; 0."""
        if self.pipeline is not None:
            self.pipeline.settle()
        return 0
