"""Canonical JSON (RFC 8785): the one form in which records are hashed and signed."""

from __future__ import annotations

import json
from typing import Any, cast

import rfc8785

from aboveboard.core.errors import BadInput

DEPTH_MAX = 32


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a JSON value. Raises BadInput for what JSON can't hold."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError, TypeError, UnicodeEncodeError) as error:
        raise BadInput(f"can't be written as canonical JSON: {error}") from error


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise BadInput("a field is given twice")
    return out


def _check_depth(value: Any) -> None:
    """Level by level, so that checking needs no deeper stack than reading did."""
    level, depth = [value], 0
    while level:
        if depth > DEPTH_MAX:
            raise BadInput(f"nests over {DEPTH_MAX} deep")
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        depth += 1


def parse_object(data: bytes, what: str, size_max: int = 1 << 20) -> dict[str, Any]:
    """A JSON object from untrusted bytes: bounded in size and depth, UTF-8, no field twice. Raises BadInput naming
    `what`."""
    if len(data) > size_max:
        raise BadInput(f"is over {size_max} bytes", what)
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_no_twins)
        _check_depth(value)
    except BadInput as error:
        raise BadInput(error.what, what) from error
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadInput(f"is not JSON: {error}", what) from error
    if not isinstance(value, dict):
        raise BadInput("is not a JSON object", what)
    return cast("dict[str, Any]", value)


def parse_canonical(data: bytes, what: str, size_max: int = 1 << 20) -> dict[str, Any]:
    """Like parse_object, and the bytes must be the canonical ones: one record has one hash."""
    value = parse_object(data, what, size_max)
    if canonical(value) != data:
        raise BadInput("is not in canonical form (RFC 8785)", what)
    return value
