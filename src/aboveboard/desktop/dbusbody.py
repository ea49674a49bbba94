"""What the bodies of D-Bus messages hold, of the types that accessible trees are told in: each decoder is given a
message and where its body begins."""

from __future__ import annotations

import struct

_U32 = struct.Struct("<I")


def string(text: str) -> bytes:
    """An argument of type s."""
    data = text.encode()
    return _U32.pack(len(data)) + data + b"\0"


def to_string(data: bytes, at: int) -> str:
    """s"""
    (n,) = _U32.unpack_from(data, at)
    return data[at + 4 : at + 4 + n].decode("utf-8", errors="replace")


def to_number(data: bytes, at: int) -> int:
    """u"""
    return int(_U32.unpack_from(data, at)[0])


def from_variant(data: bytes, at: int) -> str | int | None:
    """v of s, i or u; None for others."""
    n = data[at]
    kind = data[at + 1 : at + 1 + n]
    at += n + 2
    at += -at % 4
    if kind == b"s":
        return to_string(data, at)
    return int(struct.unpack_from("<i", data, at)[0]) if kind in (b"i", b"u") else None


def to_numbers(data: bytes, at: int) -> tuple[int, ...]:
    """au"""
    (n,) = _U32.unpack_from(data, at)
    return struct.unpack_from(f"<{n // 4}I", data, at + 4)


def to_node(data: bytes, at: int) -> tuple[str, str]:
    """(so)"""
    name = to_string(data, at)
    at += 5 + len(name.encode())
    return name, to_string(data, at + -at % 4)


def to_nodes(data: bytes, at: int) -> list[tuple[str, str]]:
    """a(so)"""
    (n,) = _U32.unpack_from(data, at)
    at += 4
    at += -at % 8
    end = at + n
    found = []
    while at < end:
        at += -at % 8
        (size,) = _U32.unpack_from(data, at)
        name = data[at + 4 : at + 4 + size].decode()
        at += 5 + size
        at += -at % 4
        (size,) = _U32.unpack_from(data, at)
        found.append((name, data[at + 4 : at + 4 + size].decode()))
        at += 5 + size
    return found


def to_box(data: bytes, at: int) -> tuple[int, int, int, int]:
    """(iiii)"""
    x, y, width, height = struct.unpack_from("<4i", data, at)
    return int(x), int(y), int(width), int(height)


def nothing(_data: bytes, _at: int) -> bool:
    """For calls whose answer says only that it was done."""
    return True
