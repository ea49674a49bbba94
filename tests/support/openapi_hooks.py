"""What schemathesis asks before it sends: who it speaks as, and names of things that are there.

Runs in schemathesis' own process (SCHEMATHESIS_HOOKS). Half of all requests name what is really there and carry a real
record with one part of it replaced: what is nonsense throughout is refused at the door and tries nothing behind it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
from pathlib import Path
from typing import Any

import schemathesis

from aboveboard.core.clock import SystemClock
from aboveboard.core.signing import SigningKey
from aboveboard.wire.api import reader_headers

WORLD: dict[str, Any] = json.loads(Path(os.environ["ABOVEBOARD_OPENAPI_WORLD"]).read_text())
_rng = random.Random(1)
_reader = SigningKey.decode(WORLD["reader"]) if WORLD["reader"] else None


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, Any]) -> None:
    """Names, body, then the signature over where it goes."""
    # But it must not sign off the laptop that it speaks as.
    if case.path_parameters and not case.path.endswith("/revocation") and _rng.random() < 0.5:
        known = {name: value for name, value in WORLD["names"].items() if name in case.path_parameters}
        case.path_parameters = {**case.path_parameters, **known}
    record = WORLD["bodies"].get(f"{case.method.lower()} {case.path}")
    if record is not None and isinstance(case.body, dict) and _rng.random() < 0.5:
        case.body = mixed(record, case.body)
    if case.path.startswith("/v1/segments/") and case.method.upper() == "PUT" and _rng.random() < 0.5:
        body = bytearray(base64.b64decode(WORLD["segment"]))
        if _rng.random() < 0.7:
            body[_rng.randrange(len(body))] ^= 1 << _rng.randrange(8)
        case.body = bytes(body)
        digest = base64.b64encode(hashlib.sha256(case.body).digest()).decode()
        case.headers["Content-Digest"] = f"sha-256=:{digest}:"
    if WORLD["token"]:
        case.headers["Authorization"] = f"Bearer {WORLD['token']}"
    if _reader is not None:
        case.headers.update(reader_headers(_reader, case.method.upper(), case.formatted_path, SystemClock().now_us()))


def mixed(record: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """The record with one of its parts, at any depth, as schemathesis made it."""
    result = dict(record)
    both = [name for name in record if name in made]
    if not both:
        return {**result, **made}
    name = _rng.choice(both)
    old, new = record[name], made[name]
    result[name] = mixed(old, new) if isinstance(old, dict) and isinstance(new, dict) else new
    return result
