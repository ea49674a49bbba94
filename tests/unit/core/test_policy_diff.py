"""A difference between two policies: none goes unsaid, and what widens is never called narrowing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given

from aboveboard.core.policy import FRAME_LEVELS, Policy
from aboveboard.core.policy_diff import Verdict, compare
from tests.support.policies import one_change, policies
from tests.support.world import World


@given(one_change())
def test_any_single_change_is_said_and_names_its_field(change: tuple[str, Policy, Policy]) -> None:
    what, old, new = change
    found = compare(old, new)
    assert bool(found) == (old.to_bytes() != new.to_bytes())
    field = what.rpartition(".")[2]
    assert all(field in sentence.partition(":")[0] for _, sentence in found), (what, found)


@given(policies(), policies())
def test_nothing_is_said_exactly_when_nothing_differs(old: Policy, new: Policy) -> None:
    assert compare(old, old) == []
    assert bool(compare(old, new)) == (old.to_bytes() != new.to_bytes())


MORE_IS_WIDER = ("data_mb_per_day", "expires")
MORE_IS_NARROWER = ("battery_percent_min", "review_hold_minutes", "notice_days", "starts")


@given(one_change())
def test_what_widens_is_never_called_narrowing(change: tuple[str, Policy, Policy]) -> None:
    what, old, new = change
    verdicts = {verdict for verdict, _ in compare(old, new)}
    before, after = _value(what, old), _value(what, new)
    if before == after:
        return
    name = what.rpartition(".")[2]
    if name in MORE_IS_WIDER or name == "retention_days":
        assert verdicts == {"widens" if after > before else "narrows"}
    elif name in MORE_IS_NARROWER:
        assert verdicts == {"narrows" if after > before else "widens"}
    elif name == "enrolment":
        assert verdicts == {"widens" if after == "default" else "narrows"}
    elif name in ("purposes", "recipients", "apps"):
        assert ("widens" in verdicts) == (not set(after) <= set(before))
        assert ("narrows" in verdicts) == (not set(before) <= set(after))
    elif name in ("browsers", "never_record", "opt_out_reasons"):
        assert ("widens" in verdicts) == (not set(before) <= set(after))
        assert ("narrows" in verdicts) == (not set(after) <= set(before))
    elif name == "sites":
        _covering(verdicts, [new.allows_site(each) for each in before], [old.allows_site(each) for each in after])
    elif name == "regions":
        _covering(verdicts, [new.allows_region(each) for each in before], [old.allows_region(each) for each in after])
    else:
        assert verdicts == {"changes"}


def _covering(verdicts: set[Verdict], kept: list[bool], known: list[bool]) -> None:
    assert ("widens" in verdicts) == (not all(known))
    assert ("narrows" in verdicts) == (not all(kept))


def _value(what: str, policy: Policy) -> Any:
    value: Any = policy
    for part in what.split("."):
        value = value[part] if isinstance(value, dict) else getattr(value, part)
    return value


@pytest.mark.parametrize("old", FRAME_LEVELS)
@pytest.mark.parametrize("new", FRAME_LEVELS)
def test_pictures_widen_from_none_over_on_action_to_keyframes(old: Any, new: Any) -> None:
    base = World().policy()
    terms = base.categories["pointer"]

    def at(level: Any) -> Policy:
        more = {} if level == "none" else {"frames": terms}
        policy = msgspec.structs.replace(base, frames=level, categories={**base.categories, **more})
        policy.check()
        return policy

    verdicts = {verdict for verdict, _ in compare(at(old), at(new))}
    order = FRAME_LEVELS.index
    assert verdicts == ({"widens"} if order(new) > order(old) else {"narrows"} if order(new) < order(old) else set())


def test_one_more_category_widens() -> None:
    base = World().policy()
    less = msgspec.structs.replace(base, categories={"pointer": base.categories["pointer"]})
    assert {verdict for verdict, _ in compare(less, base)} == {"widens"}
    assert {verdict for verdict, _ in compare(base, less)} == {"narrows"}
