"""A programme's log as its collector publishes it, and what the auditor finds in it."""

from __future__ import annotations

from pathlib import Path

from aboveboard.audit.source import FolderSource
from aboveboard.audit.summary import Report
from aboveboard.audit.verify import verify
from aboveboard.core.leaves import (
    DAY_US,
    DatasetBuiltLeaf,
    DeletionAskedLeaf,
    DeletionDoneLeaf,
    KeyReleasedLeaf,
    ModelTrainedLeaf,
    PolicyLeaf,
)
from aboveboard.core.policy import SignedPolicy
from aboveboard.wire.api import CurrentPolicy, to_base64
from tests.support.world import DAY_S, T0_S, World

LATER_S = T0_S + 31 * DAY_S
LATER_DAY_US, EARLIER_DAY_US = ((LATER_S // DAY_S + days) * DAY_US for days in (1, -1))


def begun() -> tuple[World, SignedPolicy]:
    world = World()
    world.start_log()
    signed = world.signed()
    world.append(PolicyLeaf(signed.policy_id).encode())
    return world, signed


def fill(world: World) -> None:
    """Everything a programme's log holds after a while."""
    world.batch([b"r" * 32], "rights")
    world.batch([b"s" * 32], "segments")
    world.append(KeyReleasedLeaf("1" * 64, "train-agents").encode())
    world.append(DatasetBuiltLeaf("2" * 64, "3" * 64).encode())
    world.append(ModelTrainedLeaf("4" * 64, "3" * 64).encode())
    world.append(DeletionAskedLeaf("5" * 64, LATER_DAY_US).encode())
    world.append(DeletionDoneLeaf("5" * 64).encode())


def publish(world: World, signed: SignedPolicy, folder: Path) -> None:
    """The policy's proof is from its first day, so that its notice has run by LATER_S."""
    first_note = world.note(T0_S, entries=world.entries[:2])
    world.publish(folder, time_s=LATER_S)
    shown = world.entries[2:]
    del world.entries[2:]
    proof = world.proof(1, first_note)
    world.entries += shown
    path = folder / "published" / "policies" / f"{signed.policy_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CurrentPolicy(to_base64(signed.to_bytes()), proof.encode()).to_bytes())


def verified(world: World, folder: Path) -> Report:
    return verify(FolderSource(folder), world.charter)[0]


def failing(report: Report) -> set[str]:
    return {check.name for check in report.checks if check.result == "fails"}
