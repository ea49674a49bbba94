"""Marks datasets that hold what may be used no more, and the models trained on them: one job, once a day.

All of a day are marked together, in an order of chance, and no entry says why: the log must not tell who has just
withdrawn. Until its run, a dataset is usable; the collector gives nothing of what is gone from the moment it was asked.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, select, update

from aboveboard.collector.jobs import Job, enqueue
from aboveboard.collector.registries import consent_records
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import consents, dataset_sources, datasets, models, segments
from aboveboard.core.clock import US_PER_S
from aboveboard.core.consent import withdrawn
from aboveboard.core.ids import ContributorId, PolicyId
from aboveboard.core.leaves import DatasetMarkedLeaf, ModelMarkedLeaf, due_day_us

KIND = "marks"
HOUR_US = 3600 * US_PER_S


def schedule(service: Service) -> None:
    """Sees that there is such a job."""
    with service.database.transaction() as tx:
        enqueue(tx, KIND, "", service.clock.now_us())


def run(service: Service, job: Job) -> None:
    """Marks all that has to be, and is due again after the next midnight (UTC)."""
    with service.database.reading() as tx:
        found = sorted(set(_spoilt(tx)))
    random.SystemRandom().shuffle(found)
    for manifest in found:
        job.renew(service)
        _mark(service, manifest)
    _mark_models(service, job)
    with service.database.transaction() as tx:
        job.done(tx)
        enqueue(tx, KIND, "", due_day_us(service.clock.now_us() + 1, 0) + 4 * HOUR_US)


def _holding(tx: Connection, *where: ColumnElement[bool]) -> list[str]:
    """Datasets in the log, not marked, with such a segment."""
    query = (
        select(dataset_sources.c.manifest).distinct()
        .join(segments, segments.c.segment == dataset_sources.c.segment)
        .join(datasets, datasets.c.manifest == dataset_sources.c.manifest)
        .where(datasets.c.leaf_index.is_not(None), datasets.c.marked_index.is_(None), *where)
    )  # fmt: skip
    return [row.manifest for row in tx.execute(query)]


def _spoilt(tx: Connection) -> Iterable[str]:
    """Those that hold something deleted, swept or withdrawn."""
    yield from _holding(tx, segments.c.deleted)
    said = select(consents.c.contributor).distinct().where(consents.c.kind == "withdrawn")
    for contributor in tx.execute(said).scalars().all():
        records = consent_records(tx, ContributorId(contributor))
        own = segments.c.contributor == contributor
        policies = tx.execute(select(segments.c.policy).distinct().where(own)).scalars().all()
        gone = [each for each in policies if withdrawn(records, PolicyId(each))]
        if gone:
            yield from _holding(tx, own, segments.c.policy.in_(gone))


def _mark(service: Service, manifest: str) -> None:
    with service.database.transaction(f"dataset:{manifest}") as tx:
        mine = (datasets.c.manifest == manifest) & datasets.c.marked_index.is_(None)
        if tx.execute(select(datasets.c.manifest).where(mine)).scalar() is None:
            return  # another worker has done it
        # The entry before the commit: a crash between them marks it twice in the log, and it is as true twice.
        [index] = service.log.append([DatasetMarkedLeaf(manifest).encode()])
        tx.execute(update(datasets).where(mine).values(marked_index=index))
    service.wake.set()


def _mark_models(service: Service, job: Job) -> None:
    """Also those that were trained on a dataset after it was marked."""
    spoilt = datasets.c.marked_index.is_not(None) & models.c.marked_index.is_(None)
    with service.database.reading() as tx:
        query = select(models.c.model).distinct().join(datasets, datasets.c.manifest == models.c.manifest)
        found = list(tx.execute(query.where(spoilt)).scalars())
    marked = select(datasets.c.manifest).where(datasets.c.marked_index.is_not(None))
    for model in found:
        job.renew(service)
        with service.database.transaction(f"model:{model}") as tx:
            mine = (models.c.model == model) & models.c.marked_index.is_(None) & models.c.manifest.in_(marked)
            if tx.execute(select(models.c.model).where(mine).limit(1)).scalar() is None:
                continue
            [index] = service.log.append([ModelMarkedLeaf(model).encode()])
            tx.execute(update(models).where(mine).values(marked_index=index))
        service.wake.set()
