"""Deletion on a person's signed request: asked in the log, done by a job that a crash can't stop, done in the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import deletions, epochs, segments
from aboveboard.core.access import DeletionRequest, SignedDeletion, check_deletion
from aboveboard.core.errors import Refused
from aboveboard.core.ids import ContributorId, SegmentId
from aboveboard.core.leaves import DELETION_DAYS_MAX, DeletionAskedLeaf, DeletionDoneLeaf, due_day_us
from aboveboard.core.vault import SignedDeviceCert
from aboveboard.wire.api import DeletionState


def ask(service: Service, cert: SignedDeviceCert, signed: SignedDeletion) -> DeletionState:
    """Writes the request down, in the log too. The same request again changes nothing."""
    request = check_deletion(signed)
    if request.contributor != cert.cert.contributor:
        raise Refused("deletion", "the request is another person's")
    name = request.commitment.hex()
    with service.database.transaction() as tx:
        row = tx.execute(select(deletions).where(deletions.c.deletion == name)).one_or_none()
        if row is not None:
            return DeletionState(name, row.done, row.due_us)
        due_us = due_day_us(service.clock.now_us(), DELETION_DAYS_MAX)
        service.log.append([DeletionAskedLeaf(name, due_us).encode()])
        values = {"deletion": name, "contributor": request.contributor, "signed": signed.to_bytes()}
        tx.execute(insert(deletions).values(**values, due_us=due_us, done=False))
    service.wake.set()
    return DeletionState(name, done=False, due_us=due_us)


def state(service: Service, contributor: ContributorId, deletion: str) -> DeletionState:
    """Raises Refused for one that is not this person's."""
    where = (deletions.c.deletion == deletion) & (deletions.c.contributor == contributor)
    with service.database.transaction() as tx:
        row = tx.execute(select(deletions).where(where)).one_or_none()
    if row is None:
        raise Refused("deletion", "no such request of yours is known here")
    return DeletionState(row.deletion, row.done, row.due_us)


def run_pending(service: Service) -> int:
    """Does every deletion that is asked and not done; how many. Each step may run again after a crash."""
    with service.database.transaction() as tx:
        rows = tx.execute(select(deletions).where(deletions.c.done.is_(False))).all()
    for row in rows:
        request = SignedDeletion.parse(row.signed).request
        with service.database.transaction() as tx:
            _destroy_shares(tx, request)
            doomed = _doomed(tx, request)
            for each in doomed:
                service.blobs.remove(each.contributor, each.epoch, SegmentId(each.segment))
            names = [each.segment for each in doomed]
            tx.execute(update(segments).where(segments.c.segment.in_(names)).values(deleted=True))
            # The leaf before the mark: a crash between them logs "done" twice, never a done that is not in the log.
            service.log.append([DeletionDoneLeaf(row.deletion).encode()])
            tx.execute(update(deletions).where(deletions.c.deletion == row.deletion).values(done=True))
    return len(rows)


def _destroy_shares(tx: Connection, request: DeletionRequest) -> None:
    own = epochs.c.contributor == request.contributor
    if request.scope == "all":
        tx.execute(update(epochs).where(own).values(deposit=None))
    elif request.scope == "epochs":
        tx.execute(update(epochs).where(own, epochs.c.epoch.in_(request.epochs)).values(deposit=None))


def _doomed(tx: Connection, request: DeletionRequest) -> Sequence[Row[Any]]:
    query = select(segments).where(segments.c.contributor == request.contributor)
    if request.scope == "epochs":
        query = query.where(segments.c.epoch.in_(request.epochs))
    elif request.scope == "segments":
        query = query.where(segments.c.segment.in_(request.segments))
    return tx.execute(query).all()
