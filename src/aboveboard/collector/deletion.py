"""Deletion on a person's signed request.

When the request is answered, the collector's shares are destroyed and no route gives the segments any more; the log has
"asked". A job then removes the bytes from the store, in steps that may run twice, and the log has "done".
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, insert, select, update

from aboveboard.collector import telling
from aboveboard.collector.jobs import Job, enqueue
from aboveboard.collector.service import Service
from aboveboard.collector.storage.blobs import BlobName, Blobs
from aboveboard.collector.storage.sql import Database, person
from aboveboard.collector.storage.tables import deletions, epochs, segments
from aboveboard.core.access import DeletionRequest, SignedDeletion, check_deletion
from aboveboard.core.errors import Refused
from aboveboard.core.ids import ContributorId, EpochId, SegmentId
from aboveboard.core.leaves import DELETION_DAYS_MAX, DeletionAskedLeaf, DeletionDoneLeaf, due_day_us
from aboveboard.core.vault import SignedDeviceCert
from aboveboard.wire.api import DeletionState
from aboveboard.wire.durable import make_folders, write_durable

KIND = "deletion"


def ask(service: Service, cert: SignedDeviceCert, signed: SignedDeletion) -> DeletionState:
    """Writes the request down, in the log too, and ends all reading. The same request again changes nothing."""
    request = check_deletion(signed)
    if request.contributor != cert.cert.contributor:
        raise Refused("deletion", "the request is another person's")
    name = request.commitment.hex()
    with service.database.transaction(person(request.contributor)) as tx:
        row = tx.execute(select(deletions).where(deletions.c.deletion == name)).one_or_none()
        if row is not None:
            return DeletionState(name, row.done, row.due_us)
        now_us = service.clock.now_us()
        due_us = due_day_us(now_us, DELETION_DAYS_MAX)
        values = {"deletion": name, "contributor": request.contributor, "signed": signed.to_bytes()}
        tx.execute(insert(deletions).values(**values, due_us=due_us, done=False))
        forbid(tx, request)
        enqueue(tx, KIND, name, now_us)
        if request.scope != "segments":
            enqueue(tx, telling.KIND, name, now_us)
        # Beside the database: a backup that is older than this request must not bring the data back. See backup.py.
        folder = service.log_folder.parent / "deletions"
        make_folders(folder, 0o700)
        write_durable(folder / f"{name}.json", signed.to_bytes(), 0o600)
        service.log.append([DeletionAskedLeaf(name, due_us).encode()])
    service.wake.set()
    return DeletionState(name, done=False, due_us=due_us)


def state(service: Service, contributor: ContributorId, deletion: str) -> DeletionState:
    """Raises Refused for one that is not this person's."""
    where = (deletions.c.deletion == deletion) & (deletions.c.contributor == contributor)
    with service.database.reading() as tx:
        row = tx.execute(select(deletions).where(where)).one_or_none()
    if row is None:
        raise Refused("unknown", "no such request of yours is known here")
    return DeletionState(row.deletion, row.done, row.due_us)


def forbid(tx: Connection, request: DeletionRequest) -> None:
    """Destroys shares and marks segments, as far as the request goes. New epochs are not meant."""
    of_epochs, of_segments = _scope(request)
    if request.scope != "segments":
        tx.execute(update(epochs).where(of_epochs).values(deposit=None))
    tx.execute(update(segments).where(of_segments).values(deleted=True))


def _scope(request: DeletionRequest) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """(which epochs, which segments)."""
    own, own_segments = epochs.c.contributor == request.contributor, segments.c.contributor == request.contributor
    match request.scope:
        case "epochs":
            return own & epochs.c.epoch.in_(request.epochs), own_segments & segments.c.epoch.in_(request.epochs)
        case "segments":
            return own, own_segments & segments.c.segment.in_(request.segments)
        case "all":
            return own, own_segments


def run(service: Service, job: Job) -> None:
    """The job: bytes out of the store, then "done" in the log."""
    with service.database.reading() as tx:
        row = tx.execute(select(deletions).where(deletions.c.deletion == job.subject)).one()
    contributor = ContributorId(row.contributor)
    remove_bytes(service.database, service.blobs, contributor)
    with service.database.transaction(person(contributor)) as tx:
        # First that the job is still ours: else another worker logs it. Then the leaf before the commit: a crash
        # between them logs "done" twice, never a done that is not in the log. Asked anew: it may be done since.
        job.done(tx)
        if not tx.execute(select(deletions.c.done).where(deletions.c.deletion == row.deletion)).scalar_one():
            service.log.append([DeletionDoneLeaf(row.deletion).encode()])
        tx.execute(update(deletions).where(deletions.c.deletion == row.deletion).values(done=True))
    service.wake.set()


def remove_bytes(database: Database, blobs: Blobs, contributor: ContributorId) -> None:
    """Everything of one person that lies in the store and may not be given any more: of destroyed epochs whatever is
    there, by listing, and of others the segments that are marked."""
    with database.reading() as tx:
        destroyed = select(epochs.c.epoch).where(epochs.c.contributor == contributor, epochs.c.deposit.is_(None))
        gone = [EpochId(each) for each in tx.execute(destroyed).scalars()]
        marked = select(segments.c.epoch, segments.c.segment).where(
            segments.c.contributor == contributor, segments.c.deleted, segments.c.epoch.not_in(gone)
        )
        names = [BlobName(contributor, EpochId(row.epoch), SegmentId(row.segment)) for row in tx.execute(marked)]
    for epoch in gone:
        for stored in blobs.names(contributor, epoch):
            blobs.remove(stored.name)
    for name in names:
        blobs.remove(name)
