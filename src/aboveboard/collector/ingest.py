"""Takes sealed segments: checks everything that can be checked from outside the seal, and acknowledges what is durable.

The same segment may come any number of times. What is acknowledged is in the folder and in the database, and will be
in the log: all three before the answer, the last as a promise.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from aboveboard.collector.registries import consent_records, queue
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import consents, epochs, segments
from aboveboard.core.errors import BadInput, ChainError, Refused
from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.leaves import segment_commitment
from aboveboard.core.vault import SignedDeviceCert, check_device_cert
from aboveboard.wire.segment import GENESIS, Manifest, SealedSegment
from aboveboard.wire.segment import parse as parse_segment


class OutOfOrder(ChainError):
    """Another segment is expected; `expected` is its number."""

    def __init__(self, expected: int, text: str) -> None:
        super().__init__(text)
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Accepted:
    segment: SegmentId
    new: bool


def ingest(service: Service, cert: SignedDeviceCert, seq: int, data: bytes, digest: str) -> Accepted:
    """digest: SHA-256 of `data` as the sender computed it, hex. Durable when it returns.

    Raises BadInput, Corrupt or SignatureError (this file is not good), OutOfOrder, Refused (not allowed).
    """
    if sha256_hex(data) != digest:
        raise BadInput("the body is not what its Content-Digest says: send it again", "segment")
    sealed = parse_segment(data)
    manifest = sealed.manifest
    sealed.verify(check_device_cert(cert))
    if (manifest.device, manifest.contributor, manifest.seq) != (cert.cert.device, cert.cert.contributor, seq):
        raise BadInput("the segment is another device's, or another number", "segment")
    with service.database.transaction() as tx:
        if not _expected(tx, manifest):
            return Accepted(manifest.segment_id, new=False)
        _check_terms(tx, manifest)
        _store(service, tx, sealed, data)
    service.wake.set()
    return Accepted(manifest.segment_id, new=True)


def _expected(tx: Connection, manifest: Manifest) -> bool:
    """False when this very segment is here already. Raises OutOfOrder when another is due."""
    rows = tx.execute(
        select(segments.c.seq, segments.c.segment)
        .where(segments.c.device == manifest.device, segments.c.seq.in_([manifest.seq - 1, manifest.seq]))
    )  # fmt: skip
    known = {row.seq: row.segment for row in rows}
    if manifest.seq in known:
        if known[manifest.seq] == manifest.segment_id:
            return False
        raise OutOfOrder(_next(tx, manifest), f"another segment {manifest.seq} of this device is here already")
    before = known.get(manifest.seq - 1, GENESIS if manifest.seq == 0 else None)
    if before is None:
        raise OutOfOrder(_next(tx, manifest), f"segment {manifest.seq} comes too early")
    if manifest.prev != before:
        raise OutOfOrder(_next(tx, manifest), f"segment {manifest.seq} does not follow the one before it")
    return True


def _next(tx: Connection, manifest: Manifest) -> int:
    query = select(segments.c.seq).where(segments.c.device == manifest.device).order_by(segments.c.seq.desc()).limit(1)
    last = tx.execute(query).scalar()
    return 0 if last is None else last + 1


def _check_terms(tx: Connection, manifest: Manifest) -> None:
    """The consent the segment names was given by this person for this policy, and nothing after it withdrew it."""
    row = tx.execute(select(consents).where(consents.c.consent == manifest.consent)).one_or_none()
    if row is None or (row.kind, row.contributor, row.policy) != ("given", manifest.contributor, manifest.policy):
        raise Refused("no_consent", "the segment names no consent of this person to this policy")
    # After an opt-out, what the person chose to send before leaving may still arrive; after a withdrawal nothing may.
    later = [record.kind for record in consent_records(tx, manifest.contributor)]
    if later and later[-1] == "withdrawn":
        raise Refused("no_consent", "the person has withdrawn their consent")
    epoch = tx.execute(select(epochs).where(epochs.c.epoch == manifest.epoch)).one_or_none()
    if epoch is None or (epoch.contributor, epoch.policy) != (manifest.contributor, manifest.policy):
        raise Refused("epoch", "the segment's epoch was not deposited by this person for this policy")
    if epoch.deposit is None:
        raise Refused("destroyed", "this epoch's key was destroyed at the person's request")


def _store(service: Service, tx: Connection, sealed: SealedSegment, data: bytes) -> None:
    manifest = sealed.manifest
    # The blob first: a row must never name bytes that are not there. A blob without a row is taken again, or stays
    # unreachable.
    service.blobs.put(manifest.contributor, manifest.epoch, manifest.segment_id, data)
    tx.execute(
        insert(segments).values(
            segment=manifest.segment_id, device=manifest.device, seq=manifest.seq, contributor=manifest.contributor,
            epoch=manifest.epoch, policy=manifest.policy, consent=manifest.consent, manifest=manifest.to_bytes(),
            deleted=False,
        )
    )  # fmt: skip
    queue(tx, segment_commitment(manifest.segment_id), "segments")
