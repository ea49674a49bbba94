"""Names of things. All are lower-case hex, so they can stand in a URL or a file name as they are.

ContributorId  first 32 hex digits of SHA-256 of the contributor's raw public key: nobody has to hand it out,
               and whoever holds the key can prove it.
DeviceId       likewise of the device's key.
SegmentId      SHA-256 of a segment's canonical manifest (64 digits).
PolicyId       SHA-256 of a policy's canonical bytes (64 digits).
ConsentId      SHA-256 of a consent record's canonical bytes (64 digits).
EpochId        a retention epoch's key: first 32 digits of SHA-256 of its age recipient.
GrantId        SHA-256 of a grant's canonical bytes (64 digits).
"""

from __future__ import annotations

import hashlib
from typing import NewType

ContributorId = NewType("ContributorId", str)
DeviceId = NewType("DeviceId", str)
SegmentId = NewType("SegmentId", str)
PolicyId = NewType("PolicyId", str)
ConsentId = NewType("ConsentId", str)
EpochId = NewType("EpochId", str)
GrantId = NewType("GrantId", str)


def sha256_hex(data: bytes) -> str:
    """64 lower-case hex digits of SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def key_id_of(public_key: bytes) -> str:
    """32 hex digits naming the holder of a raw 32-byte Ed25519 public key."""
    return sha256_hex(public_key)[:32]


def epoch_id_of(recipient: str) -> EpochId:
    """The epoch's name from its age recipient (`age1...`)."""
    return EpochId(sha256_hex(recipient.encode("ascii"))[:32])
