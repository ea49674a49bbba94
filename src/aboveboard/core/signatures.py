"""Detached signatures of people and bodies under records, and thresholds of them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

import msgspec

from aboveboard.core.errors import Refused, SignatureError
from aboveboard.core.signing import SigningKey, VerifyKey

SIGNATURES_MAX = 64


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """key: the signer's name; key_id: 8 hex digits; signature: base64 of 64 bytes."""

    key: str
    key_id: str
    signature: str

    @classmethod
    def make(cls, key: SigningKey, context: str, message: bytes) -> Signature:
        raw = key.sign(context, message)
        return cls(key.name, key.verify_key.key_id.hex(), base64.b64encode(raw).decode("ascii"))

    def check(self, key: VerifyKey, context: str, message: bytes) -> None:
        """Raises SignatureError unless it is by `key`, over `message` in `context`."""
        if (self.key, self.key_id) != (key.name, key.key_id.hex()):
            raise SignatureError(f"signed by {self.key}, not by {key.name}")
        try:
            raw = base64.b64decode(self.signature, validate=True)
        except (binascii.Error, ValueError) as error:
            raise SignatureError(f"the signature by {self.key} is not base64") from error
        key.verify(context, message, raw)


def check_threshold(
    keys: Iterable[VerifyKey],
    threshold: int,
    signatures: Iterable[Signature],
    context: str,
    message: bytes,
    *,
    who: str,
    reason: str,
) -> tuple[str, ...]:
    """The names of the different signers whose signatures hold. One key counts once, however often it signs.

    Raises Refused(reason) when they are fewer than the threshold.
    """
    known = {(key.name, key.key_id.hex()): key for key in keys}
    found: dict[bytes, str] = {}
    for signature in signatures:
        key = known.get((signature.key, signature.key_id))
        if key is None:
            continue
        try:
            signature.check(key, context, message)
        except SignatureError:
            continue
        found[key.public] = key.name
    if len(found) < threshold:
        raise Refused(reason, f"{len(found)} valid signatures of {who}, {threshold} are needed")
    return tuple(found.values())
