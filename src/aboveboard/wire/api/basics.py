"""What all requests and responses have in common."""

from __future__ import annotations

import base64
import binascii
from typing import TypeVar

import msgspec

from aboveboard.core.canonical import parse_object
from aboveboard.core.errors import BadInput
from aboveboard.core.records import Record

T = TypeVar("T", bound=msgspec.Struct)


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, what: str) -> bytes:
    """Raises BadInput naming `what`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("is not base64", what) from error


def parse(data: bytes, what: str, kind: type[T], size_max: int = 1 << 20) -> T:
    """A request or response from untrusted bytes. Raises BadInput naming what and the field."""
    try:
        return msgspec.convert(parse_object(data, what, size_max), kind)
    except msgspec.ValidationError as error:
        raise BadInput(str(error), what) from error


class ErrorBody(Record, frozen=True):
    """reason: a stable word for programs; text: a sentence for people."""

    reason: str
    text: str


class ErrorReply(Record, frozen=True):
    error: ErrorBody
