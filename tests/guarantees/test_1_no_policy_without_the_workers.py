"""Guarantee 1: the recorder runs only a policy whose exact bytes employer and representatives have signed."""

from __future__ import annotations

import base64

import msgspec
import pytest

from aboveboard.core.errors import Refused
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import Policy, SignedPolicy, in_force, verify_signatures
from aboveboard.core.signing import SigningKey
from tests.support.world import DAY_S, T0_S, World


@pytest.fixture
def world() -> World:
    return World()


def _refused(world: World, signed: SignedPolicy, words: str) -> None:
    with pytest.raises(Refused, match=words) as caught:
        verify_signatures(signed, world.charter)
    assert caught.value.reason == "no_policy"


def test_employer_and_two_representatives_suffice(world: World) -> None:
    assert verify_signatures(world.signed(), world.charter) == world.policy()


def test_missing_signatures_are_refused(world: World) -> None:
    one, two = world.representatives[:2]
    _refused(world, world.signed(signers=[one, two]), "employer")
    _refused(world, world.signed(signers=[world.employer]), "representatives")
    _refused(world, world.signed(signers=[world.employer, one]), "1 valid signatures of the representatives, 2")
    _refused(world, world.signed(signers=[]), "employer")


def test_the_same_representative_twice_is_one(world: World) -> None:
    one = world.representatives[0]
    _refused(world, world.signed(signers=[world.employer, one, one]), "representatives")


def test_strangers_and_stewards_do_not_count(world: World) -> None:
    one = world.representatives[0]
    stranger = SigningKey.generate(world.representatives[1].name)  # the right name, another key
    _refused(world, world.signed(signers=[world.employer, one, stranger]), "representatives")
    _refused(world, world.signed(signers=[world.employer, one, world.stewards[0]]), "representatives")


def test_the_employer_can_not_stand_in_for_a_representative(world: World) -> None:
    renamed = SigningKey(world.representatives[1].name, world.employer.seed)
    _refused(world, world.signed(signers=[world.employer, world.representatives[0], renamed]), "representatives")


def test_signatures_over_another_version_do_not_count(world: World) -> None:
    old = world.signed(world.policy(version=1))
    new = world.policy(version=2, data_mb_per_day=51)
    _refused(world, SignedPolicy.of(new.to_bytes(), old.signatures), "employer")


def test_one_changed_byte_is_another_policy(world: World) -> None:
    signed = world.signed()
    data = bytearray(signed.policy_bytes)
    at = data.index(b'"review_hold_minutes":60') + len(b'"review_hold_minutes":')
    data[at] ^= 1
    changed = msgspec.structs.replace(signed, policy=base64.b64encode(bytes(data)).decode())
    assert Policy.parse(bytes(data)).review_hold_minutes != 60  # it can be read; only the signatures tell
    _refused(world, changed, "employer")


def test_a_signature_for_something_else_does_not_count(world: World) -> None:
    """A signature made in another context, over the same bytes."""
    signed = world.signed(signers=world.representatives[:2])
    raw = world.employer.sign("grant", signed.policy_bytes)
    forged = msgspec.structs.replace(world.signed().signatures[0], signature=base64.b64encode(raw).decode())
    _refused(world, SignedPolicy.of(signed.policy_bytes, (*signed.signatures, forged)), "employer")


def test_a_policy_below_the_charters_floor_is_refused(world: World) -> None:
    _refused(world, world.signed(world.policy(never_record=("*private*",))), "never-record")


def test_the_recorder_refuses_it_whatever_the_log_says(world: World) -> None:
    """Being in the log, cosigned, and old enough does not replace a signature."""
    world.start_log()
    signed = world.signed(signers=[world.employer, world.representatives[0]])
    index = world.append(PolicyLeaf(signed.policy_id).encode())
    with pytest.raises(Refused, match="representatives"):
        in_force(signed, world.proof(index), world.charter, (T0_S + 40 * DAY_S) * 1_000_000, "DE")
