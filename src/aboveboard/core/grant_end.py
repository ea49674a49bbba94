"""Taking a grant back: one steward's or one representative's signed word ends it for good. Pure.

To give takes several; to end takes one, of either side, because ending it takes nothing from anybody whose data it is.
The word reaches collector and guardian separately, and each heeds it by itself.
"""

from __future__ import annotations

import re

from aboveboard.core.charter import Charter
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import GrantId
from aboveboard.core.leaves import GrantRevokedLeaf
from aboveboard.core.records import Record, parse_record
from aboveboard.core.signatures import Signature, check_threshold
from aboveboard.core.signing import SigningKey

GRANT_REVOCATION_CONTEXT = "grant-revocation"
GRANT_REVOCATION_BYTES_MAX = 4096
_HASH = re.compile(r"[0-9a-f]{64}")


class GrantRevocation(Record, frozen=True):
    """grant: its ID, 64 hex digits."""

    grant: GrantId
    v: int = 1

    def leaf(self) -> GrantRevokedLeaf:
        return GrantRevokedLeaf(self.grant)


class SignedGrantRevocation(Record, frozen=True):
    revocation: GrantRevocation
    signature: Signature

    @classmethod
    def parse(cls, data: bytes) -> SignedGrantRevocation:
        """Raises BadInput. Checks no signature: check() does."""
        signed = parse_record(data, "revocation", cls, GRANT_REVOCATION_BYTES_MAX)
        if signed.revocation.v != 1 or not _HASH.fullmatch(signed.revocation.grant):
            raise BadInput("grant: 64 hex digits", "revocation")
        return signed

    def check(self, charter: Charter) -> GrantId:
        """Which grant ends. Raises Refused unless a steward or a representative of the charter signed it."""
        keys = (*charter.steward_keys, *charter.representative_keys)
        data = self.revocation.to_bytes()
        check_threshold(
            keys, 1, [self.signature], GRANT_REVOCATION_CONTEXT, data,
            who="a steward or a representative", reason="revocation",
        )  # fmt: skip
        return self.revocation.grant


def sign_grant_revocation(grant: GrantId, key: SigningKey) -> SignedGrantRevocation:
    revocation = GrantRevocation(grant)
    return SignedGrantRevocation(revocation, Signature.make(key, GRANT_REVOCATION_CONTEXT, revocation.to_bytes()))


def ended() -> Refused:
    """What collector and guardian say to the reader of such a grant."""
    return Refused("grant_revoked", "this grant was taken back: nothing more is given under it")
