"""The master key: what the collector's half of all keys is wrapped with.

The shares in the database are sealed to the vault's age identity, and that identity lies in the home only wrapped
(`vault.json`), so whoever has the home and the database but not the master key has no share. The master key is one of

    file:PATH       32 bytes as hex in a file that only the collector may read (default: master.key in the home)
    env:NAME        the same in an environment variable
    aws-kms:KEY     a key that never leaves AWS KMS: an ARN or alias; credentials and region as AWS_* say

`aboveboard collector rekey` wraps anew under another one. No error or log repeats a key.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aboveboard.core.errors import BadInput, Refused, Unavailable
from aboveboard.wire.durable import read_bounded, write_durable

KEY_BYTES = 32
NONCE_BYTES = 12
PURPOSE = b"aboveboard vault identity v1"  # bound into the wrapping, so that nothing else opens as one
WRAPPED_BYTES_MAX = 16 << 10
KMS_S_MAX = 10
T = TypeVar("T")


class Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """vault.json. by: the kind of master key that wrapped it; sealed: base64."""

    by: str
    sealed: str
    v: int = 1


class MasterKey(Protocol):
    """Wraps few bytes. `kind` stands in vault.json."""

    kind: str

    def wrap(self, secret: bytes) -> bytes:
        """Raises Unavailable."""

    def unwrap(self, sealed: bytes) -> bytes:
        """Raises Refused when another key wrapped it, Unavailable when the key can't be asked."""


class LocalKey:
    """AES-256-GCM: nonce || ciphertext and tag."""

    def __init__(self, kind: str, key: bytes) -> None:
        self.kind = kind
        self._cipher = AESGCM(key)

    def wrap(self, secret: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, PURPOSE)

    def unwrap(self, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], PURPOSE)
        except (InvalidTag, ValueError) as error:
            raise Refused("master_key", "this master key does not open the vault: it was wrapped by another") from error


class AwsKey:
    """Encrypt and Decrypt of AWS KMS, through boto3, with an encryption context."""

    kind = "aws-kms"

    def __init__(self, key_id: str) -> None:
        """Raises BadInput when the environment does not say which region."""
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        self._id = key_id
        config = Config(connect_timeout=KMS_S_MAX, read_timeout=KMS_S_MAX, retries={"total_max_attempts": 3})
        try:
            self._client: Any = boto3.client("kms", config=config)
        except BotoCoreError as error:
            raise BadInput(f"AWS KMS can't be used: {type(error).__name__}; set AWS_REGION", "master_key") from error

    def _ask(self, what: Callable[[], T]) -> T:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return what()
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "error"))
            if code in ("InvalidCiphertextException", "IncorrectKeyException"):
                raise Refused("master_key", "this master key does not open the vault: it was wrapped by another") from (
                    error
                )
            raise Unavailable(f"AWS KMS refuses: {code}") from error
        except BotoCoreError as error:
            raise Unavailable(f"AWS KMS can't be asked: {type(error).__name__}") from error

    def wrap(self, secret: bytes) -> bytes:
        context = {"purpose": PURPOSE.decode()}
        made = self._ask(lambda: self._client.encrypt(KeyId=self._id, Plaintext=secret, EncryptionContext=context))
        return bytes(made["CiphertextBlob"])

    def unwrap(self, sealed: bytes) -> bytes:
        context = {"purpose": PURPOSE.decode()}
        opened = self._ask(
            lambda: self._client.decrypt(KeyId=self._id, CiphertextBlob=sealed, EncryptionContext=context)
        )
        return bytes(opened["Plaintext"])


def open_master_key(address: str, home: Path, env: Mapping[str, str] = os.environ) -> MasterKey:
    """address: as above; "" for the file in the home. Raises BadInput, which never repeats the key."""
    kind, _, rest = (address or f"file:{home / 'master.key'}").partition(":")
    if kind == "file" and rest:
        return LocalKey(kind, _decode(read_secret(Path(rest), "make it with `aboveboard collector init`"), rest))
    if kind == "env" and rest:
        if rest not in env:
            raise BadInput("is not set", rest)
        return LocalKey(kind, _decode(env[rest], rest))
    if kind == "aws-kms" and rest:
        return AwsKey(rest)
    raise BadInput("is file:PATH, env:NAME or aws-kms:KEY", "master_key")


def make_master_key(path: Path) -> None:
    """A new key in a new file."""
    write_durable(path, secrets.token_hex(KEY_BYTES).encode() + b"\n", 0o600)


def _decode(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadInput(f"holds no key of {KEY_BYTES} bytes as hex", where)
    return key


def read_secret(path: Path, otherwise: str) -> str:
    """The text of a file that only its owner may read. Raises BadInput."""
    data = read_bounded(path, WRAPPED_BYTES_MAX)
    if data is None:
        raise BadInput(f"is missing: {otherwise}", str(path))
    if os.stat(path).st_mode & 0o077:
        raise BadInput("can be read by others: chmod 600", str(path))
    try:
        return data.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise BadInput("is not text", str(path)) from error


def wrap_vault(path: Path, identity: str, key: MasterKey) -> None:
    """Writes vault.json, whole or not at all. Raises Refused when the key does not give back what it wrapped."""
    sealed = key.wrap(identity.encode())
    if key.unwrap(sealed) != identity.encode():
        raise Refused("master_key", "this master key does not give back what it wrapped")
    wrapped = Wrapped(key.kind, base64.b64encode(sealed).decode())
    write_durable(path, msgspec.json.encode(wrapped) + b"\n", 0o600)


def unwrap_vault(path: Path, key: MasterKey) -> str:
    """The identity. Raises BadInput, Refused or Unavailable."""
    try:
        wrapped = msgspec.json.decode(read_secret(path, "make the keys with `aboveboard collector init`"), type=Wrapped)
        sealed = base64.b64decode(wrapped.sealed, validate=True)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadInput("is no wrapped vault", str(path)) from error
    if wrapped.v != 1 or wrapped.by != key.kind:
        raise Refused("master_key", f"the vault is wrapped by a master key of kind {wrapped.by!r}, not {key.kind!r}")
    return key.unwrap(sealed).decode()
