"""A receipt, and what it was made from."""

from __future__ import annotations

from typing import Any

import msgspec

from aboveboard.core.consent import sign_consent
from aboveboard.core.policy import Policy
from aboveboard.core.receipt import receipt
from tests.vectors.programme import programme
from tests.vectors.subjects.consent import PERSON, RECORD


def make() -> dict[str, Any]:
    world = programme()
    policy = Policy.parse(world.policy().to_bytes())
    given = sign_consent(
        msgspec.structs.replace(RECORD, policy=policy.policy_id, categories=tuple(policy.categories)), PERSON
    )
    left = msgspec.structs.replace(
        given.record, kind="opt_out", categories=(), at_us=given.record.at_us + 1, reason="power", salt="6b" * 16
    )
    ended = sign_consent(left, PERSON)
    return {
        "policy": policy.to_bytes().decode(), "charter": world.charter.to_bytes().decode(),
        "given": given.to_bytes().decode(), "later": [ended.to_bytes().decode()],
        "receipt": receipt(given, [ended], policy, world.charter),
    }  # fmt: skip
