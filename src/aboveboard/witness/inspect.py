"""What `aboveboard witness inspect` shows: read from the home, changing nothing."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.witness.home import guardian_keys, witness_key
from aboveboard.witness.refusals import Refusals
from aboveboard.witness.releases import read_releases
from aboveboard.witness.state import WitnessState

MEANING = {
    "fork": "the log signed two trees of one size: this file proves it to anyone",
    "unproven": "the log signed a tree that it did not show to continue the one seen",
    "rollback": "an earlier tree of the log came again",
}


def public_keys(home: Path) -> dict[str, Any]:
    """The public halves, as the charter names them."""
    public: dict[str, Any] = {"witness": witness_key(home).verify_key.encode()}
    guardian = guardian_keys(home)
    if guardian is not None:
        public["guardian"] = {"recipient": guardian.recipient, "key": guardian.key.verify_key.encode()}
    return public


def report(home: Path) -> dict[str, Any]:
    """For JSON. Raises Corrupt, saying what to do, when the state was lost."""
    releases = read_releases(home)
    purposes = sorted({each.purpose for each in releases})
    return {
        **public_keys(home),
        "logs": [msgspec.to_builtins(seen) for seen in WitnessState(home, made=True).all()],
        "refusals": [
            {**msgspec.to_builtins(refusal), "file": f"refusals/{refusal.name}"} for refusal in Refusals(home).all()
        ],
        "keys_released": len(releases),
        "by_purpose": {purpose: sum(each.purpose == purpose for each in releases) for purpose in purposes},
    }


def _when(time_s: int) -> str:
    return f"{datetime.datetime.fromtimestamp(time_s, datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"


def to_text(found: dict[str, Any]) -> str:
    """For people."""
    lines = [f"witness {found['witness']}"]
    for seen in found["logs"]:
        lines.append(f"{seen['origin']}: cosigned up to {seen['size']} entries, last {_when(seen['time_s'])}")
        lines.append(f"    root {seen['root']}")
    if not found["logs"]:
        lines.append("no log cosigned yet")
    for refusal in found["refusals"]:
        lines.append(f"REFUSED {_when(refusal['at_s'])}, {refusal['origin']}: {MEANING[refusal['kind']]}")
        lines.append(f"    {refusal['file']}")
    if not found["refusals"]:
        lines.append("nothing refused that the log had signed")
    if "guardian" in found:
        purposes = ", ".join(f"{purpose} {number}" for purpose, number in found["by_purpose"].items())
        lines.append(f"keys released by the guardian: {found['keys_released']}{f' ({purposes})' if purposes else ''}")
    return "\n".join(lines)
