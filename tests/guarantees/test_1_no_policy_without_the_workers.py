"""Guarantee 1: the recorder runs only a policy whose exact bytes employer and representatives have signed."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.charter import Signers
from aboveboard.core.charter_chain import CharterBundle, charter_at, follow, history
from aboveboard.core.errors import CheckFailed, Refused
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import Policy, SignedPolicy, in_force, verify_signatures
from aboveboard.core.signatures import Signature
from aboveboard.core.signing import SigningKey
from tests.support.charters import rotated, successor
from tests.support.world import DAY_S, T0_S, World

MIXED = World()
STRANGERS = [SigningKey.generate(key.name) for key in [MIXED.employer, *MIXED.representatives]]


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
        in_force(
            signed, world.proof(index), world.charter, (T0_S + 40 * DAY_S) * 1_000_000, "DE", T0_S + 40 * DAY_S
        )  # fmt: skip


# ------------------------------------------------------------ who may sign is the charter's matter: attacks on that


def _rotation_refused(world: World, bundles: list[CharterBundle], words: str) -> None:
    with pytest.raises((Refused, CheckFailed), match=words):
        follow(world.charter, bundles)


def test_the_employer_can_not_appoint_other_representatives(world: World) -> None:
    """A new charter with obedient representatives, signed by them and the employer, is nobody's charter."""
    obedient = [SigningKey.generate(f"obedient-{i}") for i in range(3)]
    people = Signers(2, tuple(key.verify_key.encode() for key in obedient))
    new = successor(world.charter, representatives=people)
    _rotation_refused(world, [rotated(world, new, [world.employer, *obedient])], "representatives")
    policy = world.signed(signers=[world.employer, *obedient[:2]])
    _refused(world, policy, "representatives")


def test_an_unsigned_charter_in_the_log_is_still_nobodys(world: World) -> None:
    _rotation_refused(world, [rotated(world, successor(world.charter), [])], "employer")


def test_two_new_charters_at_once_are_shown_as_a_fork(world: World) -> None:
    one, other = successor(world.charter, name="A"), successor(world.charter, name="B")
    _rotation_refused(world, [rotated(world, one), rotated(world, other)], "two charters follow")


def test_the_old_charter_signs_nothing_any_more_once_it_is_replaced(world: World) -> None:
    """A policy counts under the charter that was in force at its place in the log."""
    keys = [SigningKey.generate(f"new-{i}") for i in range(2)]
    new = successor(world.charter, representatives=Signers(2, tuple(key.verify_key.encode() for key in keys)))
    world.start_log()
    before = world.signed()
    early = world.append(PolicyLeaf(before.policy_id).encode())
    steps = history(world.charter, [rotated(world, new)])
    after = world.signed(world.policy(version=2))
    late = world.append(PolicyLeaf(after.policy_id).encode())
    now_s = T0_S + 40 * DAY_S
    for signed, index, holds in ((before, early, True), (after, late, False)):
        charter = charter_at(steps, index)
        if holds:
            assert in_force(signed, world.proof(index), charter, now_s * 1_000_000, "DE", now_s)
        else:
            with pytest.raises(Refused, match="representatives"):
                in_force(signed, world.proof(index), charter, now_s * 1_000_000, "DE", now_s)


def test_a_policy_with_a_field_that_no_one_has_seen_is_refused_however_well_signed(world: World) -> None:
    data = world.policy().to_bytes().replace(b'"regions"', b'"rank":["manager"],"regions"')
    signatures = tuple(Signature.make(key, "policy", data) for key in [world.employer, *world.representatives])
    _refused(world, SignedPolicy.of(data, signatures), "rank")


@given(st.lists(st.integers(0, 9), max_size=12))
@settings(max_examples=60)
def test_no_mixture_of_signatures_that_lacks_one_suffices(who: list[int]) -> None:
    """Any multiset of signers, some twice, some strangers under the right names: only the real threshold counts."""
    people = [MIXED.employer, *MIXED.representatives, *MIXED.stewards, *STRANGERS]
    keys = [people[each % len(people)] for each in who]
    signed = MIXED.signed(signers=keys)
    real = {key.name for key in keys if key in MIXED.representatives}
    if MIXED.employer in keys and len(real) >= 2:
        assert verify_signatures(signed, MIXED.charter) == MIXED.policy()
    else:
        with pytest.raises(Refused):
            verify_signatures(signed, MIXED.charter)
