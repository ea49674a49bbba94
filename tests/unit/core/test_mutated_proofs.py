"""Ten thousand proofs with one thing changed: not one is taken for a proof of something else."""

from __future__ import annotations

import random

from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.errors import AboveboardError
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.merkle import root_hash
from aboveboard.core.proof import LogProof, check_proof
from tests.support.world import World

N = 10_000


def _mutated(text: str, rng: random.Random) -> str:
    """One character changed, dropped, doubled or moved, or a line dropped, doubled or swapped with the next."""
    way = rng.randrange(7)
    if way < 4:
        at = rng.randrange(len(text))
        other = rng.choice("ABCXYZabcxyz0123456789+/=\n —")
        return {
            0: text[:at] + other + text[at + 1 :], 1: text[:at] + text[at + 1 :], 2: text[:at] + text[at] + text[at:],
            3: text[:at] + other + text[at:],
        }[way]  # fmt: skip
    lines = text.splitlines(keepends=True)
    at = rng.randrange(len(lines) - 1)
    if way == 4:
        del lines[at]
    elif way == 5:
        lines.insert(at, lines[at])
    else:
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    return "".join(lines)


def test_no_mutated_proof_shows_anything_that_is_not_so() -> None:
    """A change that leaves entry, place, checkpoint and quorum as they were (a signature line twice, another order of
    them, a stranger's line) proves the same as before; everything else has to be refused."""
    rng = random.Random(20261124)
    world = World()
    world.start_log()
    for i in range(70):
        world.append(PolicyLeaf(f"{i:064x}").encode())
    truth = Checkpoint(world.charter.origin, 71, root_hash(world.entries))
    note = world.note()
    proofs = [world.proof(index, note).encode() for index in range(71)]
    refused = same = 0
    for _ in range(N):
        index = rng.randrange(71)
        text = proofs[index]
        changed = _mutated(text, rng)
        if changed == text:
            continue
        try:
            proof = LogProof.parse(changed)
            checkpoint, _ = check_proof(world.entries[index], proof, world.charter)
        except AboveboardError:
            refused += 1
            continue
        assert (proof.index, checkpoint) == (index, truth), changed
        same += 1
    assert refused > 0.9 * N
    assert same < 0.1 * N


def test_an_entry_that_is_not_the_proofs_own_is_refused_for_every_other_entry() -> None:
    world = World()
    world.start_log()
    for i in range(40):
        world.append(PolicyLeaf(f"{i:064x}").encode())
    proof = world.proof(17)
    shown = []
    for index, entry in enumerate(world.entries):
        try:
            check_proof(entry, proof, world.charter)
            shown.append(index)
        except AboveboardError:
            continue
    assert shown == [17]
