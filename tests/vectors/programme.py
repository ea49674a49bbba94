"""The programme of the vectors: a world whose keys are the same each time. Public, for tests only."""

from __future__ import annotations

from aboveboard.core.signing import COSIGNATURE_V1
from tests.support.world import World
from tests.vectors.keys import key

_COLLECTOR = "AGE-SECRET-KEY-19M4TUC5T23NSQ8M0N5WGWAJ2EQFGCDD8RES253J9Z9JSMU8RWCWQXSF4G8"
_GUARDIAN = "AGE-SECRET-KEY-1VGLCT24NFL4GUF7FMTFJ387SDWH8WK3LDQXK5VPM09QPF76XGNKSJ7PM0N"


def programme() -> World:
    """Anew each time, so that a log of its own can be filled."""
    world = World(
        employer=key("employer"), representatives=[key(f"representative-{n}") for n in range(3)],
        stewards=[key(f"steward-{n}") for n in range(3)], log_key=key("log.example"),
        council=key("witness-council", COSIGNATURE_V1), auditor=key("witness-auditor", COSIGNATURE_V1),
        guardian_key=key("guardian"), collector_identity=_COLLECTOR, guardian_identity=_GUARDIAN,
    )  # fmt: skip
    world.start_log()
    return world
