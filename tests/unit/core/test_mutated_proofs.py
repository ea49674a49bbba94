"""Ten thousand proofs with one thing changed: not one is taken for a proof of something else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from aboveboard.core.canonical import canonical
from aboveboard.core.checkpoint import Checkpoint, cosign, cosignatures, open_checkpoint, sign_checkpoint
from aboveboard.core.errors import AboveboardError
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)
from aboveboard.core.proof import BatchProof, LogProof, check_batch_proof, check_proof
from tests.support.world import T0_S, World

N = 10_000
CHARS = "ABCXYZabcxyz0123456789+/=\n —"


def mutated(text: str, rng: random.Random) -> str:
    """One character changed, dropped, doubled or moved, or a line dropped, doubled or swapped with the next."""
    way = rng.randrange(7)
    if way < 4:
        at = rng.randrange(len(text))
        other = rng.choice(CHARS)
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


def refused_of(texts: list[str], accepts: Callable[[int, str], None], count: int = N) -> int:
    """How many of `count` changed texts are refused. accepts(which, text) asserts that it proves the same as before."""
    rng, refused = random.Random(20261124), 0
    for _ in range(count):
        which = rng.randrange(len(texts))
        changed = mutated(texts[which], rng)
        if changed == texts[which]:
            continue
        try:
            accepts(which, changed)
        except AboveboardError:
            refused += 1
    return refused


@pytest.fixture(scope="module")
def world() -> World:
    """A log of 71 entries."""
    made = World()
    made.start_log()
    for i in range(70):
        made.append(PolicyLeaf(f"{i:064x}").encode())
    return made


def test_no_mutated_proof_shows_anything_that_is_not_so(world: World) -> None:
    """A change that leaves entry, place, checkpoint and quorum as they were (a signature line twice, another order of
    them, a stranger's line) proves the same as before; everything else has to be refused."""
    truth = Checkpoint(world.charter.origin, 71, root_hash(world.entries))
    note = world.note()

    def accepts(index: int, changed: str) -> None:
        proof = LogProof.parse(changed)
        checkpoint, _ = check_proof(world.entries[index], proof, world.charter)
        assert (proof.index, checkpoint) == (index, truth), changed

    assert refused_of([world.proof(index, note).encode() for index in range(71)], accepts) > 0.9 * N


def test_no_mutated_note_is_a_checkpoint_of_something_else(world: World) -> None:
    sizes = range(1, 72)
    truths = [Checkpoint(world.charter.origin, size, root_hash(world.entries[:size])) for size in sizes]
    notes = [world.note(entries=world.entries[:size]) for size in sizes]

    def accepts(which: int, changed: str) -> None:
        assert open_checkpoint(changed, world.log_key.verify_key) == truths[which]

    assert refused_of(notes, accepts) > 0.4 * N, "half of a note is lines of witnesses, which this doesn't look at"


def test_no_mutated_cosignature_counts_for_another_time_or_tree(world: World) -> None:
    keys = [world.council.verify_key, world.auditor.verify_key]
    checkpoints = [Checkpoint(world.charter.origin, size, bytes([size]) * 32) for size in range(1, 20)]
    bare = [sign_checkpoint(checkpoint, world.log_key) for checkpoint in checkpoints]
    times = [{"witness-council": T0_S + n, "witness-auditor": T0_S - n} for n in range(len(bare))]
    notes = [
        note + cosign(note, world.council, T0_S + n) + cosign(note, world.auditor, T0_S - n)
        for n, note in enumerate(bare)
    ]
    less = 0

    def accepts(which: int, changed: str) -> None:
        nonlocal less
        found = cosignatures(changed, keys)
        assert found.items() <= times[which].items(), changed
        less += found != times[which]

    assert refused_of(notes, accepts) + less > 0.6 * N


def test_no_mutated_batch_proof_shows_another_place(world: World) -> None:
    commitments = [bytes([n]) * 32 for n in range(40)]
    batch, place = world.batch(commitments, "rights")
    note = world.note()
    proofs = [world.batch_proof(batch, place, each, note) for each in commitments]
    texts = [json.dumps(json.loads(proof.to_bytes()), indent=0) for proof in proofs]

    def accepts(which: int, changed: str) -> None:
        try:
            data = canonical(json.loads(changed))
        except ValueError:
            data = changed.encode()
        proof = BatchProof.parse(data)
        _, _, index = check_batch_proof(commitments[which], proof, world.charter)
        assert (index, proof.index, proof.size) == (place, proofs[which].index, 64)

    assert refused_of(texts, accepts, N // 4) > 0.8 * N // 4


def test_no_mutated_tree_proof_verifies() -> None:
    """A hash put in, left out, swapped with its neighbour, or with one bit flipped."""
    rng, leaves, accepted = random.Random(8), [b"%d" % n for n in range(90)], 0
    for _ in range(N):
        size2 = rng.randrange(2, 90)
        size1, index = rng.randrange(1, size2), rng.randrange(size2)
        root1, root2 = root_hash(leaves[:size1]), root_hash(leaves[:size2])
        try:
            if rng.random() < 0.5:
                proof = _changed(inclusion_proof(leaves[:size2], index), rng)
                verify_inclusion(leaf_hash(leaves[index]), index, size2, proof, root2)
            else:
                proof = _changed(consistency_proof(leaves[:size2], size1), rng)
                verify_consistency(size1, size2, proof, root1, root2)
            accepted += 1
        except AboveboardError:
            continue
    assert accepted == 0


def _changed(proof: list[bytes], rng: random.Random) -> list[bytes]:
    way, at = rng.randrange(4), rng.randrange(len(proof))
    if way == 0:
        proof.insert(at, rng.randbytes(32))
    elif way == 1:
        del proof[at]
    elif way == 2 and len(proof) > 1:
        proof[at], proof[at - 1] = proof[at - 1], proof[at]
    else:
        bit = rng.randrange(256)
        proof[at] = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    return proof


def test_an_entry_that_is_not_the_proofs_own_is_refused_for_every_other_entry(world: World) -> None:
    proof = world.proof(17)
    shown = []
    for index, entry in enumerate(world.entries):
        try:
            check_proof(entry, proof, world.charter)
            shown.append(index)
        except AboveboardError:
            continue
    assert shown == [17]
