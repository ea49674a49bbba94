"""A person's own word: consent given, withdrawn, or leaving. Signed by the contributor's key. Pure.

Given:     recording may run under exactly this policy.
Withdrawn: it stops, and what was given goes into no dataset built afterwards.
Opt-out:   it stops for good; what was given stays under its terms until the person deletes it or withdraws.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from aboveboard.core.errors import BadInput, SignatureError
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, PolicyId, key_id_of, sha256_hex
from aboveboard.core.leaves import rights_commitment
from aboveboard.core.policy import Category, OptOutReason
from aboveboard.core.records import Record, parse_record
from aboveboard.core.signatures import Signature
from aboveboard.core.signing import SigningKey, VerifyKey

CONTEXT = "consent"
RECORD_BYTES_MAX = 16 << 10
SALT_HEX = 32

ConsentState: TypeAlias = Literal["none", "given", "withdrawn", "opted_out"]


class ConsentRecord(Record, frozen=True):
    """notice_sha256: of the exact notice shown; salt: 16 random bytes as hex; at_us: the laptop's clock."""

    kind: Literal["given", "withdrawn", "opt_out"]
    contributor: ContributorId
    contributor_key: str
    device: DeviceId
    policy: PolicyId
    categories: tuple[Category, ...]
    notice_sha256: str
    at_us: int
    salt: str
    reason: OptOutReason | Literal[""] = ""
    v: int = 1

    @property
    def consent_id(self) -> ConsentId:
        return ConsentId(sha256_hex(self.to_bytes()))

    @property
    def commitment(self) -> bytes:
        """What goes into a batch of the log: 32 bytes."""
        return rights_commitment(bytes.fromhex(self.salt), self.to_bytes())


class SignedConsent(Record, frozen=True):
    """A record with its person's signature."""

    record: ConsentRecord
    signature: Signature

    @classmethod
    def parse(cls, data: bytes) -> SignedConsent:
        """Raises BadInput. Checks no signature: check_consent does."""
        signed = parse_record(data, "consent", cls, RECORD_BYTES_MAX)
        salt = signed.record.salt
        if len(salt) != SALT_HEX or any(c not in "0123456789abcdef" for c in salt):
            raise BadInput("salt: 32 hex digits", "consent")
        return signed


def sign_consent(record: ConsentRecord, key: SigningKey) -> SignedConsent:
    return SignedConsent(record, Signature.make(key, CONTEXT, record.to_bytes()))


def check_consent(signed: SignedConsent) -> VerifyKey:
    """The contributor's key. Raises SignatureError unless the record is signed by the key its contributor ID names."""
    try:
        key = VerifyKey.decode(signed.record.contributor_key)
    except BadInput as error:
        raise SignatureError(f"the consent's key can't be read: {error}") from error
    if key_id_of(key.public) != signed.record.contributor:
        raise SignatureError("the consent's key is not the contributor's")
    signed.signature.check(key, CONTEXT, signed.record.to_bytes())
    return key


def fold(records: Iterable[ConsentRecord], policy: PolicyId) -> ConsentState:
    """What a person's records, in the order they were made, say about one policy.

    Consent to another policy does not count for this one. Withdrawing or leaving counts whatever policy it names: a
    "no" is never too narrow. A later consent to this very policy brings the person back.
    """
    state: ConsentState = "none"
    for record in records:
        if record.kind == "given":
            if record.policy == policy:
                state = "given"
        elif record.kind == "withdrawn":
            state = "withdrawn"
        else:
            state = "opted_out"
    return state


def withdrawn(records: Iterable[ConsentRecord], policy: PolicyId) -> bool:
    """Whether what was given under this policy may be read no more: a withdrawal was said, and no yes to this very
    policy after it. Leaving after a withdrawal, or agreeing to other terms, takes nothing of it back."""
    gone = False
    for record in records:
        if record.kind == "withdrawn":
            gone = True
        elif record.kind == "given" and record.policy == policy:
            gone = False
    return gone
