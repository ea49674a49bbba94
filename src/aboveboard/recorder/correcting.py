"""What the contributor said their tasks were, and saying it better, before it was sent and after.

What waits is changed where it lies. What is sealed can't be: a correction follows it, in a body of its own under the
same terms and to the same month's key. So whoever may read the one may read the other, for as long, and it goes by the
same way: shown, held, sealed, proven by the log, downloaded, deleted.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from aboveboard.core.access import SignedDeletion
from aboveboard.core.clock import Clock
from aboveboard.core.consent import withdrawn
from aboveboard.core.errors import AboveboardError, BadInput, Refused
from aboveboard.core.events import Correction, KeptEvent, Task
from aboveboard.core.ids import SegmentId
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.copies import open_copy
from aboveboard.recorder.home import Home
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.spool.spool import Spool
from aboveboard.redact.stage import DESCRIPTION_CHARS_MAX, correction
from aboveboard.wire.segment import Manifest

Where: TypeAlias = Literal["waiting", "sealed", "sent"]
_FOLDERS: dict[str, Where] = {"outbox": "sealed", "sent": "sent"}


class Told(msgspec.Struct, frozen=True):
    """A task as it was declared. at_us: of its start mark, which names it. description: the newest, redacted.
    corrected: a correction follows what was sealed; where: that correction, if there is one, else the mark."""

    at_us: int
    description: str
    where: Where
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """sealed: None where the mark still waits."""

    session: str
    sealed: Manifest | None


class Tasks:
    """Not while something is being sealed: see Sender.holding."""

    def __init__(self, home: Home, spool: Spool, sender: Sender, consents: Consents, clock: Clock) -> None:
        self._home, self._spool, self._sender, self._consents, self._clock = home, spool, sender, consents, clock

    def told(self, since_us: int) -> list[Told]:
        """Those begun since (µs since 1970), as far as they were not asked to be deleted, oldest first."""
        tasks: dict[tuple[str, int], Told] = {}
        newest: dict[tuple[str, int], tuple[int, Where]] = {}
        better: dict[tuple[str, int], str] = {}
        for where, session, events in self._pieces(since_us):
            for event in events:
                if isinstance(event, Task) and event.phase == "start" and event.t_us >= since_us:
                    tasks[session, event.t_us] = Told(event.t_us, event.description, where)
                elif isinstance(event, Correction):
                    name = (event.session, event.task_us)
                    if event.t_us >= newest.get(name, (0, where))[0]:
                        newest[name], better[name] = (event.t_us, where), event.description
        found = [
            Told(task.at_us, better[name], newest[name][1], corrected=True) if name in better else task
            for name, task in tasks.items()
        ]
        return sorted(found, key=lambda each: each.at_us)

    def _pieces(self, since_us: int) -> Iterator[tuple[Where, str, Sequence[KeptEvent]]]:
        """(where, session, events) of all in which a task is begun or corrected."""
        gone = self._asked_back()
        for folder, name, note in self._sender.noted():
            if note.segment in gone or not any(at >= since_us for at in (*note.tasks, *note.corrects)):
                continue
            try:
                _, body = open_copy(self._home, folder, f"{name}.seg")
            except AboveboardError:
                continue  # its month's key is gone, and so is what it holds
            yield _FOLDERS[folder], body.session, body.events
        for _, chunk in self._spool.chunks():
            yield "waiting", chunk.session, chunk.events

    def correct(self, task_us: int, description: str) -> int:
        """1: it was not sealed yet, and the old words are gone. 0: a correction follows it. Raises BadInput for too
        long a text, Refused where there is nothing to correct, SpoolFull or Unavailable when it can't be kept."""
        if len(description) > DESCRIPTION_CHARS_MAX:
            raise BadInput(f"is at most {DESCRIPTION_CHARS_MAX} characters", "description")
        found = self._found(task_us)
        if found is None:
            text = "no task was begun here at that moment, or it was deleted: `aboveboard task list` names them"
            raise Refused("no_task", text)
        if found.sealed is not None:
            self._check_may_follow(found.sealed)
        made = correction(self._after(found.session, task_us), found.session, task_us, description)
        if isinstance(made.event, Correction) and not self._spool.correct(made.event) and found.sealed is not None:
            its = found.sealed
            self._spool.append(
                [made], session=secrets.token_hex(16), policy=its.policy, consent=its.consent, epoch=its.epoch,
                start_us=made.event.t_us, end_us=made.event.t_us + 1,
            )  # fmt: skip
        return int(found.sealed is None)

    def _found(self, task_us: int) -> _Found | None:
        for _, chunk in self._spool.chunks():
            if any(_begins(event, task_us) for event in chunk.events):
                return _Found(chunk.session, None)
        gone = self._asked_back()
        for folder, name, note in self._sender.noted():
            if task_us in note.tasks and note.segment not in gone:
                manifest, body = open_copy(self._home, folder, f"{name}.seg")
                return _Found(body.session, manifest)
        return None

    def _check_may_follow(self, its: Manifest) -> None:
        """Raises Refused for what was given up: nothing new is sent of it."""
        if self._home.path("epochs", f"{its.epoch}.gone").exists():
            raise Refused("deleted", "everything of then was asked to be deleted, so there is nothing to correct")
        if withdrawn([each.record for each in self._consents.all()], its.policy):
            raise Refused("withdrawn", "you have withdrawn your consent: it goes into no new dataset as it is")

    def _after(self, session: str, task_us: int) -> int:
        """Now, but after every other correction of it, also when the clock was set back in between."""
        made = [
            event.t_us for _, _, events in self._pieces(task_us) for event in events
            if isinstance(event, Correction) and (event.session, event.task_us) == (session, task_us)
        ]  # fmt: skip
        return max(self._clock.now_us(), task_us + 1, *(each + 1 for each in made))

    def _asked_back(self) -> set[SegmentId]:
        """Segments whose deletion was asked for."""
        paths = [path for path in self._home.path("requests").glob("*") if path.suffix in (".deletion", ".done")]
        return {each for path in paths for each in SignedDeletion.parse(path.read_bytes()).request.segments}


def _begins(event: KeptEvent, task_us: int) -> bool:
    return isinstance(event, Task) and (event.phase, event.t_us) == ("start", task_us)
