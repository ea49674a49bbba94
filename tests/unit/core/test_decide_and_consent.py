"""Default deny: only when everything says yes is anything kept; a "no" is never too narrow."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.core.consent import ConsentRecord, fold
from aboveboard.core.decide import decide
from aboveboard.core.events import Surface
from aboveboard.core.ids import ContributorId, DeviceId, PolicyId
from tests.support.world import World

WORLD = World()
POLICY = WORLD.policy()
PAGE = Surface(1, "chromium", True, "https://example.org", "A page", (0, 0, 10, 10))


def _ask(**changes: Any) -> Any:
    base: dict[str, Any] = {"policy": POLICY, "consent": "given", "paused": False, "indicator": True, "surface": PAGE,
                            "region": "DE"}  # fmt: skip
    return decide(**{**base, **changes})


def test_everything_in_order_is_a_yes() -> None:
    assert _ask(category="pointer").allowed


def _page(**changes: Any) -> Surface:
    fields: dict[str, Any] = {"window": 1, "app": "chromium", "is_browser": True, "site": "https://example.org",
                              "title": "A page", "box": (0, 0, 10, 10)}  # fmt: skip
    return Surface(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"policy": None}, "no_policy"), ({"consent": "none"}, "no_consent"), ({"consent": "withdrawn"}, "no_consent"),
        ({"consent": "opted_out"}, "opted_out"), ({"paused": True}, "paused"), ({"indicator": False}, "no_indicator"),
        ({"region": "FR"}, "region"), ({"region": ""}, "region"),
        ({"power_ok": False}, "power"), ({"budget_ok": False}, "data_budget"), ({"surface": None}, "unknown_focus"),
        ({"surface": _page(app=None)}, "unknown_focus"), ({"surface": _page(app="xterm")}, "app_not_allowed"),
        ({"surface": _page(site=None)}, "unknown_focus"),
        ({"surface": _page(site=None, is_browser=False)}, "unknown_focus"),
        ({"surface": _page(site="https://mail.example.net")}, "site_not_allowed"),
        ({"surface": _page(title="My Bank - Chromium")}, "never_record"),
        ({"surface": _page(title="PRIVATE letters")}, "never_record"),
    ],
)  # fmt: skip
def test_any_single_no_is_a_no_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    decision = _ask(**changes)
    assert (decision.allowed, decision.reason) == (False, reason)


def test_a_category_without_terms_is_not_kept() -> None:
    policy = WORLD.policy(categories={k: v for k, v in POLICY.categories.items() if k != "text"})
    assert _ask(policy=policy, category="text").reason == "category_not_allowed"
    assert _ask(policy=policy, category="pointer").allowed


def test_only_one_of_all_combinations_is_a_yes() -> None:
    yes = 0
    options = product([POLICY, None], ["none", "given", "withdrawn", "opted_out"], [False, True], [True, False],
                      [PAGE, None, _page(app="xterm"), _page(site=None)], [True, False], [True, False])  # fmt: skip
    for policy, consent, paused, indicator, surface, power_ok, budget_ok in options:
        yes += _ask(policy=policy, consent=consent, paused=paused, indicator=indicator, surface=surface,
                    power_ok=power_ok, budget_ok=budget_ok).allowed  # fmt: skip
    assert yes == 1


MINE, OTHER = PolicyId("a" * 64), PolicyId("b" * 64)


def _record(kind: Any, policy: PolicyId) -> ConsentRecord:
    return ConsentRecord(kind, ContributorId("c" * 32), "", DeviceId("d" * 32), policy, (), "0" * 64, 1, "0" * 32)


records = st.lists(
    st.builds(_record, st.sampled_from(["given", "withdrawn", "opt_out"]), st.sampled_from([MINE, OTHER])), max_size=8
)


@given(records)
def test_consent_counts_only_if_the_last_no_is_followed_by_a_yes_to_this_policy(said: list[ConsentRecord]) -> None:
    noes = [i for i, record in enumerate(said) if record.kind != "given"]
    after = said[noes[-1] + 1 :] if noes else said
    expected = any(record.kind == "given" and record.policy == MINE for record in after)
    assert (fold(said, MINE) == "given") == expected


@given(records, st.sampled_from([MINE, OTHER]))
def test_a_no_ends_it_whatever_policy_it_names(said: list[ConsentRecord], policy: PolicyId) -> None:
    assert fold([*said, _record("withdrawn", policy)], MINE) == "withdrawn"
    assert fold([*said, _record("opt_out", policy)], MINE) == "opted_out"
