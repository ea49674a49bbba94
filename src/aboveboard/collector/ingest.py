"""Takes sealed segments: checks everything that can be checked from outside the seal, and acknowledges what is durable.

The same segment may come any number of times. What is acknowledged is in the store and in the database, and will be
in the log: all three before the answer, the last as a promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, ScalarSelect, String, bindparam, insert, select

from aboveboard.collector.registries import person, queue
from aboveboard.collector.service import Service
from aboveboard.collector.storage.blobs import BlobName
from aboveboard.collector.storage.tables import consents, epochs, segments
from aboveboard.core.errors import BadInput, ChainError, Refused
from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.leaves import segment_commitment
from aboveboard.core.signing import VerifyKey
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
    """kept: False when it came after its days of keeping: it stands in the chain and in the log, and that is all."""

    segment: SegmentId
    new: bool
    kept: bool = True


def ingest(service: Service, cert: SignedDeviceCert, seq: int, data: bytes, digest: str) -> Accepted:
    """digest: SHA-256 of `data` as the sender computed it, hex. Durable when it returns.

    Raises BadInput, Corrupt or SignatureError (this file is not good), OutOfOrder, Refused (not allowed).
    """
    if sha256_hex(data) != digest:
        raise BadInput("the body is not what its Content-Digest says: send it again", "segment")
    sealed = parse_segment(data)
    manifest = sealed.manifest
    sealed.verify(_device_key(cert))
    if (manifest.device, manifest.contributor, manifest.seq) != (cert.cert.device, cert.cert.contributor, seq):
        raise BadInput("the segment is another device's, or another number", "segment")
    check_size_class(sealed.sealed)
    segment = manifest.segment_id
    with service.database.reading() as tx:  # what is refused must not cost a write
        due = _due(tx, manifest, segment, service.clock.now_us())
        if not due.new:
            return due
    # The blob first: a row must never name bytes that are not there. A blob without a row is taken again, or is taken
    # away by the `tidy` job.
    name = BlobName(manifest.contributor, manifest.epoch, segment)
    if due.kept:
        service.blobs.put(name, data)

    def keep(tx: Connection) -> Accepted:
        found = _due(tx, manifest, segment, service.clock.now_us())
        if found.new:
            _insert(tx, manifest, found)
        return found

    accepted: Accepted = service.groups.run(person(manifest.contributor), keep)
    if due.kept and not accepted.kept:
        service.blobs.remove(name)  # its day came between the two looks
    return accepted


@lru_cache(maxsize=10_000)
def _device_key(cert: SignedDeviceCert) -> VerifyKey:
    return check_device_cert(cert)


def check_size_class(sealed: bytes) -> None:
    """Raises Refused unless the age file is as long as one of a size class: its size would say how much happened.

    Its header is text that ends with a line `--- <mac>`, and its length says nothing (age adds "grease" to it). Behind
    that, as in the age specification: 16 bytes of nonce, and chunks of 64 KiB with 16 bytes each.
    """
    end = sealed.find(b"\n--- ", 0, AGE_HEADER_BYTES_MAX)
    start = sealed.find(b"\n", end + 1, end + 100) + 1 if end >= 0 else 0
    if not start or len(sealed) - start not in _PAYLOADS:
        raise Refused("size", "the sealed part has the size of no size class")


def _scalar(column: Column[Any], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(column).where(*where).limit(1).scalar_subquery()


_DEVICE, _CONTRIBUTOR, _POLICY, _CONSENT, _EPOCH = (
    bindparam(name, type_=String) for name in ("device", "contributor", "policy", "consent", "epoch")
)
_SEQ = bindparam("seq", type_=BigInteger)
# Everything the decision needs, in one question.
_STANDING = select(
    _scalar(segments.c.segment, segments.c.device == _DEVICE, segments.c.seq == _SEQ).label("here"),
    _scalar(segments.c.segment, segments.c.device == _DEVICE, segments.c.seq == _SEQ - 1).label("before"),
    _scalar(
        consents.c.consent, consents.c.consent == _CONSENT, consents.c.kind == "given",
        consents.c.contributor == _CONTRIBUTOR, consents.c.policy == _POLICY,
    ).label("consent"),
    select(consents.c.kind).where(consents.c.contributor == _CONTRIBUTOR).order_by(consents.c.number.desc()).limit(1)
    .scalar_subquery().label("last_word"),
    _scalar(
        epochs.c.epoch, epochs.c.epoch == _EPOCH, epochs.c.contributor == _CONTRIBUTOR, epochs.c.policy == _POLICY
    ).label("epoch"),
    _scalar(epochs.c.epoch, epochs.c.epoch == _EPOCH, epochs.c.deposit.is_not(None)).label("readable"),
    _scalar(epochs.c.until_us, epochs.c.epoch == _EPOCH).label("until_us"),
    _scalar(segments.c.deleted, segments.c.device == _DEVICE, segments.c.seq == _SEQ).label("deleted"),
)  # fmt: skip


def _due(tx: Connection, manifest: Manifest, segment: SegmentId, now_us: int) -> Accepted:
    """Whether it is new, and to be kept. Raises OutOfOrder or Refused when it may not come now."""
    known = {
        "device": manifest.device, "seq": manifest.seq, "contributor": manifest.contributor,
        "policy": manifest.policy, "consent": manifest.consent, "epoch": manifest.epoch,
    }  # fmt: skip
    found = tx.execute(_STANDING, known).one()
    if found.here == segment:
        return Accepted(segment, new=False, kept=not found.deleted)
    if found.here is not None:
        raise OutOfOrder(_next(tx, manifest), f"another segment {manifest.seq} of this device is here already")
    before = GENESIS if manifest.seq == 0 else found.before
    if before is None:
        raise OutOfOrder(_next(tx, manifest), f"segment {manifest.seq} comes too early")
    if manifest.prev != before:
        raise OutOfOrder(_next(tx, manifest), f"segment {manifest.seq} does not follow the one before it")
    _check_terms(found)
    if found.until_us <= now_us:
        return Accepted(segment, new=True, kept=False)
    if found.readable is None:
        raise Refused("destroyed", "this epoch's key was destroyed at the person's request")
    return Accepted(segment, new=True)


def _next(tx: Connection, manifest: Manifest) -> int:
    query = select(segments.c.seq).where(segments.c.device == manifest.device).order_by(segments.c.seq.desc()).limit(1)
    last = tx.execute(query).scalar()
    return 0 if last is None else last + 1


def _check_terms(found: Any) -> None:
    """The consent the segment names was given by this person for this policy, and nothing after it withdrew it."""
    if found.consent is None:
        raise Refused("no_consent", "the segment names no consent of this person to this policy")
    # After an opt-out, what the person chose to send before leaving may still arrive; after a withdrawal nothing may.
    if found.last_word == "withdrawn":
        raise Refused("no_consent", "the person has withdrawn their consent")
    if found.epoch is None:
        raise Refused("epoch", "the segment's epoch was not deposited by this person for this policy")


def _insert(tx: Connection, manifest: Manifest, accepted: Accepted) -> None:
    values = {
        "segment": accepted.segment, "device": manifest.device, "seq": manifest.seq,
        "contributor": manifest.contributor, "epoch": manifest.epoch, "policy": manifest.policy,
        "consent": manifest.consent, "manifest": manifest.to_bytes(), "deleted": not accepted.kept,
    }  # fmt: skip
    tx.execute(insert(segments), values)
    queue(tx, segment_commitment(accepted.segment), "segments")
