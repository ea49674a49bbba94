"""Promises: what was accepted will stand in the log within a day. Signed by the log's key, many a second."""

from __future__ import annotations

import base64

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aboveboard.core.clock import Clock
from aboveboard.core.signatures import Signature
from aboveboard.core.signing import SigningKey, in_context
from aboveboard.wire.api import PROMISE_CONTEXT, Promise, SignedPromise

PROMISE_US = 24 * 3600 * 1_000_000
_ENCODER = msgspec.json.Encoder(order="sorted")


class Promises:
    """The key is made ready once: that costs twice a signature."""

    def __init__(self, key: SigningKey, clock: Clock) -> None:
        self._key, self._clock = Ed25519PrivateKey.from_private_bytes(key.seed), clock
        self._name, self._key_id = key.name, key.verify_key.key_id.hex()

    def make(self, what: str, name: str) -> SignedPromise:
        """`name` will stand in the log within a day."""
        promise = Promise(what, name, self._clock.now_us() + PROMISE_US)
        # Its words and numbers are such that RFC 8785 asks no more than the fields in order.
        signature = self._key.sign(in_context(PROMISE_CONTEXT, _ENCODER.encode(promise)))
        return SignedPromise(promise, Signature(self._name, self._key_id, base64.b64encode(signature).decode("ascii")))
