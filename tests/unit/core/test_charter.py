"""A charter that promises less than it must is refused, and the reason names the field."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aboveboard.core.charter import Charter, Group, WitnessEntry, Witnesses
from aboveboard.core.errors import BadInput, ProofError, SignatureError
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey
from tests.support.world import T0_S, World


def _changed(world: World, **changes: Any) -> bytes:
    return msgspec.structs.replace(world.charter, **changes).to_bytes()


def test_a_charter_round_trips_with_its_name() -> None:
    charter = World().charter
    assert Charter.parse(charter.to_bytes()).charter_id == charter.charter_id


def test_a_charter_is_refused_when_the_employer_is_a_representative_too() -> None:
    world = World()
    world.representatives[0] = world.employer
    with pytest.raises(BadInput, match="representative"):
        _ = world.charter


def test_a_charter_is_refused_when_one_key_counts_twice() -> None:
    world = World()
    twin = SigningKey("representative-x", world.representatives[0].seed)
    world.representatives[1] = twin
    with pytest.raises(BadInput, match="one key"):
        _ = world.charter


def test_a_charter_is_refused_when_one_steward_suffices() -> None:
    world = World()
    stewards = msgspec.structs.replace(world.charter.stewards, threshold=1)
    with pytest.raises(BadInput, match="stewards"):
        Charter.parse(_changed(world, stewards=stewards))


def test_a_short_notice_is_for_demos_that_say_so() -> None:
    with pytest.raises(BadInput, match="notice_days_min"):
        _ = World(notice_days_min=29).charter
    assert World(notice_days_min=0, demo=True).charter.demo


@pytest.mark.parametrize(
    "quorum",
    [
        Group(1, ("witness-council", "witness-auditor")),
        Group(1, ("witness-auditor",)),
        Group(1, (Group(1, ("witness-auditor",)), "witness-council")),
    ],
)
def test_a_quorum_that_can_do_without_the_workers_is_refused(quorum: Group) -> None:
    world = World()
    witnesses = msgspec.structs.replace(world.charter.witnesses, quorum=quorum)
    with pytest.raises(BadInput, match="workers"):
        Charter.parse(_changed(world, witnesses=witnesses))


@pytest.mark.parametrize("quorum", [Group(3, ("witness-council", "witness-auditor")), Group(1, ("nobody",)),
                                    Group(0, ("witness-council",))])  # fmt: skip
def test_a_quorum_that_cant_be_met_or_names_nobody_is_refused(quorum: Group) -> None:
    world = World()
    with pytest.raises(BadInput):
        Charter.parse(_changed(world, witnesses=msgspec.structs.replace(world.charter.witnesses, quorum=quorum)))


def test_groups_nest() -> None:
    """Works council AND (auditor OR union)."""
    world = World()
    union = SigningKey.generate("witness-union", COSIGNATURE_V1)
    keys = (*world.charter.witnesses.keys, WitnessEntry(union.verify_key.encode(), "workers"))
    quorum = Group(2, ("witness-council", Group(1, ("witness-auditor", "witness-union"))))
    charter = Charter.parse(_changed(world, witnesses=Witnesses(keys, quorum)))
    world._charter = charter
    world.start_log()
    assert charter.check_checkpoint(world.note(witnesses=[world.council, union]))[0].size == 1
    with pytest.raises(ProofError, match="quorum"):
        charter.check_checkpoint(world.note(witnesses=[world.auditor, union]))


def test_unknown_fields_and_spaces_are_refused() -> None:
    world = World()
    data = world.charter.to_bytes()
    for bad in (data.replace(b'"demo"', b'"dem0"'), data + b" ", data[:-1], b"[]", b"{}"):
        with pytest.raises(BadInput):
            Charter.parse(bad, "charter.json")


def test_the_time_of_a_quorum_is_when_the_last_needed_witness_had_signed() -> None:
    world = World()
    world.start_log()
    note = world.note(T0_S, [world.council])
    with pytest.raises(ProofError, match="quorum"):
        world.charter.check_checkpoint(note)
    later = world.note(T0_S + 500, [world.auditor]).splitlines(keepends=True)[-1]
    assert world.charter.check_checkpoint(note + later)[1] == T0_S + 500


def test_a_checkpoint_of_another_log_does_not_count() -> None:
    world, other = World(), World()
    other.log_key = world.log_key
    world.start_log()
    log = msgspec.structs.replace(world.charter.log, origin="elsewhere.example/log")
    other._charter = msgspec.structs.replace(world.charter, log=log)
    with pytest.raises(ProofError, match="log"):
        other._charter.check_checkpoint(world.note())
    with pytest.raises(SignatureError):
        World().charter.check_checkpoint(world.note())


def test_whoever_would_hold_both_halves_of_each_key_is_refused() -> None:
    world = World(guardian_identity=World().collector_identity)
    with pytest.raises(BadInput, match=r"guardian\.recipient: .* reads alone"):
        _ = world.charter


@pytest.mark.parametrize("theirs", ["employer", "log_key", "steward"])
@pytest.mark.parametrize("ours", ["council", "auditor", "guardian_key", "representative"])
def test_a_key_of_the_employers_side_speaks_for_nobody_who_keeps_it_in_check(theirs: str, ours: str) -> None:
    """Under another name, and as another kind of key: it is the key that counts."""
    world = World()
    seed = (world.stewards[1] if theirs == "steward" else getattr(world, theirs)).seed
    if ours == "representative":
        world.representatives[2] = SigningKey("representative-x", seed)
    else:
        old = getattr(world, ours)
        setattr(world, ours, SigningKey(old.name, seed, old.algorithm))
    with pytest.raises(BadInput, match=r"too"):
        _ = world.charter


@pytest.mark.parametrize("url", ["javascript:alert(1)", "example.org", "https://", "https://a b", "https://me@evil/x"])
def test_an_address_that_is_none_and_a_recipient_that_is_none_are_refused(url: str) -> None:
    world = World()
    for name in ("guardian", "collector"):
        for field, value in (("url", url), ("recipient", "age1" + "b" * 58), ("recipient", "")):
            part = msgspec.structs.replace(getattr(world.charter, name), **{field: value})
            with pytest.raises(BadInput, match=rf"{name}\.{field}"):
                Charter.parse(_changed(world, **{name: part}))
