"""How a laptop comes in: invitations, and their taking back."""

from __future__ import annotations

from aboveboard.core.charter import Charter
from aboveboard.core.checks import check_regions
from aboveboard.core.records import Record
from aboveboard.core.signatures import Signature, check_threshold
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import SignedDeviceCert

INVITATION_CONTEXT = "invitation"
REVOCATION_CONTEXT = "revocation"


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
