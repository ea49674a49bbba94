"""Settings and exemptions can only take away: whatever they say, no "no" of the policy becomes a "yes"."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.core.decide import decide
from aboveboard.core.events import Surface
from aboveboard.core.narrowing import NOTHING_MORE, Narrowing
from aboveboard.core.policy import Category, Policy
from tests.support.policies import APPS, PATTERNS, REGIONS, SITES, policies
from tests.support.world import World

CATEGORIES = get_args(Category)


def _sets(values: tuple[str, ...]) -> Any:
    return st.frozensets(st.sampled_from(values))


NARROWINGS = st.builds(
    Narrowing, _sets(APPS), _sets(SITES), _sets(PATTERNS), _sets(CATEGORIES),
    st.none() | st.integers(0, 1_000_000), st.none() | st.integers(0, 100),
)  # fmt: skip
SURFACES = st.builds(
    Surface, st.just(1), st.sampled_from(APPS), st.booleans(), st.none() | st.sampled_from((*SITES, "https://x.example")),
    st.sampled_from(("", "My bank", "Private a", "A page")), st.just((0, 0, 1, 1)),
)  # fmt: skip


def _ask(policy: Policy, surface: Surface, category: Any, region: str, narrowing: Narrowing) -> Any:
    return decide(
        policy=policy, consent="given", paused=False, indicator=True, surface=surface, region=region,
        category=category, narrowing=narrowing,
    )  # fmt: skip


@given(policies(), SURFACES, st.none() | st.sampled_from(CATEGORIES), st.sampled_from(REGIONS), NARROWINGS, NARROWINGS)
def test_a_no_stays_a_no_and_two_narrowings_leave_out_what_either_does(
    policy: Policy, surface: Surface, category: Any, region: str, one: Narrowing, other: Narrowing
) -> None:
    plain = _ask(policy, surface, category, region, NOTHING_MORE)
    each = [_ask(policy, surface, category, region, narrowing).allowed for narrowing in (one, other)]
    both = _ask(policy, surface, category, region, one & other).allowed
    assert both == all(each)
    assert plain.allowed or not any(each)
    assert (one & other).mb_per_day(policy) == min(one.mb_per_day(policy), other.mb_per_day(policy))
    assert one.mb_per_day(policy) <= policy.data_mb_per_day
    assert one.battery_min(policy) >= policy.battery_percent_min


@pytest.mark.parametrize(
    "narrowing",
    [
        Narrowing(apps=frozenset({"chromium"})), Narrowing(sites=frozenset({"https://example.org"})),
        Narrowing(titles=frozenset({"a p*"})), Narrowing(titles=frozenset({"*EXAMPLE.org*"})),
        Narrowing(categories=frozenset({"pointer"})),
    ],
)  # fmt: skip
def test_each_way_to_leave_something_out_does(narrowing: Narrowing) -> None:
    surface = Surface(1, "chromium", True, "https://example.org", "A page", (0, 0, 1, 1))
    assert _ask(World().policy(), surface, "pointer", "DE", NOTHING_MORE).allowed
    assert _ask(World().policy(), surface, "pointer", "DE", narrowing).reason == "excluded"


def test_a_site_with_every_port_left_out() -> None:
    surface = Surface(1, "chromium", True, "http://127.0.0.1:8080", "A page", (0, 0, 1, 1))
    out = Narrowing(sites=frozenset({"http://127.0.0.1:*"}))
    assert _ask(World().policy(), surface, "pointer", "DE", out).reason == "excluded"


def test_there_is_no_way_to_write_that_something_is_allowed() -> None:
    assert set(Narrowing.__slots__) == {
        "apps", "sites", "titles", "categories", "data_mb_per_day", "battery_percent_min",
    }  # fmt: skip
