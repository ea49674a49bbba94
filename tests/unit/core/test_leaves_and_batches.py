"""Log entries say hashes and nothing of a person; batches hide who and how many."""

from __future__ import annotations

import random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.canonical import canonical
from aboveboard.core.errors import BadInput, ProofError
from aboveboard.core.leaves import (
    BATCH_SIZES,
    DAY_US,
    BatchLeaf,
    CharterLeaf,
    DeletionAskedLeaf,
    KeyReleasedLeaf,
    Leaf,
    PolicyLeaf,
    Purpose,
    due_day_us,
    parse_leaf,
)
from aboveboard.core.proof import BatchProof, check_batch_proof, make_batch
from tests.support.world import World


def test_an_entry_round_trips() -> None:
    for leaf in (PolicyLeaf("a" * 64), BatchLeaf("rights", "b" * 64, 16), DeletionAskedLeaf("c" * 64, DAY_US)):
        assert parse_leaf(leaf.encode()) == leaf


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "policy", "policy": "a" * 63},
        {"kind": "policy", "policy": "A" * 64},
        {"kind": "policy", "policy": "a" * 64, "who": "Jane"},
        {"kind": "pause", "commitment": "a" * 64},
        {"policy": "a" * 64},
    ],
)
def test_an_entry_of_another_kind_or_with_more_in_it_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        parse_leaf(canonical(fields))


@given(st.integers(1, 300))
def test_a_batch_tells_a_size_class_and_every_item_is_in_it(n: int) -> None:
    rng = random.Random(n)
    items = [rng.randbytes(32) for _ in range(n)]
    batch = make_batch(items, "segments", rng)
    assert len(batch.items) in (16, 64, 256, 1024)
    assert set(items) <= set(batch.items)


def test_a_batch_proof_holds_for_its_item_and_kind_only() -> None:
    world = World()
    world.start_log()
    items = [bytes([i]) * 32 for i in range(3)]
    batch, place = world.batch(items, "segments")
    proof = BatchProof.parse(world.batch_proof(batch, place, items[1]).to_bytes())
    assert check_batch_proof(items[1], proof, world.charter)[2] == place
    with pytest.raises(ProofError):
        check_batch_proof(items[0], proof, world.charter)
    with pytest.raises(BadInput):
        batch.item_proof(b"\xff" * 32)


@given(st.integers(0, 10**16), st.integers(1, 60))
def test_a_day_due_is_a_whole_day_and_not_sooner_than_asked(asked_us: int, days: int) -> None:
    due = due_day_us(asked_us, days)
    assert due % DAY_US == 0
    assert asked_us + days * DAY_US <= due < asked_us + (days + 1) * DAY_US


_HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
_DAY = st.integers(0, ((1 << 53) - 1) // DAY_US).map(lambda day: day * DAY_US)
_LEAVES = st.one_of(
    st.builds(CharterLeaf, _HEX),
    st.builds(PolicyLeaf, _HEX),
    st.builds(BatchLeaf, st.sampled_from(["rights", "segments"]), _HEX, st.sampled_from(BATCH_SIZES)),
    st.builds(KeyReleasedLeaf, _HEX, st.sampled_from(get_args(Purpose))),
    st.builds(DeletionAskedLeaf, _HEX, _DAY),
)


@settings(max_examples=300, deadline=None)
@given(_LEAVES)
def test_every_leaf_is_read_back_from_its_canonical_bytes(leaf: Leaf) -> None:
    assert parse_leaf(leaf.encode()) == leaf


@settings(max_examples=300, deadline=None)
@given(_LEAVES, st.data())
def test_one_entry_has_one_form(leaf: Leaf, data: st.DataObject) -> None:
    """Whatever is done to an entry's bytes: what is read encodes to exactly them, or it is refused."""
    changed = bytearray(leaf.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed)))
        match data.draw(st.sampled_from(["insert", "delete", "change"])):
            case "insert":
                changed.insert(at, data.draw(st.sampled_from(list(b' "\\0,:{}a'))))
            case "delete":
                del changed[at : at + 1]
            case _:
                changed[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
    try:
        read = parse_leaf(bytes(changed))
    except BadInput:
        return
    assert read.encode() == bytes(changed)


@pytest.mark.parametrize("number", [-1, 1 << 53, 9_902_563_200_000_000])
def test_a_number_that_not_every_reader_keeps_exactly_is_refused(number: int) -> None:
    entry = b'{"commitment":"%s","due_us":%d,"kind":"deletion_asked"}' % (b"0" * 64, number)
    with pytest.raises(BadInput):
        parse_leaf(entry)
