"""The recorder: what the person, the command line and the status page can ask of it, and the thread that records.

Capture is started only after consent and with a living indicator, and stopped as soon as either is gone.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from aboveboard.core.charter import Charter
from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.errors import AboveboardError, Refused, Unavailable
from aboveboard.core.ids import SegmentId
from aboveboard.core.policy import OptOutReason, Policy
from aboveboard.core.policy_words import explain
from aboveboard.recorder import memory
from aboveboard.recorder.conditions import Conditions
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.correcting import Tasks, Told
from aboveboard.recorder.epochs import current_epoch, month_of
from aboveboard.recorder.errands import Errands
from aboveboard.recorder.gate import Gate
from aboveboard.recorder.home import Home
from aboveboard.recorder.hotkeys import Hotkeys
from aboveboard.recorder.indicator import Indicator
from aboveboard.recorder.leaving import ask_deletion
from aboveboard.recorder.loss import Loss
from aboveboard.recorder.marking import attempt, marked
from aboveboard.recorder.menu import View
from aboveboard.recorder.pauses import Pauses, parse_duration
from aboveboard.recorder.pipeline import Mark, Pipeline, Under
from aboveboard.recorder.platform.source import Observer
from aboveboard.recorder.receipts import write_receipts
from aboveboard.recorder.seal import Sent
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.settings import Change, Settings, changed, read_settings, write_settings
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.steady import Jumped
from aboveboard.recorder.tally import Tally
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.waiting import waiting_rows
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.stage import RedactionStage

STEP_S = 8.0  # input, changes of windows, work to do and the ends of pauses do not wait for it
EVER_US = 1 << 62


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


class Recorder:
    """Any thread may call its methods; one thread of its own records."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self.notice = explain(parts.policy, parts.charter)
        self._conditions = Conditions(parts.pauses, parts.policy, parts.consents.state(parts.policy.policy_id))
        self._conditions.indicator = parts.indicator.alive
        parts.indicator.on_change = self._wake
        self._conditions.region = parts.home.config().region
        self.hotkeys: Hotkeys | None = None
        self._conditions.own_hotkeys = lambda: self.hotkeys.working.values() if self.hotkeys is not None else ()
        self._task = ""
        self._tasks = Tasks(parts.home, parts.spool, parts.sender, parts.consents, parts.clock)
        self.apply_settings()
        self._pipeline: Pipeline | None = None
        self._observer: Observer | None = None
        self._month = ""  # of the session's epoch
        self._tally = Tally()
        self._not_before_us = 0  # a session begins only after this
        self._loss = Loss(parts.clock)
        self._errands = Errands()
        self._changing = threading.Lock()  # what is agreed to is what was shown
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self.stopped = threading.Event()
        self.on_stopped: Callable[[], None] = lambda: None
        self.on_back: Callable[[], None] = lambda: None  # display and bus are there, perhaps again
        self.on_turn: Callable[[], None] = lambda: None  # called again and again, every few seconds at least
        self.problem = ""
        self._url = ""
        self._process = psutil.Process()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        parts.sender.policy = parts.policy

    @property
    def url(self) -> str:
        """Of the person's own page."""
        return self._url

    @url.setter
    def url(self, url: str) -> None:
        self._url, self._conditions.own_site = url, url.partition("/?")[0]

    # ------------------------------------------------------------ the recording thread

    def start(self) -> None:
        self._thread.start()
        self._p.sender.start()

    def stop(self) -> None:
        """Ends the session and everything that was started."""
        self._stopping.set()
        self._wake()
        self._thread.join()
        self._p.sender.stop()
        self._p.indicator.close()

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
            self._end_session()
            self._errands.do()
            self.stopped.set()
            self.on_stopped()

    def _rest(self, state: str) -> None:
        """Until it is woken, or for a while."""
        self._p.indicator.show(state)
        self._woken.wait(STEP_S)
        self._woken.clear()

    def _wake(self) -> None:
        """Ends the recording thread's wait: something else holds, or there is work to do."""
        self._woken.set()
        observer = self._observer
        if observer is not None:
            observer.wake()

    def _lose(self, error: Unavailable) -> None:
        """Display or accessibility bus can't be used: it is tried again for a while. Raises Unavailable after that."""
        pipeline = self._pipeline
        self._end_session(pipeline.seen_us if pipeline is not None else None)
        self.problem = self._loss.lost(str(error), pipeline.covered_us if pipeline is not None else None)
        self._rest("not_allowed")

    def _record(self) -> None:
        if self._pipeline is not None and month_of(self._p.clock) != self._month:
            self._end_session()
        if self._pipeline is None:
            if self._p.clock.now_us() <= self._not_before_us:
                self.problem = "the clock was set back: nothing is recorded until it has passed what was recorded"
                self._rest("not_allowed")
                return
            if self._not_before_us:
                self._not_before_us, self.problem = 0, ""
            self._begin_session()
        if self._pipeline is not None:
            until_us = self._p.pauses.state().until_us
            left_s = STEP_S if until_us is None else max((until_us - self._p.clock.now_us()) / US_PER_S, 0.001)
            try:
                self._pipeline.step(min(left_s, STEP_S))
            except Jumped as jumped:
                # A session has one measure of time: the next takes it anew, and does not begin before this one ends.
                self._not_before_us = jumped.last_us
                self._end_session(jumped.last_us)

    def _begin_session(self) -> None:
        """New redactor, new placeholders: nothing links one session to another."""
        p = self._p
        consent = p.consents.current(p.policy.policy_id)
        if consent is None:
            return
        epoch = current_epoch(p.home, p.charter, p.policy.policy_id, p.consents.contributor, p.consents.device, p.clock)
        self._month = epoch.month
        under = Under(secrets.token_hex(16), p.policy.policy_id, consent, epoch.epoch)
        self._observer = p.observe()
        self.on_back()
        lost_us = self._loss.found()
        if lost_us is not None:
            self.problem = ""
        stage = RedactionStage(Redactor(os.urandom(32)), p.clock)
        gate = Gate(self._conditions)
        self._observer.pictures(p.policy.frames, gate.may_show)
        self._pipeline = Pipeline(self._observer, gate, stage, p.spool, p.pauses, p.clock, under, p.indicator.show,
                                  lost_us)  # fmt: skip
        memory.settle()
        p.sender.wake()

    def _end_session(self, known_us: int | None = None) -> None:
        """known_us: the last moment whose time is known, if that is not now."""
        pipeline, observer = self._pipeline, self._observer
        self._pipeline = self._observer = None
        self._task = ""
        if pipeline is not None:
            if known_us is None:
                pipeline.finish()
            else:
                pipeline.end_at(known_us)
            self._tally.session_ended(pipeline.counts)
        if observer is not None:
            self._tally.source_ended(observer.counters)
            observer.close()

    def _on_thread(self, work: Callable[[], int]) -> int:
        """Runs `work` on the recording thread and waits for it."""
        if self.stopped.is_set():
            return work()
        return self._errands.run(work, self._wake)

    # ------------------------------------------------------------ what can be asked

    def agree(self, policy: str) -> None:
        """The person's own click on "I agree", below the notice of this policy. Raises Refused when another policy has
        taken its place since: nobody agrees to a notice they have not seen."""
        with self._changing:
            if policy != self._p.policy.policy_id:
                raise Refused("other_policy", "the policy has changed since you were shown it: read the new one first")
            self._p.consents.say("given", self._p.policy, self.notice)
            self._conditions.consent = "given"
        write_receipts(self._p.home, self._p.consents)
        self._wake()
        self._p.sender.wake()

    def look_at_terms(self, problem: str = "") -> None:
        """Judges charter, policy, exemptions and settings anew; what can't be judged stops recording.

        problem: why nothing may be recorded now, as found elsewhere; "" for nothing.
        """
        try:
            policy = self._p.terms.policy()
            self._p.charter = self._p.terms.charter()
            self.apply_settings()
        except AboveboardError as error:
            problem = problem or str(error)
        else:
            if policy.policy_id != self._p.policy.policy_id:
                self._on_thread(lambda: self._begin_policy(policy))
        self._conditions.policy = None if problem else self._p.policy
        self.problem = problem
        self._wake()

    def _begin_policy(self, policy: Policy) -> int:
        """Another policy took the place of the one before: it has its own notice, and no consent yet."""
        self._end_session()
        self._loss.past()
        with self._changing:
            self._p.policy = self._p.sender.policy = policy
            self.notice = explain(policy, self._p.charter)
            self._conditions.consent = self._p.consents.state(policy.policy_id)
            self._conditions.policy = policy
        return 0

    def apply_settings(self) -> None:
        """The person's settings and the exemptions, as they stand in the files, are in force when it returns."""
        narrowing = self._p.terms.narrowing()
        self._conditions.narrow(narrowing)
        self._p.sender.narrowing = narrowing
        settings = read_settings(self._p.home)
        self._p.sender.send_metered, self._p.sender.send_hours = settings.send_metered, settings.send_hours
        if self.hotkeys is not None:
            self.hotkeys.change(settings.hotkeys)

    def settings(self) -> Settings:
        return read_settings(self._p.home)

    @property
    def limits(self) -> tuple[int, int]:
        """MB a day and per cent of battery, as they count now: the stricter of the policy's and the person's."""
        narrowing = self._conditions.narrowing
        return narrowing.mb_per_day(self._p.policy), narrowing.battery_min(self._p.policy)

    @property
    def hold_minutes(self) -> int:
        """How long what was recorded waits for its person to look at it, as the policy says."""
        return self._p.policy.review_hold_minutes

    def change_settings(self, change: Change) -> Settings:
        """In force when it returns. Raises BadInput, or Refused for what is wider than the policy."""
        settings = changed(self.settings(), change)
        write_settings(self._p.home, settings, self._p.policy)
        self.apply_settings()
        return settings

    def decline(self) -> None:
        """The person's "no": nothing changes, nothing is recorded, nobody is told."""

    def pause(self, length: str) -> None:
        try:
            self._p.pauses.pause(parse_duration(length, self._p.clock.now_us()))
        except Unavailable as error:
            raise Unavailable(f"paused, but only for as long as this recorder runs: {error}") from error
        finally:
            self._wake()

    def resume(self) -> None:
        self._p.pauses.resume()
        self._wake()

    def opt_out(self, reason: OptOutReason | Literal[""], *, delete: bool, withdraw: bool = False) -> None:
        """In force when it returns. What is not sent is deleted; with `delete`, all that was sent is asked back too;
        with `withdraw`, it goes into no dataset built from now on."""
        self._conditions.consent = "opted_out"
        self._p.consents.say("opt_out", self._p.policy, self.notice, reason)
        if withdraw:
            self._p.consents.say("withdrawn", self._p.policy, self.notice)
        may_have_arrived: list[Sent] = []
        self._on_thread(lambda: self._leave(may_have_arrived))
        if delete:
            self._ask_deletion("all")
        elif may_have_arrived:
            self._ask_deletion("segments", tuple(SegmentId(each.segment) for each in may_have_arrived))
        self._p.sender.wake()
        write_receipts(self._p.home, self._p.consents)

    def _leave(self, may_have_arrived: list[Sent]) -> int:
        self._end_session()
        self._loss.past()
        may_have_arrived += self._p.sender.drop()
        return 0

    def forget(self, from_us: int, until_us: int, app: str | None = None) -> int:
        """Deletes what is not sent in the span, and asks the collector to delete the segments that touch it."""

        def work() -> int:
            if self._pipeline is not None:
                return self._pipeline.forget(from_us, until_us, app)
            return self._p.spool.forget(from_us, until_us, app)

        gone = self._p.sender.holding(lambda: self._on_thread(work))
        sent = self._p.sender.sent_within(from_us, until_us) if app is None else []
        if sent:
            self._ask_deletion("segments", tuple(SegmentId(each.segment) for each in sent))
        return gone

    def _ask_deletion(self, scope: Literal["all", "segments"], segments: tuple[SegmentId, ...] = ()) -> None:
        ask_deletion(self._p.home, self._p.consents, self._p.clock, scope, segments)
        self._p.sender.wake()

    def send_now(self) -> None:
        """What was recorded up to now may go."""
        self._on_thread(self._settle)
        self._p.sender.send_now()

    def settle(self) -> None:
        """What was recorded up to now is on disk when it returns."""
        self._on_thread(self._settle)

    def _settle(self) -> int:
        if self._pipeline is not None:
            self._pipeline.settle()
        return 0

    def task(self, mark: Mark, *, soon: bool = False) -> bool:
        """Returns when the mark is made: a page just opened is not known for a moment. Raises Refused where nothing is
        kept; but with `soon`, where only this window is not recorded, the mark waits for one that is (False)."""

        made = marked(lambda: self._on_thread(lambda: attempt(self._pipeline, mark, soon=soon)) == 1)
        self._task = mark.description if mark.phase == "start" else ""
        return made

    def tasks(self, since_us: int) -> list[Told]:
        """What the person said they were doing since then. See correcting.Tasks."""
        self.settle()
        return self._tasks.told(since_us)

    def correct(self, task_us: int, description: str) -> bool:
        """Whether the old words are gone; else a correction follows them. See correcting.Tasks."""
        self.settle()
        gone = self._p.sender.holding(lambda: self._tasks.correct(task_us, description))
        self._p.sender.wake()
        return bool(gone)

    # ------------------------------------------------------------ what can be seen

    @property
    def state(self) -> str:
        """waiting_for_consent, recording, paused, not_allowed or off."""
        if self.stopped.is_set() or self._conditions.consent == "opted_out":
            return "off"
        if self._conditions.consent != "given":
            return "waiting_for_consent"
        if self._conditions.paused():
            return "paused"
        pipeline = self._pipeline
        return "not_allowed" if pipeline is None or pipeline.reason is not None else "recording"

    def view(self) -> View:
        """What menus show. Waits for nothing."""
        pipeline, pause = self._pipeline, self._p.pauses.state()
        why = pipeline.reason if pipeline is not None and self.state == "not_allowed" else None
        return View(self.state, why, pause.until_us, self._task, self.problem)

    def status(self) -> dict[str, Any]:
        """For people and programs; numbers only, nothing of what was typed or shown."""
        pipeline, observer = self._pipeline, self._observer
        pause = self._p.pauses.state()
        cpu = self._process.cpu_times()
        return {
            "state": self.state,
            "reason": pipeline.reason if pipeline is not None else None,
            "paused_until_us": pause.until_us if pause.since_us is not None else None,
            "policy": self._p.policy.policy_id,
            "counters": self._tally.total(pipeline, observer),
            "spool_bytes": self._p.spool.bytes,
            "spool_unreadable": len(self._p.spool.broken),
            **self._p.sender.counts(),
            "cpu_s": cpu.user + cpu.system,
            "rss_mb": self._process.memory_info().rss / 1e6,
            "task": self._task,
            "hotkeys": self.hotkeys.working if self.hotkeys is not None else {},
            "hotkey_problem": self.hotkeys.problem if self.hotkeys is not None else "",
            "indicator": self._p.indicator.kind,
            "problem": self.problem or self._p.sender.problem,
            "pictures": observer.picture_problem if observer is not None else "",
            "url": self.url,
            "pid": os.getpid(),
        }

    def review(self) -> list[dict[str, Any]]:
        """What would leave, by stretch of time and app: how much, and text as it will leave."""
        self.settle()
        return waiting_rows(self._p.spool)
