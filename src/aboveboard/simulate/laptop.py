"""One simulated laptop: its person's keys, its chain of segments, and what it was told about them.

It makes the same signed bytes as the recorder and sends them over the same public interface. What the collector has
acknowledged is remembered, to be held against what the collector says at the end.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import pyrage

from aboveboard.core.access import DeletionRequest, SignedDeletion, sign_deletion
from aboveboard.core.charter import Charter
from aboveboard.core.consent import ConsentRecord, SignedConsent, sign_consent
from aboveboard.core.ids import ContributorId, DeviceId, EpochId, SegmentId, epoch_id_of, key_id_of
from aboveboard.core.policy import Policy
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import (
    DeviceCert,
    EpochDeposit,
    SignedDeposit,
    SignedDeviceCert,
    sign_deposit,
    sign_device_cert,
    split_among,
    split_secret,
)
from aboveboard.simulate.work import Piece
from aboveboard.wire.api import to_base64
from aboveboard.wire.segment import GENESIS, SealedSegment, seal


@dataclass(slots=True)
class Laptop:
    """clock_us: how wrong its clock is. acknowledged: segment IDs that the collector has taken, by number."""

    charter: Charter
    policy: Policy
    clock_us: int = 0
    person: SigningKey = field(default_factory=lambda: SigningKey.generate("contributor"))
    device_key: SigningKey = field(default_factory=lambda: SigningKey.generate("device"))
    identity: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)
    session: str = field(default_factory=lambda: os.urandom(16).hex())
    token: str = ""
    consent: SignedConsent | None = None
    prev: str = GENESIS
    acknowledged: list[SegmentId] = field(default_factory=list)
    deleted: set[SegmentId] = field(default_factory=set)
    all_deleted: bool = False
    requests: list[SignedDeletion] = field(default_factory=list)
    left: bool = False

    @property
    def contributor(self) -> ContributorId:
        return ContributorId(key_id_of(self.person.verify_key.public))

    @property
    def device(self) -> DeviceId:
        return DeviceId(key_id_of(self.device_key.verify_key.public))

    @property
    def recipient(self) -> str:
        return str(self.identity.to_public())

    @property
    def epoch(self) -> EpochId:
        return epoch_id_of(self.recipient)

    def certificate(self) -> SignedDeviceCert:
        keys = self.person.verify_key.encode(), self.device_key.verify_key.encode()
        return sign_device_cert(DeviceCert(self.contributor, keys[0], self.device, keys[1]), self.person)

    def say(self, kind: Literal["given", "withdrawn", "opt_out"], at_us: int) -> SignedConsent:
        """The person's word, dated by the laptop's clock."""
        record = ConsentRecord(
            kind, self.contributor, self.person.verify_key.encode(), self.device, self.policy.policy_id,
            tuple(self.policy.categories) if kind == "given" else (), hashlib.sha256(b"notice").hexdigest(),
            at_us + self.clock_us, os.urandom(16).hex(),
        )  # fmt: skip
        signed = sign_consent(record, self.person)
        if kind == "given":
            self.consent = signed
        return signed

    def deposits(self) -> tuple[SignedDeposit, list[SignedDeposit]]:
        """The collector's, and one for each guardian of the charter."""
        first, second = split_secret(str(self.identity))
        base = EpochDeposit(
            self.contributor, self.person.verify_key.encode(), self.device, self.epoch, self.recipient,
            self.policy.policy_id, guardians=len(self.charter.guardians),
            guardians_needed=self.charter.guardians_needed,
        )  # fmt: skip
        one = msgspec.structs.replace(base, collector_share=_sealed(first, self.charter.collector.recipient))
        parts = split_among(second, base.guardians_needed, base.guardians)
        others = [
            sign_deposit(msgspec.structs.replace(base, guardian_share=_sealed(part, each.recipient)), self.person)
            for part, each in zip(parts, self.charter.guardians, strict=True)
        ]
        return sign_deposit(one, self.person), others

    def seal(self, piece: Piece, *, ahead: int = 0, prev: str | None = None) -> SealedSegment:
        """The device's next segment, or one that is `ahead` of it."""
        if self.consent is None:
            raise AssertionError("a laptop seals nothing before a consent")
        shift = self.clock_us
        return seal(
            list(piece.events), session=self.session, start_us=piece.start_us + shift, end_us=piece.end_us + shift,
            seq=len(self.acknowledged) + ahead, prev=prev or self.prev, contributor=self.contributor,
            device=self.device, epoch=self.epoch, recipient=self.recipient, policy=self.policy.policy_id,
            consent=self.consent.record.consent_id, device_key=self.device_key,
        )  # fmt: skip

    def taken(self, segment: SealedSegment) -> None:
        """The collector has acknowledged it."""
        self.acknowledged.append(segment.manifest.segment_id)
        self.prev = segment.manifest.segment_id

    def delete(self, scope: Literal["all", "segments"], at_us: int) -> SignedDeletion:
        """Asks for everything, or for the last segment."""
        segments = tuple(self.acknowledged[-1:]) if scope == "segments" else ()
        self.deleted |= set(segments)
        self.all_deleted |= scope == "all"
        request = DeletionRequest(
            self.contributor, self.person.verify_key.encode(), scope, at_us + self.clock_us, os.urandom(16).hex(),
            (), segments,
        )  # fmt: skip
        return sign_deletion(request, self.person)


def digest_header(data: bytes) -> str:
    """Content-Digest of RFC 9530."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode('ascii')}:"


def _sealed(share: bytes, recipient: str) -> str:
    return to_base64(pyrage.encrypt(share, [pyrage.x25519.Recipient.from_str(recipient)]))
