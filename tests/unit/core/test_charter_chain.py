"""From a pinned charter to the one in force: each step as the old one asks for it, each attack on a step refused."""

from __future__ import annotations

import random
import re
from typing import Any

import msgspec
import pytest

from aboveboard.core.charter import Charter, Group, Log, Signers
from aboveboard.core.charter_chain import CharterBundle, InForce, SignedCharter, charter_at, follow, history
from aboveboard.core.charter_words import compare_charters, describe
from aboveboard.core.errors import BadInput, CheckFailed, Refused
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.signing import SigningKey
from tests.support.charters import first_bundle, old_people, rotated, signed_by, successor
from tests.support.world import World


@pytest.fixture
def world() -> World:
    return World()


def _new_people() -> tuple[list[SigningKey], Signers]:
    keys = [SigningKey.generate(f"new-representative-{i}") for i in range(3)]
    return keys, Signers(2, tuple(key.verify_key.encode() for key in keys))


def test_nobody_told_us_so_the_pinned_one_counts(world: World) -> None:
    assert follow(world.charter, []) == (world.charter,)
    assert follow(world.charter, [first_bundle(world)]) == (world.charter,)


def test_a_charter_signed_by_the_old_ones_people_follows(world: World) -> None:
    new = successor(world.charter, never_record=("*bank*", "*health*"))
    bundle = CharterBundle.parse(rotated(world, new).to_bytes())
    assert follow(world.charter, [bundle]) == (world.charter, new)
    assert follow(world.charter, [first_bundle(world), bundle, bundle]) == (world.charter, new)


def test_three_in_a_row_whatever_order_they_come_in(world: World) -> None:
    keys, signers = _new_people()
    second = successor(world.charter, representatives=signers)
    third = successor(second, notice_days_min=60)
    bundles = [first_bundle(world), rotated(world, second), rotated(world, third, [world.employer, *keys[:2]])]
    random.Random(4).shuffle(bundles)
    assert follow(world.charter, bundles) == (world.charter, second, third)
    assert follow(second, bundles) == (second, third)
    assert follow(third, bundles) == (third,)
    steps = history(third, bundles)
    assert [step.since for step in steps] == [0, 1, 2]


def test_an_entry_counts_under_the_charter_that_was_in_force_at_its_place(world: World) -> None:
    new = successor(world.charter)
    steps = (InForce(0, world.charter), InForce(5, new))
    assert [charter_at(steps, index) for index in (0, 4, 5, 6)] == [world.charter, world.charter, new, new]


def _refused(world: World, bundle: CharterBundle, words: str) -> None:
    with pytest.raises((Refused, CheckFailed), match=words):
        follow(world.charter, [bundle])


def test_without_the_old_ones_signatures_it_is_refused(world: World) -> None:
    new = successor(world.charter)
    employer, one, two = old_people(world)
    for keys in ([], [employer], [one, two], [employer, one], [employer, one, one]):
        _refused(World(**_same(world)), rotated(world, new, keys), "valid signatures of the old charter's")


def _same(world: World) -> dict[str, Any]:
    names = ("employer", "representatives", "stewards", "log_key", "council", "auditor", "guardian_key")
    return {name: getattr(world, name) for name in names}


def test_the_new_keys_can_not_let_themselves_in(world: World) -> None:
    keys, signers = _new_people()
    employer = SigningKey.generate(world.employer.name)
    new = successor(world.charter, representatives=signers, employer=employer.verify_key.encode())
    _refused(world, rotated(world, new, [employer, *keys]), "old charter's employer")
    _refused(world, rotated(world, new, [world.employer, *keys]), "old charter's representatives")
    named_alike = [SigningKey.generate(key.name) for key in world.representatives]
    _refused(world, rotated(world, new, [world.employer, *named_alike]), "old charter's representatives")


def test_signatures_for_something_else_or_another_version_do_not_count(world: World) -> None:
    new, other = successor(world.charter), successor(world.charter, name="Another")
    bundle = rotated(world, new)
    moved = SignedCharter.of(new.to_bytes(), signed_by(other, old_people(world)).signatures)
    _refused(world, CharterBundle(moved, bundle.log_proof), "0 valid signatures")
    policy_like = world.signed(world.policy()).signatures
    _refused(
        world, CharterBundle(SignedCharter.of(new.to_bytes(), policy_like), bundle.log_proof), "0 valid signatures"
    )


def test_it_has_to_stand_in_the_log_under_the_old_quorum(world: World) -> None:
    new = successor(world.charter)
    for witnesses in ([], [world.council], [world.auditor]):
        _refused(world, rotated(world, new, witnesses=witnesses), "quorum")
    proven = rotated(world, new)
    other = world.proof(world.append(PolicyLeaf("0" * 64).encode()))
    _refused(world, CharterBundle(proven.signed, other.encode()), "proof|root|inclusion|lead")


def test_two_that_follow_the_same_one_are_a_fork(world: World) -> None:
    one, other = successor(world.charter, name="One"), successor(world.charter, name="Other")
    bundles = [rotated(world, one), rotated(world, other)]
    for pinned in (world.charter, one, other):
        with pytest.raises(CheckFailed, match="two charters follow"):
            follow(pinned, bundles)


def test_an_old_charter_that_is_brought_again_changes_nothing(world: World) -> None:
    """Whoever has followed to the second one is not led back to the first."""
    second = successor(world.charter)
    bundles = [first_bundle(world), rotated(world, second)]
    assert follow(second, bundles) == (second,)
    assert follow(second, bundles[:1]) == (second,)
    back = msgspec.structs.replace(world.charter, previous=second.charter_id)
    assert back.charter_id != world.charter.charter_id
    with pytest.raises((Refused, CheckFailed)):
        follow(second, [*bundles, rotated(world, back, [])])


def test_a_charter_of_another_history_is_refused(world: World) -> None:
    stranger = World()
    _refused(world, first_bundle(stranger), "does not follow")
    _refused(world, rotated(stranger, successor(stranger.charter)), "does not follow")


@pytest.mark.parametrize(
    "changes",
    [{"log": Log(SigningKey.generate("log.example").verify_key.encode(), "example.org/log")}, {"demo": True}],
)
def test_the_log_stays_and_real_people_are_no_demonstration(world: World, changes: dict[str, Any]) -> None:
    _refused(world, rotated(world, successor(world.charter, **changes)), "keeps the log|demonstration")
    moved = Log(world.charter.log.key, "elsewhere.example/log")
    _refused(world, rotated(world, successor(world.charter, log=moved)), "keeps the log")


def test_less_notice_than_thirty_days_can_not_be_said_at_all(world: World) -> None:
    with pytest.raises(BadInput, match="notice_days_min"):
        successor(world.charter, notice_days_min=29)
    raw = msgspec.structs.replace(world.charter, previous=world.charter.charter_id, notice_days_min=0)
    with pytest.raises(BadInput, match="notice_days_min"):
        signed_by(raw, old_people(world))


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"never_record": ()}, "widens", r"\*bank\* is removed from the floor"),
        ({"never_record": ("*bank*", "*union*")}, "narrows", r"\*union\* is added"),
        ({"notice_days_min": 60}, "narrows", "30 becomes 60"),
    ],
)
def test_what_a_new_charter_gives_up_is_said(world: World, changes: dict[str, Any], verdict: str, words: str) -> None:
    found = [
        what for said, what in compare_charters(world.charter, successor(world.charter, **changes)) if said == verdict
    ]
    assert any(re.search(words, what) for what in found), found


def test_fewer_representatives_and_a_lower_quorum_are_said_to_widen(world: World) -> None:
    fewer = Signers(1, world.charter.representatives.keys[:2])
    quorum = msgspec.structs.replace(world.charter.witnesses, quorum=Group(1, ("witness-council",)))
    new = successor(world.charter, representatives=fewer, witnesses=quorum)
    widened = [what for verdict, what in compare_charters(world.charter, new) if verdict == "widens"]
    assert len(widened) == 3, widened
    assert {what.partition(":")[0] for what in widened} == {
        "representatives that have to sign", "number of representatives", "witnesses needed for a quorum",
    }  # fmt: skip


def test_every_field_of_a_charter_that_changes_is_said(world: World) -> None:
    other = World(notice_days_min=60, never_record=("*x*",))
    for name in Charter.__struct_fields__:
        if name in ("v", "previous", "demo"):
            continue
        new = msgspec.structs.replace(world.charter, **{name: getattr(other.charter, name)})
        assert bool(compare_charters(world.charter, new)) == (new != world.charter), name
    assert compare_charters(world.charter, world.charter) == []
    assert any(world.charter.origin in line for line in describe(world.charter))
