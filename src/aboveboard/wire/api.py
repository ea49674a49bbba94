"""Requests and responses of the collector and the guardian. Specified in docs/spec/http.md.

All are JSON objects; unknown fields are refused. Signed records of `core` stand in them as they are. Byte strings are
standard base64 in a text field.
"""

from __future__ import annotations

import base64
import binascii
from typing import TypeVar

import msgspec

from aboveboard.core.access import ReleaseOpening, SignedGrant
from aboveboard.core.canonical import parse_object
from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import CharterBundle
from aboveboard.core.checks import check_regions
from aboveboard.core.consent import SignedConsent
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.exemption import SignedExemption
from aboveboard.core.ids import (
    ConsentId,
    ContributorId,
    DeviceId,
    EpochId,
    GrantId,
    PolicyId,
    SegmentId,
)
from aboveboard.core.policy import SignedPolicy
from aboveboard.core.proof import LogProof
from aboveboard.core.records import Record
from aboveboard.core.signatures import Signature, check_threshold
from aboveboard.core.signing import SigningKey, VerifyKey
from aboveboard.core.vault import SignedDeposit, SignedDeviceCert, check_owner
from aboveboard.wire.segment import Manifest

READER_CONTEXT = "reader-request"
INVITATION_CONTEXT = "invitation"
REVOCATION_CONTEXT = "revocation"
PROMISE_CONTEXT = "promise"
GIVEN_CONTEXT = "given"
REQUEST_AGE_US_MAX = 300_000_000

T = TypeVar("T", bound=msgspec.Struct)


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, what: str) -> bytes:
    """Raises BadInput naming `what`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("is not base64", what) from error


def parse(data: bytes, what: str, kind: type[T], size_max: int = 1 << 20) -> T:
    """A request or response from untrusted bytes. Raises BadInput naming what and the field."""
    try:
        return msgspec.convert(parse_object(data, what, size_max), kind)
    except msgspec.ValidationError as error:
        raise BadInput(str(error), what) from error


class ErrorBody(Record, frozen=True):
    """reason: a stable word for programs; text: a sentence for people."""

    reason: str
    text: str


class ErrorReply(Record, frozen=True):
    error: ErrorBody


class CurrentPolicy(Record, frozen=True):
    """signed: base64 of SignedPolicy's bytes; log_proof: tlog-proof of its entry. Also published/policies/<id>.json."""

    signed: str
    log_proof: str

    def open(self) -> tuple[SignedPolicy, LogProof]:
        """Raises BadInput or ProofError; verifies nothing."""
        return SignedPolicy.parse(from_base64(self.signed, "signed")), LogProof.parse(self.log_proof)


class Policies(Record, frozen=True):
    """The newest policies in the log, newest first, a few at most: which is in force, each laptop decides."""

    policies: tuple[CurrentPolicy, ...]


class CharterChain(Record, frozen=True):
    """Every charter of the log, the first one first."""

    charters: tuple[CharterBundle, ...]


class CharterReply(Record, frozen=True):
    charter: str


class PolicyReply(Record, frozen=True):
    policy: PolicyId


class PublishedExemption(Record, frozen=True):
    """published/exemptions/<id>.json: an exemption with its signatures, and the tlog-proof of its entry."""

    signed: SignedExemption
    log_proof: str


class Exemptions(Record, frozen=True):
    exemptions: tuple[PublishedExemption, ...]


class ExemptionReply(Record, frozen=True):
    exemption: str


class Invitation(Record, frozen=True):
    """A steward lets laptops enrol: SHA-256 of the code, as hex, and until when.

    reusable: not for one laptop only but for everyone of the regions (none said: of the policy's); it opens enrolment
    only under a policy whose enrolment is by default.
    """

    code_sha256: str
    expires_us: int
    reusable: bool = False
    regions: tuple[str, ...] = ()
    v: int = 1


class SignedInvitation(Record, frozen=True):
    invitation: Invitation
    signature: Signature

    def check(self, charter: Charter) -> None:
        """Raises Refused unless one of the charter's stewards signed it."""
        _by_a_steward(charter, self.signature, INVITATION_CONTEXT, self.invitation.to_bytes())
        check_regions(self.invitation.regions, "regions")


class Revocation(Record, frozen=True):
    """A steward takes an invitation back. code_sha256: of the code; devices that are enrolled stay."""

    code_sha256: str
    v: int = 1


class SignedRevocation(Record, frozen=True):
    revocation: Revocation
    signature: Signature

    def check(self, charter: Charter) -> None:
        """Raises Refused unless one of the charter's stewards signed it."""
        _by_a_steward(charter, self.signature, REVOCATION_CONTEXT, self.revocation.to_bytes())


def _by_a_steward(charter: Charter, signature: Signature, context: str, message: bytes) -> None:
    check_threshold(charter.steward_keys, 1, [signature], context, message, who="a steward", reason="invitation")


def sign_invitation(invitation: Invitation, key: SigningKey) -> SignedInvitation:
    return SignedInvitation(invitation, Signature.make(key, INVITATION_CONTEXT, invitation.to_bytes()))


def sign_revocation(revocation: Revocation, key: SigningKey) -> SignedRevocation:
    return SignedRevocation(revocation, Signature.make(key, REVOCATION_CONTEXT, revocation.to_bytes()))


class EnrolRequest(Record, frozen=True):
    """region: where the laptop is used, by its own setting; it is looked at and not kept."""

    code: str
    cert: SignedDeviceCert
    region: str


class EnrolReply(Record, frozen=True):
    """token: the device's bearer token; shown once, stored hashed."""

    token: str


class Promise(Record, frozen=True):
    """Signed by the log's key in context "promise": this will be in the log. what: "consent" or "segment"."""

    what: str
    id: str
    by_us: int
    v: int = 1


class SignedPromise(Record, frozen=True):
    promise: Promise
    signature: Signature

    def check(self, log_key: VerifyKey) -> None:
        """Raises SignatureError."""
        self.signature.check(log_key, PROMISE_CONTEXT, self.promise.to_bytes())


class ConsentReply(Record, frozen=True):
    consent: ConsentId
    promise: SignedPromise


class SegmentReply(Record, frozen=True):
    """kept: False when the segment came after its days of keeping, or was deleted since: only its place in the chain
    and in the log is there."""

    segment: SegmentId
    promise: SignedPromise
    kept: bool = True


class ChainReply(Record, frozen=True):
    """Body of 409 on a segment out of order: the number that is expected next."""

    error: ErrorBody
    expected: int


class MySegments(Record, frozen=True):
    """What the collector holds of the asking device, in order."""

    segments: tuple[Manifest, ...]


class Access(Record, frozen=True):
    """Somebody was given this person's epoch key under a grant."""

    opening: ReleaseOpening
    grant: SignedGrant
    at_us: int
    log_proof: str


class MyAccesses(Record, frozen=True):
    accesses: tuple[Access, ...]


class FigureShown(Record, frozen=True):
    """cell: a policy's ID, or "" for the whole programme. value: people, rounded down to tens; absent under ten, and
    where it would give another one away. day: of which it is true, as YYYY-MM-DD."""

    figure: str
    cell: str
    value: int | None
    day: str


class FiguresReply(Record, frozen=True):
    figures: tuple[FigureShown, ...]


class MyDevice(Record, frozen=True):
    """revoked: signed off, for good."""

    device: DeviceId
    revoked: bool


class MyDevices(Record, frozen=True):
    """A person's laptops."""

    devices: tuple[MyDevice, ...]


class DeletionReply(Record, frozen=True):
    """deletion: 64 hex digits, the request's commitment."""

    deletion: str


class DeletionState(Record, frozen=True):
    deletion: str
    done: bool
    due_us: int


class GrantReply(Record, frozen=True):
    grant: GrantId


class Release(Record, frozen=True):
    """The collector's share of one epoch's key, age-encrypted to the reader, as base64."""

    opening: ReleaseOpening
    log_proof: str
    collector_share: str
    deposit: SignedDeposit


class ReleaseReply(Record, frozen=True):
    releases: tuple[Release, ...]
    policies: tuple[CurrentPolicy, ...]


class GrantedSegment(Record, frozen=True):
    """What a reader may fetch, with what is needed to check it: whose, under which consent, by which device."""

    segment: SegmentId
    device: DeviceId
    seq: int
    contributor: ContributorId
    epoch: EpochId
    policy: PolicyId
    consent: ConsentId
    cert: SignedDeviceCert
    consents: tuple[SignedConsent, ...]


class GrantedSegments(Record, frozen=True):
    segments: tuple[GrantedSegment, ...]


class DatasetBuilt(Record, frozen=True):
    """root: over the sorted segment IDs; manifest_sha256: of the dataset's manifest.json."""

    grant: GrantId
    root: str
    manifest_sha256: str


class ModelTrained(Record, frozen=True):
    grant: GrantId
    model_sha256: str
    dataset_manifest_sha256: str


class DatasetSources(Record, frozen=True):
    """Some of the segments of a dataset: 10,000 at most, and as often as it takes."""

    segments: tuple[SegmentId, ...]


class DatasetState(Record, frozen=True):
    """leaf_index: of its entry in the log. marked_index: of the entry that marks it, null while it is not marked."""

    manifest_sha256: str
    leaf_index: int
    marked_index: int | None


class ModelState(Record, frozen=True):
    """As DatasetState; datasets: the manifests of what it was trained on."""

    model_sha256: str
    dataset_manifests: tuple[str, ...]
    leaf_index: int
    marked_index: int | None


class MyDataset(Record, frozen=True):
    """A dataset that holds segments of the asking person, under which grant, with the models trained on it."""

    dataset: DatasetState
    grant: SignedGrant
    segments: tuple[SegmentId, ...]
    models: tuple[ModelState, ...]


class MyDatasets(Record, frozen=True):
    datasets: tuple[MyDataset, ...]


class LeafReply(Record, frozen=True):
    """index: the entry's place in the log; its proof is at /v1/leaves/<index>/proof once cosigned."""

    index: int


class Counters(Record, frozen=True):
    """published/counters.json: how often each of these kinds stands in the log of `size` entries."""

    key_released: int
    dataset_built: int
    model_trained: int
    deletion_asked: int
    deletion_done: int
    size: int


class GuardianReleaseRequest(Record, frozen=True):
    """To the guardian: everything it needs to decide by itself. signed_policy: base64 of SignedPolicy's bytes."""

    grant: SignedGrant
    signed_policy: str
    policy_log_proof: str
    opening: ReleaseOpening
    log_proof: str


class GuardianReleaseReply(Record, frozen=True):
    """share: base64 age file to the grant's reader_recipient."""

    share: str


class GivenRequest(Record, frozen=True):
    """A person asks the guardian what it gave of their keys. at_us: now, so that it can't be asked again later."""

    contributor: ContributorId
    contributor_key: str
    at_us: int
    v: int = 1


class SignedGivenRequest(Record, frozen=True):
    request: GivenRequest
    signature: Signature

    def check(self, now_us: int) -> ContributorId:
        """Raises SignatureError unless the person signed it, Refused when it is not of now."""
        request = self.request
        check_owner(
            request.contributor, request.contributor_key, self.signature, GIVEN_CONTEXT, request.to_bytes()
        )  # fmt: skip
        if abs(request.at_us - now_us) > REQUEST_AGE_US_MAX:
            raise Refused("date", "the request is not dated now: is this computer's clock right?")
        return request.contributor


def sign_given_request(contributor: ContributorId, key: SigningKey, now_us: int) -> SignedGivenRequest:
    request = GivenRequest(contributor, key.verify_key.encode(), now_us)
    return SignedGivenRequest(request, Signature.make(key, GIVEN_CONTEXT, request.to_bytes()))


class Given(Record, frozen=True):
    """The guardian gave its share of one epoch's key, under this grant."""

    opening: ReleaseOpening
    grant: SignedGrant


class MyGiven(Record, frozen=True):
    given: tuple[Given, ...]


def reader_request_message(method: str, path: str, date_us: int) -> bytes:
    """What a reader signs (context "reader-request") for each request: method, path with query, time in µs."""
    return f"{method}\n{path}\n{date_us}".encode()


def reader_headers(key: SigningKey, method: str, path: str, now_us: int) -> dict[str, str]:
    """The headers that authenticate a reader's request."""
    signature = key.sign(READER_CONTEXT, reader_request_message(method, path, now_us))
    return {"Aboveboard-Reader": to_base64(signature), "Date-Us": str(now_us)}
