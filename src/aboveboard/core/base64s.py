"""Base64 (RFC 4648, section 4) that has one way to write each value: what isn't that way is refused."""

from __future__ import annotations

import base64
import binascii


def encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Raises ValueError, also for other bits behind the last byte: else a signed text could be written in two ways."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    if encode_base64(data) != text:
        raise ValueError("bits are set that belong to no byte")
    return data
