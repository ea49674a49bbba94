"""Codes that a person is given and types: an invitation, an account's set-up."""

from __future__ import annotations

import base64
import secrets

CODE_BYTES = 15  # 120 bits: 24 characters and no padding


def new_code() -> str:
    """24 characters of base32 (RFC 4648) in lower case: nothing to mistake, and no shell reads it as an option."""
    return base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode("ascii").lower()
