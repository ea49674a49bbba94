"""What the checks mean together: every guarantee has its verdict, and nothing is vouched for that was not looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from aboveboard.audit.guarantees import TEN, verdicts
from aboveboard.audit.report import GUARANTEES, Check, Result
from aboveboard.audit.source import FolderSource
from aboveboard.audit.summary import Report
from aboveboard.audit.verify import verify
from aboveboard.core.leaves import PolicyLeaf
from tests.support.world import T0_S, World


def _result(number: int, *checks: Check) -> Result:
    return verdicts(checks)[number - 1].result


def test_each_of_the_ten_needs_checks_and_every_check_looks_after_one() -> None:
    assert [each.number for each in TEN] == list(range(1, 11))
    assert {name for each in TEN for name in each.needs} <= set(GUARANTEES)
    for each in TEN:
        assert all(GUARANTEES[name] == each.number for name in each.needs)
    assert set(GUARANTEES.values()) == set(range(1, 11))


@pytest.mark.parametrize("guarantee", TEN, ids=lambda each: each.title)
def test_it_holds_only_when_every_check_it_needs_was_made_and_holds(guarantee: object) -> None:
    from aboveboard.audit.guarantees import Guarantee

    assert isinstance(guarantee, Guarantee)
    held = [Check(name, "holds", "it does") for name in guarantee.needs]
    assert _result(guarantee.number, *held) == "holds"
    for i in range(len(held)):
        rest = held[:i] + held[i + 1 :]
        assert _result(guarantee.number, *rest) == "unknown", "a check that was not made"
        assert _result(guarantee.number, *rest, Check(held[i].name, "unknown", "away")) == "unknown"
        assert _result(guarantee.number, *rest, Check(held[i].name, "fails", "broken")) == "fails"


def test_one_failing_check_outweighs_unknown_ones() -> None:
    assert _result(3, Check("tiles", "unknown", "away"), Check("entries", "fails", "changed")) == "fails"


def test_from_outside_alone_what_only_a_person_can_see_is_left_open(tmp_path: Path) -> None:
    world = World()
    world.start_log()
    signed = world.signed()
    world.append(PolicyLeaf(signed.policy_id).encode())
    world.publish(tmp_path, [signed], T0_S)
    report, _ = verify(FolderSource(tmp_path), world.charter)
    results = {each["guarantee"]: each["result"] for each in report.to_json()["guarantees"]}
    assert results == {n: "holds" if n in (1, 2, 3, 5, 10) else "unknown" for n in range(1, 11)}
    assert report.exit_code == 0
    whys = {each["guarantee"]: each["why"] for each in report.to_json()["guarantees"]}
    assert "audit monitor --home" in whys[4]
    assert "what was given holds" in whys[6]


def test_the_exit_code_tells_failing_from_not_known() -> None:
    holds, fails, unknown = Check("tiles", "holds", ""), Check("tiles", "fails", ""), Check("tiles", "unknown", "")
    assert Report({}, (holds,)).exit_code == 0
    assert Report({}, (holds, unknown)).exit_code == 3
    assert Report({}, (unknown, fails)).exit_code == 1
    assert Report({}, ()).exit_code == 3, "nothing was looked at"


def test_a_hostile_reason_steers_no_terminal() -> None:
    text = Report({}, (Check("tiles", "fails", "\x1b]0;owned\x07\nok"),)).to_text()
    assert "\x1b" not in text
    assert "\x07" not in text
