"""Work that has to happen, on a lease table: written in the transaction that makes it due, done at least once.

A worker takes a job by a lease; one that dies lets it run out, and another takes it up, so every step may run twice. A
job ends in the same transaction as its last step. One that fails is tried again ever later, then parked: kept, counted
in the metrics, shown by `aboveboard collector jobs`, and started anew by a person.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, delete, func, select, update

from aboveboard.collector.service import Service
from aboveboard.collector.storage.sql import insert
from aboveboard.collector.storage.tables import jobs
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import AboveboardError, Refused, Unavailable

LEASE_US = 120 * US_PER_S
TRIES_MAX = 10
BACK_OFF_US = 2 * US_PER_S
BACK_OFF_US_MAX = 600 * US_PER_S
IDLE_S = 1.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """A job that this worker holds. subject: what it is about; work: what its handler wrote for itself."""

    number: int
    kind: str
    subject: str
    work: bytes
    tries: int
    lease: str

    def done(self, tx: Connection) -> None:
        """Ends it, in the transaction of its last step. Raises Unavailable when the lease was lost meanwhile."""
        gone = tx.execute(delete(jobs).where(jobs.c.job == self.number, jobs.c.lease == self.lease))
        if gone.rowcount != 1:
            raise Unavailable("another worker has taken this job up")

    def renew(self, service: Service) -> None:
        """Holds it for longer. Raises Unavailable when the lease was lost."""
        until_us = service.clock.now_us() + LEASE_US
        mine = (jobs.c.job == self.number) & (jobs.c.lease == self.lease)
        with service.database.transaction() as tx:
            if tx.execute(update(jobs).where(mine).values(leased_until_us=until_us)).rowcount != 1:
                raise Unavailable("another worker has taken this job up")


Handler = Callable[[Service, Job], None]


def enqueue(tx: Connection, kind: str, subject: str, due_us: int, work: bytes = b"") -> None:
    """Once a kind and subject, however often it is asked."""
    row = {"kind": kind, "subject": subject, "work": work, "due_us": due_us}
    state = {"leased_until_us": 0, "lease": "", "tries": 0, "parked": False, "problem": ""}
    tx.execute(insert(jobs).values(**row, **state).on_conflict_do_nothing())


def forget(tx: Connection, kind: str, subject: str) -> None:
    """It was done otherwise, in this transaction. A worker that holds it finds its lease lost, and does nothing."""
    tx.execute(delete(jobs).where(jobs.c.kind == kind, jobs.c.subject == subject))


def take(service: Service) -> Job | None:
    """The job that is due longest and nobody holds; None when there is none. Many workers may ask at once."""
    now_us = service.clock.now_us()
    # A lease that ends much later than one taken now comes from a clock that ran ahead: it does not count. (Not merely
    # later: we may have waited for the database while another took the job.)
    free = (jobs.c.leased_until_us <= now_us) | (jobs.c.leased_until_us > now_us + 2 * LEASE_US)
    due = (jobs.c.due_us <= now_us) & jobs.c.parked.is_(False) & free
    with service.database.reading() as tx:  # mostly there is none, and looking must not hold up writers
        if tx.execute(select(jobs.c.job).where(due).limit(1)).scalar() is None:
            return None
    with service.database.transaction() as tx:
        query = select(jobs).where(due).order_by(jobs.c.due_us).limit(1).with_for_update(skip_locked=True)
        row = tx.execute(query).one_or_none()
        if row is None:
            return None
        lease = secrets.token_hex(16)
        values = {"lease": lease, "leased_until_us": now_us + LEASE_US, "tries": row.tries + 1}
        tx.execute(update(jobs).where(jobs.c.job == row.job).values(**values))
    return Job(row.job, row.kind, row.subject, row.work, row.tries + 1, lease)


def run_one(service: Service, handlers: Mapping[str, Handler]) -> bool:
    """Takes a job and does it; False when none is due. What fails is put off or parked, and never raised."""
    job = take(service)
    if job is None:
        return False
    try:
        handler = handlers.get(job.kind)
        if handler is None:
            raise Refused("job", "nothing here knows this kind of job")
        handler(service, job)
    except Exception as error:  # noqa: BLE001  whatever it is, one job must not stop the others
        _put_off(service, job, error)
    return True


def _put_off(service: Service, job: Job, error: Exception) -> None:
    """The problem kept is an error of ours, or only the name of another: its text may hold anything."""
    problem = str(error)[:200] if isinstance(error, AboveboardError) else type(error).__name__
    parked = job.tries >= TRIES_MAX
    wait_us = min(BACK_OFF_US << min(job.tries - 1, 20), BACK_OFF_US_MAX)
    values = {"leased_until_us": 0, "lease": "", "due_us": service.clock.now_us() + wait_us, "parked": parked}
    mine = (jobs.c.job == job.number) & (jobs.c.lease == job.lease)
    _log.warning("job failed", kind=job.kind, job=job.number, tries=job.tries, parked=parked, why=problem)
    with service.database.transaction() as tx:
        tx.execute(update(jobs).where(mine).values(**values, problem=problem))


@dataclass(frozen=True, slots=True)
class Standing:
    """A job as shown: no person's name, no content."""

    number: int
    kind: str
    tries: int
    parked: bool
    due_us: int
    problem: str


def standing(tx: Connection, parked_only: bool = False) -> list[Standing]:
    """Jobs that were tried and are not done, parked ones first."""
    query = select(jobs).where(jobs.c.parked if parked_only else jobs.c.tries > 0)
    rows = tx.execute(query.order_by(jobs.c.parked.desc(), jobs.c.job).limit(1000))
    return [Standing(row.job, row.kind, row.tries, row.parked, row.due_us, row.problem) for row in rows]


def counts(tx: Connection) -> dict[tuple[str, bool], int]:
    """How many there are, by (kind, parked)."""
    rows = tx.execute(select(jobs.c.kind, jobs.c.parked, func.count()).group_by(jobs.c.kind, jobs.c.parked))
    return {(kind, parked): number for kind, parked, number in rows}


def unpark(tx: Connection, number: int, now_us: int) -> None:
    """Has a parked job tried anew. Raises Refused for one that is not parked."""
    again = update(jobs).where(jobs.c.job == number, jobs.c.parked).values(parked=False, tries=0, due_us=now_us)
    if tx.execute(again).rowcount != 1:
        raise Refused("job", f"no job {number} is parked here")


class Workers:
    """Threads that do what is due. start() and stop(); any number of processes may have their own."""

    def __init__(self, service: Service, handlers: Mapping[str, Handler], number: int = 2) -> None:
        self._service, self._handlers = service, handlers
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, name=f"worker-{n}", daemon=True) for n in range(number)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when the jobs under way are done."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if run_one(self._service, self._handlers):
                    continue
            except AboveboardError as error:
                _log.warning("jobs can't be taken", why=str(error))
            self._stopping.wait(IDLE_S)
