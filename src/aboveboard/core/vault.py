"""Keys in two halves: an epoch's age secret is split on the laptop, and only both halves together open anything. Pure.

XOR of the secret's bytes with as many random ones: each half alone is uniformly random (one-time pad). Where a charter
has several guardians, the workers' half is split once more, so that any `needed` of them give it back and fewer know
nothing: Shamir's scheme over GF(256) in the form of SLIP-39 (words with a checksum), by Trezor's reference code.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from aboveboard.core.errors import BadInput, CheckFailed, SignatureError
from aboveboard.core.ids import ContributorId, DeviceId, EpochId, PolicyId, epoch_id_of, key_id_of
from aboveboard.core.records import Record, parse_record
from aboveboard.core.signatures import Signature
from aboveboard.core.signing import SigningKey, VerifyKey

EPOCH_CONTEXT = "epoch"
DEVICE_CONTEXT = "device"
DEPOSIT_BYTES_MAX = 16 << 10
SECRET_BYTES_MAX = 256


def split_secret(identity: str) -> tuple[bytes, bytes]:
    """Two halves of an age identity (`AGE-SECRET-KEY-1...`)."""
    secret = identity.encode("ascii")
    if not 0 < len(secret) <= SECRET_BYTES_MAX:
        raise BadInput("this is no age identity")
    pad = os.urandom(len(secret))
    return pad, bytes(a ^ b for a, b in zip(secret, pad, strict=True))


def join_secret(share1: bytes, share2: bytes) -> str:
    """The identity. Raises CheckFailed when the halves do not belong together."""
    if len(share1) != len(share2):
        raise CheckFailed("the two shares are not halves of one key")
    joined = bytes(a ^ b for a, b in zip(share1, share2, strict=True))
    if not joined.startswith(b"AGE-SECRET-KEY-1") or not joined.isascii():
        raise CheckFailed("the two shares are not halves of one key")
    return joined.decode("ascii")


def split_among(half: bytes, needed: int, count: int) -> list[bytes]:
    """The workers' half as `count` guardians keep it, any `needed` of which give it back. Alone a guardian keeps it
    whole. Raises BadInput."""
    if not 1 <= needed <= count:
        raise BadInput(f"{needed} of {count} guardians can't be needed")
    if needed == 1:
        return [half] * count
    try:
        [words] = generate_mnemonics(1, [(needed, count)], half, iteration_exponent=0)
    except (MnemonicError, ValueError) as error:
        raise BadInput(f"the half can't be split among {count}: {error}") from error
    return [each.encode("ascii") for each in words]


def join_among(shares: Sequence[bytes], needed: int) -> bytes:
    """From `needed` different shares of one half. Raises CheckFailed for others."""
    if needed == 1:
        if not shares:
            raise CheckFailed("no guardian's share is there")
        return shares[0]
    try:
        half: bytes = combine_mnemonics([each.decode("ascii") for each in dict.fromkeys(shares)])
    except (MnemonicError, UnicodeDecodeError, ValueError) as error:
        raise CheckFailed(f"the guardians' shares do not belong together: {error}") from error
    return half


class EpochDeposit(Record, frozen=True):
    """An epoch's public half and the two shares, each a base64 age file to its keeper's recipient.

    What is deposited at one keeper leaves the other's share empty. guardians, guardians_needed: among how many the
    workers' half is split, and how many of them it takes.
    """

    contributor: ContributorId
    contributor_key: str
    device: DeviceId
    epoch: EpochId
    recipient: str
    policy: PolicyId
    collector_share: str = ""
    guardian_share: str = ""
    guardians: int = 1
    guardians_needed: int = 1
    v: int = 1


class SignedDeposit(Record, frozen=True):
    deposit: EpochDeposit
    signature: Signature

    @classmethod
    def parse(cls, data: bytes) -> SignedDeposit:
        """Raises BadInput."""
        return parse_record(data, "epoch deposit", cls, DEPOSIT_BYTES_MAX)


def sign_deposit(deposit: EpochDeposit, key: SigningKey) -> SignedDeposit:
    return SignedDeposit(deposit, Signature.make(key, EPOCH_CONTEXT, deposit.to_bytes()))


def check_deposit(signed: SignedDeposit) -> EpochDeposit:
    """Raises SignatureError unless the person whose ID it names signed it and the epoch's ID is its recipient's."""
    deposit = signed.deposit
    check_owner(deposit.contributor, deposit.contributor_key, signed.signature, EPOCH_CONTEXT, deposit.to_bytes())
    if epoch_id_of(deposit.recipient) != deposit.epoch:
        raise SignatureError("the epoch's ID is not its recipient's")
    for share in (deposit.collector_share, deposit.guardian_share):
        try:
            base64.b64decode(share, validate=True)
        except ValueError as error:
            raise SignatureError("a share is not base64") from error
    return deposit


class DeviceCert(Record, frozen=True):
    """A contributor says: this device's key signs my segments."""

    contributor: ContributorId
    contributor_key: str
    device: DeviceId
    device_key: str
    v: int = 1


class SignedDeviceCert(Record, frozen=True):
    cert: DeviceCert
    signature: Signature

    @classmethod
    def parse(cls, data: bytes) -> SignedDeviceCert:
        """Raises BadInput."""
        return parse_record(data, "device certificate", cls, DEPOSIT_BYTES_MAX)


def sign_device_cert(cert: DeviceCert, key: SigningKey) -> SignedDeviceCert:
    return SignedDeviceCert(cert, Signature.make(key, DEVICE_CONTEXT, cert.to_bytes()))


def check_device_cert(signed: SignedDeviceCert) -> VerifyKey:
    """The device's key. Raises SignatureError unless the contributor signed and both IDs are their keys'."""
    cert = signed.cert
    check_owner(cert.contributor, cert.contributor_key, signed.signature, DEVICE_CONTEXT, cert.to_bytes())
    key = _decode_key(cert.device_key)
    if key_id_of(key.public) != cert.device:
        raise SignatureError("the device's ID is not its key's")
    return key


def check_owner(contributor: ContributorId, vkey: str, signature: Signature, context: str, message: bytes) -> VerifyKey:
    """The contributor's key. Raises SignatureError unless it has the ID and signed the message."""
    key = _decode_key(vkey)
    if key_id_of(key.public) != contributor:
        raise SignatureError("the key is not the contributor's")
    signature.check(key, context, message)
    return key


def _decode_key(vkey: str) -> VerifyKey:
    try:
        return VerifyKey.decode(vkey)
    except BadInput as error:
        raise SignatureError(f"a key can't be read: {error}") from error
