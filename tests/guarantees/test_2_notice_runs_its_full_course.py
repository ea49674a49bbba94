"""Guarantee 2: the notice period runs from the witnesses' cosignature, by no clock of the employer's."""

from __future__ import annotations

from pathlib import Path

import pytest

from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import Refused
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import Policy, SignedPolicy, in_force
from aboveboard.core.proof import LogProof
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.terms import Terms
from aboveboard.wire.api import CurrentPolicy, to_base64
from tests.support.world import DAY_S, T0_S, World

US = 1_000_000


def _published(world: World, policy: Policy | None = None) -> tuple[SignedPolicy, int]:
    world.start_log()
    signed = world.signed(policy)
    return signed, world.append(PolicyLeaf(signed.policy_id).encode())


def _in_force(world: World, signed: SignedPolicy, proof: LogProof, at_s: int, region: str = "DE") -> Policy:
    """At a time that laptop and witnesses agree on."""
    return in_force(signed, proof, world.charter, at_s * US, region, at_s)


def test_not_a_second_early() -> None:
    world = World()
    signed, index = _published(world)
    proof = world.proof(index)
    with pytest.raises(Refused, match="notice period runs until 2027-02-14 08:00 UTC"):
        _in_force(world, signed, proof, T0_S + 30 * DAY_S - 1)
    assert _in_force(world, signed, proof, T0_S + 30 * DAY_S) == world.policy()


def test_the_longer_of_the_two_periods_counts() -> None:
    world = World()
    signed, index = _published(world, world.policy(notice_days=5))
    with pytest.raises(Refused, match="notice"):
        _in_force(world, signed, world.proof(index), T0_S + 29 * DAY_S)
    world = World()
    signed, index = _published(world, world.policy(notice_days=60))
    with pytest.raises(Refused, match="notice"):
        _in_force(world, signed, world.proof(index), T0_S + 59 * DAY_S)


def test_the_log_alone_can_not_start_it() -> None:
    world = World()
    signed, index = _published(world)
    for witnesses in ([], [world.auditor], [world.council]):
        proof = world.proof(index, world.note(T0_S, witnesses))
        with pytest.raises(Refused, match="quorum") as caught:
            _in_force(world, signed, proof, T0_S + 90 * DAY_S)
        assert caught.value.reason == "no_quorum"


def test_the_slowest_witness_of_the_quorum_sets_the_time() -> None:
    """An employer's friend who signs with an old date shortens nothing."""
    world = World()
    signed, index = _published(world)
    note = world.note(T0_S, [world.council])
    backdated = world.note(T0_S - 40 * DAY_S, [world.auditor]).splitlines(keepends=True)[-1]
    with pytest.raises(Refused, match="notice"):
        _in_force(world, signed, world.proof(index, note + backdated), T0_S + 29 * DAY_S)


def test_a_checkpoint_from_before_the_policy_does_not_count() -> None:
    world = World()
    world.start_log()
    old = world.note(T0_S - 60 * DAY_S)
    signed, index = _published(world)
    with pytest.raises(Refused) as caught:
        _in_force(world, signed, LogProof(index, world.proof(index).hashes, old), T0_S + 30 * DAY_S)
    assert caught.value.reason == "no_quorum"


def test_a_laptop_whose_clock_is_behind_the_witnesses_says_so() -> None:
    world = World()
    signed, index = _published(world)
    with pytest.raises(Refused, match="clock"):
        _in_force(world, signed, world.proof(index), T0_S - DAY_S)


def test_before_its_start_after_its_end_and_elsewhere_it_does_not_act() -> None:
    world = World()
    signed, index = _published(world, world.policy(starts="2027-06-01", expires="2027-06-30"))
    proof = world.proof(index)
    june = 1_811_808_000  # 2027-06-01
    with pytest.raises(Refused, match="starts on 2027-06-01"):
        _in_force(world, signed, proof, june - 1)
    assert _in_force(world, signed, proof, june + 30 * DAY_S - 1)
    with pytest.raises(Refused, match="expired on 2027-06-30"):
        _in_force(world, signed, proof, june + 30 * DAY_S)
    with pytest.raises(Refused, match="DE, and this laptop is in FR") as caught:
        _in_force(world, signed, proof, june, "FR")
    assert caught.value.reason == "region"


# ------------------------------------------------------------ clocks of the employer's, moved back and forward


def test_a_laptop_whose_clock_is_set_forward_starts_nothing() -> None:
    """The employer manages the laptop, so its clock proves nothing: the witnesses have to have signed since."""
    world = World()
    signed, index = _published(world)
    proof = world.proof(index)
    for days in (31, 365, 3000):
        for witnessed_s in (None, T0_S, T0_S + 30 * DAY_S - 1):
            with pytest.raises(Refused, match=r"notice period runs until|expired"):
                in_force(signed, proof, world.charter, (T0_S + days * DAY_S) * US, "DE", witnessed_s)
    later = T0_S + 30 * DAY_S
    assert in_force(signed, proof, world.charter, later * US, "DE", later)


def test_a_laptop_whose_clock_is_set_back_goes_on_with_no_policy_that_ran_out() -> None:
    world = World()
    signed, index = _published(world, world.policy(expires="2027-03-31"))
    proof, after = world.proof(index), T0_S + 100 * DAY_S
    for now_s in (after, T0_S + 40 * DAY_S):
        with pytest.raises(Refused, match=r"expired|clock"):
            in_force(signed, proof, world.charter, now_s * US, "DE", after)


def test_one_witness_whose_clock_runs_ahead_ends_no_notice_period() -> None:
    """Nor does a quorum of which the workers' own says that the time has not come."""
    world = World()
    world.start_log()
    ahead = T0_S + 90 * DAY_S
    note = world.note(T0_S + DAY_S, [world.council])
    hurried = note + world.note(ahead, [world.auditor]).splitlines(keepends=True)[-1]
    assert world.charter.check_checkpoint(hurried)[1] == ahead  # who begins a period by it begins late
    assert world.charter.time_passed_s(hurried) == T0_S + DAY_S  # and who ends one ends it late too


def test_dates_in_the_policy_shorten_nothing() -> None:
    world = World()
    signed, index = _published(world, world.policy(starts="2020-01-01", notice_days=0))
    with pytest.raises(Refused, match="notice period runs"):
        _in_force(world, signed, world.proof(index), T0_S + 29 * DAY_S)


def test_the_collectors_clock_is_not_asked(tmp_path: Path) -> None:
    """A collector whose clock is a year ahead serves the same proof, and no laptop begins by it."""
    world = World()
    signed, index = _published(world)
    home = Home(tmp_path)
    home.make()
    home.write(world.charter.to_bytes(), "charter.json")
    home.write(Config("DE", "http://127.0.0.1:1", "http://127.0.0.1:1").to_bytes(), "config.json")
    home.write(CurrentPolicy(to_base64(signed.to_bytes()), world.proof(index).encode()).to_bytes(), "policy.json")
    home.write(world.note(T0_S + DAY_S).encode(), "checkpoint")
    clock = FixedClock((T0_S + 365 * DAY_S) * US)
    assert "notice period runs until" in Terms(home, clock).why_not()
    home.write(world.note(T0_S + 31 * DAY_S).encode(), "checkpoint")
    assert Terms(home, clock).why_not() == ""
    home.write(world.note(T0_S + 31 * DAY_S, [world.auditor]).encode(), "checkpoint")
    assert "quorum" in Terms(home, clock).why_not()
