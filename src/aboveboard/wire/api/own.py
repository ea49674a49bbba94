"""What a laptop brings and asks for its own person."""

from __future__ import annotations

from aboveboard.core.access import ReleaseOpening, SignedGrant
from aboveboard.core.ids import ConsentId, DeviceId, SegmentId
from aboveboard.core.records import Record
from aboveboard.core.signatures import Signature
from aboveboard.core.signing import VerifyKey
from aboveboard.wire.api.basics import ErrorBody
from aboveboard.wire.segment import Manifest

PROMISE_CONTEXT = "promise"


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
