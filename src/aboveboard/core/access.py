"""The rules of access, the same for collector, guardian and reader: each checks for itself. Pure.

A grant names a purpose, one reader, whose data, and until when, and is signed by enough different stewards. A key is
released under a grant only after the release itself stands in the log under the witness quorum.
"""

from __future__ import annotations

import os
from typing import Literal

from aboveboard.core.charter import Charter
from aboveboard.core.errors import BadInput, CheckFailed, Refused
from aboveboard.core.ids import ContributorId, EpochId, GrantId, PolicyId, SegmentId, sha256_hex
from aboveboard.core.leaves import KeyReleasedLeaf, Purpose, deletion_commitment, release_commitment
from aboveboard.core.policy import Policy
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.core.records import Record, parse_record
from aboveboard.core.signatures import SIGNATURES_MAX, Signature, check_threshold
from aboveboard.core.signing import SigningKey, VerifyKey
from aboveboard.core.vault import EpochDeposit, check_owner

GRANT_CONTEXT = "grant"
DELETION_CONTEXT = "deletion"
GRANT_DAYS_MAX = 366
_DAY_US = 86_400_000_000


class Grant(Record, frozen=True):
    """Times in µs since 1970; reader_key: a verifier key; reader_recipient: age1...; nonce: 16 random bytes as hex."""

    purpose: Purpose
    reader: str
    reader_key: str
    reader_recipient: str
    policies: tuple[PolicyId, ...]
    contributors: Literal["all"] | tuple[ContributorId, ...]
    created_us: int
    expires_us: int
    nonce: str
    v: int = 1

    @property
    def grant_id(self) -> GrantId:
        return GrantId(sha256_hex(self.to_bytes()))

    def covers(self, contributor: ContributorId) -> bool:
        return self.contributors == "all" or contributor in self.contributors


class SignedGrant(Record, frozen=True):
    """A grant with its approvals so far."""

    grant: Grant
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> SignedGrant:
        """Raises BadInput. Checks no signature: check_grant does."""
        signed = parse_record(data, "grant", cls)
        if len(signed.signatures) > SIGNATURES_MAX:
            raise BadInput(f"at most {SIGNATURES_MAX} signatures", "grant")
        return signed


def new_grant(
    *,
    purpose: Purpose,
    reader: str,
    reader_key: VerifyKey,
    reader_recipient: str,
    policies: tuple[PolicyId, ...],
    contributors: Literal["all"] | tuple[ContributorId, ...],
    created_us: int,
    expires_us: int,
) -> Grant:
    """A grant with a fresh nonce, not yet signed by anyone."""
    return Grant(
        purpose, reader, reader_key.encode(), reader_recipient, policies, contributors, created_us, expires_us,
        os.urandom(16).hex(),
    )  # fmt: skip


def sign_grant(signed: SignedGrant | Grant, key: SigningKey) -> SignedGrant:
    """Adds an approval."""
    known = signed if isinstance(signed, SignedGrant) else SignedGrant(signed)
    approval = Signature.make(key, GRANT_CONTEXT, known.grant.to_bytes())
    return SignedGrant(known.grant, (*known.signatures, approval))


def check_grant(signed: SignedGrant, charter: Charter, policy: Policy, now_us: int) -> None:
    """policy: the one the data was given under. Raises Refused("grant") with the reason in its text."""
    grant = signed.grant
    if policy.policy_id not in grant.policies:
        raise Refused("grant", "the grant does not name the policy that the data was given under")
    if grant.purpose not in policy.purposes:
        raise Refused("grant", f"the purpose {grant.purpose} is not in the policy that the data was given under")
    if not grant.created_us < grant.expires_us <= grant.created_us + GRANT_DAYS_MAX * _DAY_US:
        raise Refused("grant", f"a grant runs {GRANT_DAYS_MAX} days at most")
    if now_us >= grant.expires_us:
        raise Refused("grant", "the grant has expired")
    try:
        reader_key = VerifyKey.decode(grant.reader_key)
    except BadInput as error:
        raise Refused("grant", f"the reader's key can't be read: {error}") from error
    # The reader may be a steward elsewhere, but does not count as an approval of their own reading.
    approvers = [key for key in charter.steward_keys if key.public != reader_key.public]
    check_threshold(
        approvers, charter.stewards.threshold, signed.signatures, GRANT_CONTEXT, grant.to_bytes(),
        who="stewards other than the reader", reason="grant",
    )  # fmt: skip


class ReleaseOpening(Record, frozen=True):
    """Opens a key_released leaf's commitment. salt: 16 bytes as hex."""

    grant_id: GrantId
    contributor: ContributorId
    epoch: EpochId
    salt: str
    purpose: Purpose

    def leaf(self) -> KeyReleasedLeaf:
        """The leaf this opens. Raises BadInput for a malformed salt."""
        try:
            salt = bytes.fromhex(self.salt)
        except ValueError as error:
            raise BadInput("is not hex", "salt") from error
        if len(salt) != 16:
            raise BadInput("has not 16 bytes", "salt")
        commitment = release_commitment(salt, self.grant_id, self.contributor, self.epoch)
        return KeyReleasedLeaf(commitment.hex(), self.purpose)


def new_opening(grant: Grant, contributor: ContributorId, epoch: EpochId) -> ReleaseOpening:
    """With a fresh salt."""
    return ReleaseOpening(grant.grant_id, contributor, epoch, os.urandom(16).hex(), grant.purpose)


def check_release(
    opening: ReleaseOpening,
    signed_grant: SignedGrant,
    policy: Policy,
    log_proof: LogProof,
    deposit: EpochDeposit,
    charter: Charter,
    now_us: int,
) -> None:
    """Whether this epoch's share may be given to the grant's reader now. policy: its signatures and its place in the
    log are verified by the caller (policy.in_force or policy.verify_signatures with proof.check_proof).

    Raises Refused("grant") or Refused("release").
    """
    check_grant(signed_grant, charter, policy, now_us)
    grant = signed_grant.grant
    if (opening.grant_id, opening.purpose) != (grant.grant_id, grant.purpose):
        raise Refused("release", "the release is of another grant")
    if (opening.contributor, opening.epoch) != (deposit.contributor, deposit.epoch):
        raise Refused("release", "the release is of another epoch's key")
    if deposit.policy != policy.policy_id:
        raise Refused("release", "the data of this epoch was given under another policy")
    if not grant.covers(deposit.contributor):
        raise Refused("release", "the grant does not cover this contributor")
    try:
        check_proof(opening.leaf().encode(), log_proof, charter)
    except (CheckFailed, BadInput) as error:
        raise Refused("release", f"the release is not shown to be in the log: {error}") from error


class DeletionRequest(Record, frozen=True):
    """What a person wants gone: everything, these epochs (their keys), or these segments. salt: 16 bytes as hex."""

    contributor: ContributorId
    contributor_key: str
    scope: Literal["all", "epochs", "segments"]
    at_us: int
    salt: str
    epochs: tuple[EpochId, ...] = ()
    segments: tuple[SegmentId, ...] = ()
    v: int = 1

    @property
    def commitment(self) -> bytes:
        """What the log's deletion leaves hold: 32 bytes."""
        return deletion_commitment(bytes.fromhex(self.salt), self.to_bytes())


class SignedDeletion(Record, frozen=True):
    request: DeletionRequest
    signature: Signature

    @classmethod
    def parse(cls, data: bytes) -> SignedDeletion:
        """Raises BadInput."""
        signed = parse_record(data, "deletion request", cls, 1 << 20)
        request = signed.request
        if len(request.salt) != 32 or not all(c in "0123456789abcdef" for c in request.salt):
            raise BadInput("salt: 32 hex digits", "deletion request")
        if bool(request.epochs) != (request.scope == "epochs") or bool(request.segments) != (
            request.scope == "segments"
        ):
            raise BadInput("scope: epochs and segments are listed exactly when they are the scope", "deletion request")
        return signed


def sign_deletion(request: DeletionRequest, key: SigningKey) -> SignedDeletion:
    return SignedDeletion(request, Signature.make(key, DELETION_CONTEXT, request.to_bytes()))


def check_deletion(signed: SignedDeletion) -> DeletionRequest:
    """Raises SignatureError unless the person whose data it is signed it."""
    request = signed.request
    check_owner(request.contributor, request.contributor_key, signed.signature, DELETION_CONTEXT, request.to_bytes())
    return request
