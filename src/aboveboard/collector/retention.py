"""Retention: what is past the days that its policy said when it was given is destroyed, without being asked.

An epoch's day is fixed when its share is deposited (registries.py), in the same transaction, by the policy it was given
under: the shortest retention of that policy's categories, because a segment holds them together. All of an epoch goes
when its first day is that old, so nothing is kept longer than was said. Only whole days are written down.
"""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

from sqlalchemy import Select, select, update

from aboveboard.collector.deletion import remove_bytes
from aboveboard.collector.jobs import Job, enqueue
from aboveboard.collector.registries import person
from aboveboard.collector.service import Service
from aboveboard.collector.storage.blobs import BlobName, Blobs
from aboveboard.collector.storage.sql import Database
from aboveboard.collector.storage.tables import epochs, segments
from aboveboard.core.clock import US_PER_S
from aboveboard.core.ids import ContributorId, EpochId
from aboveboard.core.leaves import due_day_us

KIND = "retention"
TIDY = "tidy"
BATCH = 500
ORPHAN_S = 3600  # longer than any upload can be under way


def run(service: Service, job: Job) -> None:
    """The job of one epoch."""
    sweep(service.database, service.blobs, EpochId(job.subject))
    with service.database.transaction() as tx:
        job.done(tx)


def sweep(database: Database, blobs: Blobs, epoch: EpochId) -> None:
    """Share, rows and bytes of one epoch; again changes nothing."""
    with database.reading() as tx:
        found = tx.execute(select(epochs.c.contributor).where(epochs.c.epoch == epoch)).scalar_one()
    contributor = ContributorId(found)
    with database.transaction(person(contributor)) as tx:
        tx.execute(update(epochs).where(epochs.c.epoch == epoch).values(deposit=None))
        tx.execute(update(segments).where(segments.c.epoch == epoch).values(deleted=True))
    remove_bytes(database, blobs, contributor)


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
    """Under the person's lock: a row that names it may have come meanwhile."""
    with service.database.transaction(person(name.contributor)) as tx:
        if tx.execute(_live().where(segments.c.segment == name.segment)).scalar() is None:
            service.blobs.remove(name)


def schedule_tidy(service: Service) -> None:
    """Sees that there is such a job."""
    with service.database.transaction() as tx:
        enqueue(tx, TIDY, "", service.clock.now_us())
