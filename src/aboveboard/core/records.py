"""Reading a record of ours from untrusted canonical bytes: one way for all kinds."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from aboveboard.core.canonical import canonical, parse_canonical
from aboveboard.core.errors import BadInput

T = TypeVar("T", bound=msgspec.Struct)
RECORD_BYTES_MAX = 64 << 10


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record with one canonical form, in which it is hashed and signed."""

    def to_bytes(self) -> bytes:
        return canonical(msgspec.to_builtins(self))


def parse_record(data: bytes, what: str, kind: type[T], size_max: int = RECORD_BYTES_MAX) -> T:
    """Raises BadInput naming `what` and the field."""
    try:
        return msgspec.convert(parse_canonical(data, what, size_max), kind)
    except msgspec.ValidationError as error:
        raise BadInput(str(error), what) from error
