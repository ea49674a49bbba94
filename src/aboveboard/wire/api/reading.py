"""What a reader asks under a grant."""

from __future__ import annotations

from aboveboard.core.access import ReleaseOpening
from aboveboard.core.consent import SignedConsent
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, EpochId, GrantId, PolicyId, SegmentId
from aboveboard.core.records import Record
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import SignedDeposit, SignedDeviceCert
from aboveboard.wire.api.basics import to_base64
from aboveboard.wire.api.published import CurrentPolicy

READER_CONTEXT = "reader-request"
REQUEST_AGE_US_MAX = 300_000_000


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


def reader_request_message(method: str, path: str, date_us: int) -> bytes:
    """What a reader signs (context "reader-request") for each request: method, path with query, time in µs."""
    return f"{method}\n{path}\n{date_us}".encode()


def reader_headers(key: SigningKey, method: str, path: str, now_us: int) -> dict[str, str]:
    """The headers that authenticate a reader's request."""
    signature = key.sign(READER_CONTEXT, reader_request_message(method, path, now_us))
    return {"Aboveboard-Reader": to_base64(signature), "Date-Us": str(now_us)}
