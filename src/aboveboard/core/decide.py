"""Whether one piece of input may be kept: pure, default deny, the first reason in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass

from aboveboard.core.consent import ConsentState
from aboveboard.core.events import GapReason, Surface
from aboveboard.core.narrowing import NOTHING_MORE, Narrowing, matches
from aboveboard.core.policy import Category, Policy


@dataclass(frozen=True, slots=True)
class Decision:
    """allowed, or the reason why not. `reason` is None exactly when allowed."""

    allowed: bool
    reason: GapReason | None


_YES = Decision(True, None)


def _no(reason: GapReason) -> Decision:
    return Decision(False, reason)


def never_recorded(policy: Policy, surface: Surface) -> bool:
    """Whether title or site matches a never-record pattern (shell wildcards, case ignored)."""
    return matches(policy.never_record, surface)


def decide(
    *,
    policy: Policy | None,
    consent: ConsentState,
    paused: bool,
    indicator: bool,
    surface: Surface | None,
    region: str,
    category: Category | None = None,
    power_ok: bool = True,
    budget_ok: bool = True,
    narrowing: Narrowing = NOTHING_MORE,
) -> Decision:
    """surface: what the input landed on, None when unknown. region: where this laptop is used. category: the kind of
    data; None: of no kind. narrowing: what is left out beyond the policy; it can only turn a yes into a no."""
    if consent == "opted_out":
        return _no("opted_out")
    if policy is None:
        return _no("no_policy")
    if not policy.allows_region(region):
        return _no("region")
    if consent != "given":
        return _no("no_consent")
    if paused:
        return _no("paused")
    if not indicator:
        return _no("no_indicator")
    if not power_ok:
        return _no("power")
    if not budget_ok:
        return _no("data_budget")
    if surface is None or surface.app is None:
        return _no("unknown_focus")
    if surface.app not in policy.apps:
        return _no("app_not_allowed")
    # Either side saying "browser" is enough: a browser that slipped off the list still needs its site allowed.
    if surface.is_browser or surface.app in policy.browsers:
        if surface.site is None:
            return _no("unknown_focus")
        if not policy.allows_site(surface.site):
            return _no("site_not_allowed")
    if never_recorded(policy, surface):
        return _no("never_record")
    if category is not None and category not in policy.categories:
        return _no("category_not_allowed")
    if narrowing.excludes(surface, category):
        return _no("excluded")
    return _YES
