"""Keys of the vectors: public, for tests only. A seed is SHA-256 of the name."""

from __future__ import annotations

import hashlib

from aboveboard.core.signing import COSIGNATURE_V1, ED25519, SigningKey

ORIGIN = "example.org/log"
TIME_S = 1_800_000_000


def key(name: str, algorithm: int = ED25519, seed_of: str = "") -> SigningKey:
    """seed_of: another key under the same name."""
    return SigningKey(name, hashlib.sha256((seed_of or name).encode()).digest(), algorithm)


LOG = key(ORIGIN)
STRANGER = key(ORIGIN, seed_of="stranger")
COUNCIL = key("witness.council.example", COSIGNATURE_V1)
AUDITOR = key("witness.auditor.example", COSIGNATURE_V1)


def leaves(count: int) -> list[bytes]:
    return [b"leaf %d" % n for n in range(count)]
