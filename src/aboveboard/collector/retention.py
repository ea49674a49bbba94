"""Retention: what is past the days that its policy said when it was given is destroyed, without being asked.

When that is was fixed as the epoch's share was brought (keeping.py). A job for each policy and day destroys the shares
and the bytes of all epochs that have ended, then has the log say so. Ingest goes by the same day, so nothing can come
into an epoch behind its sweep.
"""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update

from aboveboard.collector import keeping
from aboveboard.collector.jobs import Job, enqueue
from aboveboard.collector.keeping import earlier_sweeps
from aboveboard.collector.service import Service
from aboveboard.collector.storage.blobs import BlobName, Blobs
from aboveboard.collector.storage.sql import Database, person
from aboveboard.collector.storage.tables import epochs, segments
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import Corrupt, Unavailable
from aboveboard.core.ids import ContributorId, EpochId
from aboveboard.core.leaves import RetentionSweepLeaf, due_day_us, parse_leaf

KIND = keeping.KIND
TIDY = "tidy"
BATCH = 500
ORPHAN_S = 3600  # longer than any upload can be under way


def run(service: Service, job: Job) -> None:
    """The job of one policy and day."""
    leaf = parse_leaf(job.work)
    if not isinstance(leaf, RetentionSweepLeaf):
        raise Corrupt("a retention job's work is no sweep")
    with service.database.reading() as tx:
        if earlier_sweeps(tx, leaf):
            raise Unavailable("an earlier sweep of this policy is not done yet, and this one would speak for it")
    for epoch, contributor in _found(
        service.database, epochs.c.policy == leaf.policy, epochs.c.until_us == leaf.day_us
    ):
        job.renew(service)
        sweep(service.database, service.blobs, epoch, contributor)
    with service.database.transaction() as tx:
        # The entry before the commit: a crash between them logs the sweep twice, and it is as true twice.
        job.done(tx)
        service.log.append([job.work])
    service.wake.set()


def sweep_past(database: Database, blobs: Blobs, now_us: int) -> None:
    """Everything that is past its day, of every policy: what a restored backup brings back has to go again."""
    for epoch, contributor in _found(database, epochs.c.until_us <= now_us):
        sweep(database, blobs, epoch, contributor)


def _found(database: Database, *where: ColumnElement[bool]) -> list[tuple[EpochId, ContributorId]]:
    """Epochs, swept or not: a sweep that was cut short may have left bytes."""
    with database.reading() as tx:
        rows = tx.execute(select(epochs.c.epoch, epochs.c.contributor).where(*where)).all()
    return [(EpochId(row.epoch), ContributorId(row.contributor)) for row in rows]


def sweep(database: Database, blobs: Blobs, epoch: EpochId, contributor: ContributorId) -> None:
    """Share, rows and bytes of one epoch; again changes nothing."""
    with database.transaction(person(contributor)) as tx:
        tx.execute(update(epochs).where(epochs.c.epoch == epoch).values(deposit=None))
        tx.execute(update(segments).where(segments.c.epoch == epoch).values(deleted=True))
    for stored in blobs.names(contributor, epoch):
        blobs.remove(stored.name)


def tidy(service: Service, job: Job) -> None:
    """Once a day: takes away what torn uploads left in the store, and overwrites what deleted rows left behind."""
    before_s = time.time() - ORPHAN_S
    service.blobs.remove_torn(before_s)
    old = (stored.name for stored in service.blobs.names() if stored.written_s < before_s)
    while some := list(islice(old, BATCH)):
        job.renew(service)
        with service.database.reading() as tx:
            ids = [name.segment for name in some]
            live = set(tx.execute(_live().where(segments.c.segment.in_(ids))).scalars())
        for name in some:
            if name.segment not in live:
                _remove_orphan(service, name)
    service.database.erase_free_space()
    with service.database.transaction() as tx:
        job.done(tx)
        enqueue(tx, TIDY, "", due_day_us(service.clock.now_us(), 0) + 3 * 3600 * US_PER_S)


def _live() -> Select[Any]:
    return select(segments.c.segment).where(segments.c.deleted.is_(False))


def _remove_orphan(service: Service, name: BlobName) -> None:
    """A row that names it may have come meanwhile, or may be about to."""
    with service.intake.holds.removing(name) as free, service.database.transaction(person(name.contributor)) as tx:
        if free and tx.execute(_live().where(segments.c.segment == name.segment)).scalar() is None:
            service.blobs.remove(name)


def schedule_tidy(service: Service) -> None:
    """Sees that there is such a job."""
    with service.database.transaction() as tx:
        enqueue(tx, TIDY, "", service.clock.now_us())
