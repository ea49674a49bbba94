"""Second factors: time-based codes (RFC 6238), recovery codes, and codes for setting an account up."""

from __future__ import annotations

import base64
import os

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from aboveboard.core.clock import US_PER_S
from aboveboard.core.codes import new_code
from aboveboard.core.ids import sha256_hex

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20  # RFC 4226, 4: 160 bits
DRIFT_STEPS = 1  # a telephone's clock may be half a minute off either way
RECOVERY_CODES = 8
RECOVERY_BYTES = 10  # 80 random bits: a plain hash of them can't be searched
ISSUER = "Aboveboard"


def _totp(secret: bytes) -> TOTP:
    # SHA-1 is what authenticators have; HMAC does not need collision resistance.
    return TOTP(secret, DIGITS, SHA1(), STEP_S, enforce_key_length=True)  # noqa: S303


def new_secret() -> bytes:
    return os.urandom(SECRET_BYTES)


def fitting_step(secret: bytes, code: str, now_us: int, after_step: int) -> int | None:
    """The 30 s that the code belongs to: now, or one before or after, and later than `after_step`, so that none is good
    twice. None when there is none."""
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    totp, now_step = _totp(secret), now_us // US_PER_S // STEP_S
    for step in range(now_step - DRIFT_STEPS, now_step + DRIFT_STEPS + 1):
        try:
            totp.verify(code.encode("ascii"), step * STEP_S)  # compares in constant time
        except InvalidToken:
            continue
        if step > after_step:
            return step
    return None


def provisioning_uri(secret: bytes, name: str) -> str:
    """otpauth://, for an authenticator's camera."""
    return _totp(secret).get_provisioning_uri(name, ISSUER)


def spelled(secret: bytes) -> str:
    """For typing into an authenticator: base32 in groups of four."""
    return _groups(base64.b32encode(secret).decode("ascii"))


def new_recovery_codes() -> list[str]:
    found = (base64.b32encode(os.urandom(RECOVERY_BYTES)).decode("ascii") for _ in range(RECOVERY_CODES))
    return [_groups(each.lower()) for each in found]


def recovery_hash(code: str) -> str:
    """However it is spaced and in whatever case."""
    return sha256_hex("".join(code.lower().replace("-", " ").split()).encode())


def new_set_up_code() -> tuple[str, str]:
    """(the code, its hash)."""
    code = new_code()
    return code, sha256_hex(code.encode())


def _groups(text: str) -> str:
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))
