"""The monitor: one look after another at a published log, each held against what was seen before.

It remembers the newest checkpoint that held, and every alarm until somebody has acknowledged it: a log that was
rewritten and then put right, or a deletion done late, is still reported.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aboveboard.audit.answers import NOT_ASKED, Answers, ask
from aboveboard.audit.charters import charters_or_alone
from aboveboard.audit.laptop import Laptop
from aboveboard.audit.log_checks import Seen
from aboveboard.audit.own import own_checks
from aboveboard.audit.own_checks import own_checkpoints
from aboveboard.audit.own_datasets import HeldManifest
from aboveboard.audit.remembered import ALARMS_MAX, Alarm, Memory, Remembered
from aboveboard.audit.report import Check
from aboveboard.audit.source import HttpSource, Source
from aboveboard.audit.summary import Report
from aboveboard.audit.verify import Audit, look
from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import Charters, under
from aboveboard.core.checkpoint import open_checkpoint
from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.errors import AboveboardError, CheckFailed


@dataclass(frozen=True, slots=True)
class Person:
    """A contributor who looks after their own records. own: the collector, asked with their device's token."""

    laptop: Laptop
    own: HttpSource | None = None
    manifests: Sequence[HeldManifest] = ()


@dataclass(slots=True)
class Monitor:
    """live: the source is a running server, so that this machine's clock tells what is overdue there."""

    source: Source
    charter: Charter
    memory: Memory
    clock: Clock
    live: bool = True
    person: Callable[[], Person] | None = None
    elsewhere: Sequence[Seen] = ()
    progress: Callable[[str], None] = field(default=lambda _: None)

    def look(self) -> Report:
        """One look: every check, the memory brought up to date, and alarms from before that are still open."""
        if isinstance(self.source, HttpSource):
            self.source.begin()
        known = self.memory.known
        now_s = self.clock.now_us() // US_PER_S
        charters = charters_or_alone(self.source, self.charter)
        before = [seen_from(known.note, charters, "the checkpoint of the last look")] if known.note else []
        person = self.person() if self.person is not None else None
        answers = ask(person.laptop, person.own, self.clock) if person is not None else NOT_ASKED
        audit = look(
            self.source, self.charter, [*before, *self.elsewhere], now_s=now_s if self.live else 0,
            sizes=_sizes(person, charters), entries=answers.logged(), progress=self.progress,
        )  # fmt: skip
        checks = audit.checks + (self._own(person, audit, answers) if person is not None else ())
        self._remember(known, audit, checks, now_s)
        return Report(self._about(audit, person, now_s), _with_alarms(checks, self.memory.known.alarms))

    def _own(self, person: Person, audit: Audit, answers: Answers) -> tuple[Check, ...]:
        return own_checks(person.laptop, audit, answers, person.manifests)

    def _about(self, audit: Audit, person: Person | None, now_s: int) -> dict[str, object]:
        found = audit.published
        about: dict[str, object] = {"source": self.source.name, "charter": self.charter.charter_id}
        if person is not None:
            about |= {"contributor": person.laptop.contributor, "device": person.laptop.device}
        about["size"] = found.checkpoint.size if found.checkpoint is not None else None
        about["cosigned"] = moment(found.cosigned_s) if found.cosigned_s else None
        about |= {"looked": moment(now_s), "looks": self.memory.known.runs, "state": str(self.memory.folder)}
        return about

    def _remember(self, known: Remembered, audit: Audit, checks: Sequence[Check], now_s: int) -> None:
        alarms = list(known.alarms)
        for check in checks:
            new = check.result == "fails" and all(each.check != check.name for each in alarms)
            if new and len(alarms) < ALARMS_MAX:
                number = len(alarms)
                evidence = self.memory.keep_evidence(number, _evidence(check, known, audit))
                alarms.append(Alarm(check.name, check.reason, now_s, evidence))
        # A checkpoint is remembered only when the whole log under it held, so that a fork never becomes the measure.
        whole = {"checkpoint", "entries", "append_only"}
        held = audit.published.checkpoint is not None and all(c.result == "holds" for c in checks if c.name in whole)
        note = audit.published.note if held else known.note
        self.memory.keep(Remembered(known.origin, note, tuple(alarms), known.runs + 1, now_s))

    def acknowledge(self) -> int:
        """Forgets the alarms, and says how many. Their evidence stays."""
        known = self.memory.known
        self.memory.keep(Remembered(known.origin, known.note, (), known.runs, known.last_s))
        return len(known.alarms)


def _sizes(person: Person | None, charters: Charters) -> set[int]:
    """Of the checkpoints in the person's own proofs."""
    try:
        shown = own_checkpoints(person.laptop, charters) if person is not None else []
    except AboveboardError:
        return set()  # own_same_log meets the same proof and says what is wrong with it
    return {checkpoint.size for checkpoint in shown}


def moment(time_s: int) -> str:
    return datetime.datetime.fromtimestamp(time_s, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _evidence(check: Check, known: Remembered, audit: Audit) -> dict[str, str]:
    """Both sides of a contradiction in the log, to be shown to anyone."""
    if check.name not in ("append_only", "notice_start") or not known.note:
        return {}
    return {"seen-before": known.note, "seen-now": audit.published.note}


def _with_alarms(checks: Sequence[Check], alarms: Sequence[Alarm]) -> tuple[Check, ...]:
    """What failed at an earlier look fails until it is acknowledged, also where it holds again."""
    out = list(checks)
    for alarm in alarms:
        at = next((i for i, check in enumerate(out) if check.name == alarm.check), None)
        if at is not None and out[at].result == "fails":
            continue
        earlier = Check(alarm.check, "fails", f"noticed on {moment(alarm.at_s)}, not acknowledged yet: {alarm.reason}")
        if at is None:
            out.append(earlier)
        else:
            out[at] = earlier
    return tuple(out)


def seen_from(note: str, charters: Charters, where: str) -> Seen:
    """A checkpoint from a file. Raises SignatureError or ProofError unless the log signed it.

    The log is held to its own signature, also where the quorum's is not there or can't be told: a fork that only the
    log signed, as a witness keeps it, or a server that now hides the charter a remembered one was cosigned under.
    """
    try:
        checkpoint, cosigned_s = under(charters, lambda charter: charter.check_checkpoint(note))
    except CheckFailed:
        checkpoint, cosigned_s = open_checkpoint(note, charters[0].charter.log_key), 0
        if checkpoint.origin != charters[0].charter.origin:
            raise
    return Seen(checkpoint, cosigned_s, where, note)
