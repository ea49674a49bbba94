"""The recorder: what the person, the command line and the page can ask of it. What records is in recording.py."""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import Any, Literal

import psutil

from aboveboard.core.errors import AboveboardError, Refused, Unavailable
from aboveboard.core.ids import SegmentId
from aboveboard.core.policy import OptOutReason, Policy
from aboveboard.core.policy_words import explain
from aboveboard.recorder.conditions import Conditions
from aboveboard.recorder.correcting import Tasks, Told
from aboveboard.recorder.hotkeys import Hotkeys
from aboveboard.recorder.leaving import ask_deletion
from aboveboard.recorder.marking import attempt, marked
from aboveboard.recorder.menu import View
from aboveboard.recorder.pauses import parse_duration
from aboveboard.recorder.pipeline import Mark
from aboveboard.recorder.receipts import write_receipts
from aboveboard.recorder.recording import Parts, Recording
from aboveboard.recorder.seal import Sent
from aboveboard.recorder.settings import Change, Settings, changed, read_settings, write_settings
from aboveboard.recorder.waiting import waiting_rows

EVER_US = 1 << 62


class Recorder:
    """Any thread may call its methods."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self.notice = explain(parts.policy, parts.charter)
        self._conditions = Conditions(parts.pauses, parts.policy, parts.consents.state(parts.policy.policy_id))
        self._conditions.indicator = parts.indicator.alive
        self._conditions.region = parts.home.config().region
        self.hotkeys: Hotkeys | None = None
        self._conditions.own_hotkeys = lambda: self.hotkeys.working.values() if self.hotkeys is not None else ()
        self._tasks = Tasks(parts.home, parts.spool, parts.sender, parts.consents, parts.clock)
        self.recording = Recording(parts, self._conditions)
        parts.indicator.on_change = self.recording.wake
        self.apply_settings()
        self._changing = threading.Lock()  # what is agreed to is what was shown
        self._url = ""
        self._process = psutil.Process()
        parts.sender.policy = parts.policy

    @property
    def url(self) -> str:
        """Of the person's own page."""
        return self._url

    @url.setter
    def url(self, url: str) -> None:
        self._url, self._conditions.own_site = url, url.partition("/?")[0]

    @property
    def problem(self) -> str:
        """Why nothing can be recorded, in words; "" when nothing stands against it."""
        return self.recording.problem

    def start(self) -> None:
        self.recording.start()
        self._p.sender.start()

    def stop(self) -> None:
        """Ends the session and everything that was started."""
        self.recording.stop()
        self._p.sender.stop()
        self._p.indicator.close()

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
        self.recording.wake()
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
                self.recording.do(lambda: self._begin_policy(policy))
        self._conditions.policy = None if problem else self._p.policy
        self.recording.problem = problem
        self.recording.wake()

    def _begin_policy(self, policy: Policy) -> int:
        """Another policy took the place of the one before: it has its own notice, and no consent yet."""
        self.recording.leave()
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
        self.recording.wake()
        return settings

    def decline(self) -> None:
        """The person's "no": nothing changes, nothing is recorded, nobody is told."""

    def pause(self, length: str) -> None:
        try:
            self._p.pauses.pause(parse_duration(length, self._p.clock.now_us()))
        except Unavailable as error:
            raise Unavailable(f"paused, but only for as long as this recorder runs: {error}") from error
        finally:
            self.recording.wake()

    def resume(self) -> None:
        self._p.pauses.resume()
        self.recording.wake()

    def opt_out(self, reason: OptOutReason | Literal[""], *, delete: bool, withdraw: bool = False) -> None:
        """In force when it returns. What is not sent is deleted; with `delete`, all that was sent is asked back too;
        with `withdraw`, it goes into no dataset built from now on."""
        self._conditions.consent = "opted_out"
        self._p.consents.say("opt_out", self._p.policy, self.notice, reason)
        if withdraw:
            self._p.consents.say("withdrawn", self._p.policy, self.notice)
        may_have_arrived: list[Sent] = []
        self.recording.do(lambda: self._leave(may_have_arrived))
        if delete:
            self._ask_deletion("all")
        elif may_have_arrived:
            self._ask_deletion("segments", tuple(SegmentId(each.segment) for each in may_have_arrived))
        self._p.sender.wake()
        write_receipts(self._p.home, self._p.consents)

    def _leave(self, may_have_arrived: list[Sent]) -> int:
        self.recording.leave()
        may_have_arrived += self._p.sender.drop()
        return 0

    def forget(self, from_us: int, until_us: int, app: str | None = None) -> int:
        """Deletes what is not sent in the span, and asks the collector to delete the segments that touch it."""
        work = partial(self.recording.forget, from_us, until_us, app)
        gone = self._p.sender.holding(lambda: self.recording.do(work))
        sent = self._p.sender.sent_within(from_us, until_us) if app is None else []
        if sent:
            self._ask_deletion("segments", tuple(SegmentId(each.segment) for each in sent))
        return gone

    def _ask_deletion(self, scope: Literal["all", "segments"], segments: tuple[SegmentId, ...] = ()) -> None:
        ask_deletion(self._p.home, self._p.consents, self._p.clock, scope, segments)
        self._p.sender.wake()

    def send_now(self) -> None:
        """What was recorded up to now may go."""
        self.recording.do(self.recording.settle)
        self._p.sender.send_now()

    def settle(self) -> None:
        """What was recorded up to now is on disk when it returns."""
        self.recording.do(self.recording.settle)

    def task(self, mark: Mark, *, soon: bool = False) -> bool:
        """Returns when the mark is made: a page just opened is not known for a moment. Raises Refused where nothing is
        kept; but with `soon`, where only this window is not recorded, the mark waits for one that is (False)."""

        made = marked(lambda: self.recording.do(lambda: attempt(self.recording.pipeline, mark, soon=soon)) == 1)
        self.recording.task = mark.description if mark.phase == "start" else ""
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
        if self.recording.stopped.is_set() or self._conditions.consent == "opted_out":
            return "off"
        if self._conditions.consent != "given":
            return "waiting_for_consent"
        if self._conditions.paused():
            return "paused"
        pipeline = self.recording.pipeline
        return "not_allowed" if pipeline is None or pipeline.reason is not None else "recording"

    def view(self) -> View:
        """What menus show. Waits for nothing."""
        pipeline, pause = self.recording.pipeline, self._p.pauses.state()
        why = pipeline.reason if pipeline is not None and self.state == "not_allowed" else None
        return View(self.state, why, pause.until_us, self.recording.task, self.problem)

    def status(self) -> dict[str, Any]:
        """For people and programs; numbers only, nothing of what was typed or shown."""
        pipeline, observer = self.recording.pipeline, self.recording.observer
        pause = self._p.pauses.state()
        cpu = self._process.cpu_times()
        return {
            "state": self.state,
            "reason": pipeline.reason if pipeline is not None else None,
            "paused_until_us": pause.until_us if pause.since_us is not None else None,
            "policy": self._p.policy.policy_id,
            "counters": self.recording.counters(),
            "spool_bytes": self._p.spool.bytes,
            "spool_unreadable": len(self._p.spool.broken),
            **self._p.sender.counts(),
            "cpu_s": cpu.user + cpu.system,
            "rss_mb": self._process.memory_info().rss / 1e6,
            "task": self.recording.task,
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
