"""Takes sealed segments: checks everything that can be checked from outside the seal, and acknowledges what is durable.

The same segment may come any number of times. What is acknowledged is in the store and in the database, and will be
in the log: all three before the answer, the last as a promise.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from aboveboard.collector.registries import consent_records, person, queue
from aboveboard.collector.service import Service
from aboveboard.collector.storage.blobs import BlobName
from aboveboard.collector.storage.tables import consents, epochs, segments
from aboveboard.core.errors import BadInput, ChainError, Refused
from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.leaves import segment_commitment
from aboveboard.core.vault import SignedDeviceCert, check_device_cert
from aboveboard.wire.segment import GENESIS, SIZE_CLASSES, Manifest
from aboveboard.wire.segment import parse as parse_segment

AGE_HEADER_BYTES_MAX = 16 << 10
_PAYLOADS = frozenset(16 + size + 16 * -(-size // 65536) for size in SIZE_CLASSES)


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
    check_size_class(sealed.sealed)
    name = BlobName(manifest.contributor, manifest.epoch, manifest.segment_id)
    with service.database.reading() as tx:  # what is refused must not cost a write
        if not _due(tx, manifest):
            return Accepted(manifest.segment_id, new=False)
    # The blob first: a row must never name bytes that are not there. A blob without a row is taken again, or is taken
    # away by the `tidy` job.
    service.blobs.put(name, data)
    with service.database.transaction(person(manifest.contributor)) as tx:
        if not _due(tx, manifest):
            return Accepted(manifest.segment_id, new=False)
        _insert(tx, manifest)
    service.wake.set()
    return Accepted(manifest.segment_id, new=True)


def check_size_class(sealed: bytes) -> None:
    """Raises Refused unless the age file is as long as one of a size class: its size would say how much happened.

    Its header is text that ends with a line `--- <mac>`, and its length says nothing (age adds "grease" to it). Behind
    that, as in the age specification: 16 bytes of nonce, and chunks of 64 KiB with 16 bytes each.
    """
    end = sealed.find(b"\n--- ", 0, AGE_HEADER_BYTES_MAX)
    start = sealed.find(b"\n", end + 1, end + 100) + 1 if end >= 0 else 0
    if not start or len(sealed) - start not in _PAYLOADS:
        raise Refused("size", "the sealed part has the size of no size class")


def _due(tx: Connection, manifest: Manifest) -> bool:
    """False when this very segment is here already. Raises OutOfOrder or Refused when it may not come now."""
    if not _expected(tx, manifest):
        return False
    _check_terms(tx, manifest)
    return True


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


def _insert(tx: Connection, manifest: Manifest) -> None:
    tx.execute(
        insert(segments).values(
            segment=manifest.segment_id, device=manifest.device, seq=manifest.seq, contributor=manifest.contributor,
            epoch=manifest.epoch, policy=manifest.policy, consent=manifest.consent, manifest=manifest.to_bytes(),
            deleted=False,
        )
    )  # fmt: skip
    queue(tx, segment_commitment(manifest.segment_id), "segments")
