"""Requests to the workers' guardian, and its answers."""

from __future__ import annotations

from aboveboard.core.access import ReleaseOpening, SignedGrant
from aboveboard.core.errors import Refused
from aboveboard.core.ids import ContributorId
from aboveboard.core.records import Record
from aboveboard.core.signatures import Signature
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import check_owner
from aboveboard.wire.api.reading import REQUEST_AGE_US_MAX

GIVEN_CONTEXT = "given"


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
