"""Ed25519 keys and signatures (RFC 8032), named and written as in C2SP signed-note.

A verifier key is written `<name>+<8 hex digits of key ID>+<base64(algorithm byte || public key)>`, a signing key
`PRIVATE+KEY+<name>+<key ID>+<base64(algorithm byte || seed)>`. The key ID is the first four bytes of
SHA-256(name || "\\n" || algorithm byte || public key).

Records of ours are signed with their context in front, so that a signature over one kind of record never
counts for another: `aboveboard/<context>/v1 || 0x00 || message`. Notes and cosignatures are signed by their own
specifications (core/checkpoint.py), through `sign_raw`.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from aboveboard.core.base64s import decode_base64, encode_base64
from aboveboard.core.errors import BadInput, SignatureError
from aboveboard.core.notes import is_key_name

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
NAME_LENGTH_MAX = 200


def in_context(context: str, message: bytes) -> bytes:
    """The bytes that are signed for a record of ours."""
    return b"aboveboard/" + context.encode("ascii") + b"/v1\x00" + message


def _check_name(name: str) -> None:
    if not is_key_name(name) or len(name) > NAME_LENGTH_MAX:
        raise BadInput(f"{name!r} can't name a key: not empty, no spaces, no '+'")


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key with its name. `public` is the raw 32 bytes."""

    name: str
    public: bytes
    algorithm: int = ED25519

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != 32:
            raise BadInput(f"key {self.name} has {len(self.public)} bytes, not 32")
        if self.algorithm not in (ED25519, COSIGNATURE_V1):
            raise BadInput(f"key {self.name} has unknown algorithm {self.algorithm}")

    @property
    def key_id(self) -> bytes:
        """Four bytes, as C2SP signed-note defines them."""
        data = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(data).digest()[:4]

    def encode(self) -> str:
        body = encode_base64(bytes([self.algorithm]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{body}"

    @classmethod
    def decode(cls, text: str) -> VerifyKey:
        """Raises BadInput unless name, key ID and key agree."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise BadInput("a verifier key is <name>+<key id>+<base64>")
        name, key_id, body = parts
        raw = _decoded(body, f"key {name}")
        if len(raw) != 33:
            raise BadInput(f"key {name} has {len(raw)} bytes, not 33")
        key = cls(name, raw[1:], raw[0])
        if key.key_id.hex() != key_id:
            raise BadInput(f"key {name}: the key ID does not match the key")
        return key

    def verify_raw(self, message: bytes, signature: bytes) -> None:
        """Raises SignatureError."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise SignatureError(f"the signature by {self.name} does not hold") from error

    def verify(self, context: str, message: bytes, signature: bytes) -> None:
        """Raises SignatureError unless `signature` is this key's over `message` in `context`."""
        self.verify_raw(in_context(context, message), signature)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its name. Never printed: repr shows the name only."""

    name: str
    seed: bytes
    algorithm: int = ED25519

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"

    @classmethod
    def generate(cls, name: str, algorithm: int = ED25519) -> SigningKey:
        _check_name(name)
        return cls(name, os.urandom(32), algorithm)

    @property
    def verify_key(self) -> VerifyKey:
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifyKey(self.name, public, self.algorithm)

    def encode(self) -> str:
        body = encode_base64(bytes([self.algorithm]) + self.seed)
        return f"PRIVATE+KEY+{self.name}+{self.verify_key.key_id.hex()}+{body}"

    @classmethod
    def decode(cls, text: str) -> SigningKey:
        parts = text.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise BadInput("a signing key is PRIVATE+KEY+<name>+<key id>+<base64>")
        raw = _decoded(parts[4], "signing key")
        if len(raw) != 33:
            raise BadInput(f"the signing key has {len(raw)} bytes, not 33")
        key = cls(parts[2], raw[1:], raw[0])
        if key.verify_key.key_id.hex() != parts[3]:
            raise BadInput("the signing key's ID does not match the key")
        return key

    def sign_raw(self, message: bytes) -> bytes:
        """64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)

    def sign(self, context: str, message: bytes) -> bytes:
        """64 bytes over `message` in `context`."""
        return self.sign_raw(in_context(context, message))


def _decoded(text: str, what: str) -> bytes:
    try:
        return decode_base64(text)
    except ValueError as error:
        raise BadInput(f"{what} is not base64") from error
