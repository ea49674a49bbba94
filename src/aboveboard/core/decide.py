"""Whether one piece of input may be kept: pure, default deny, the first reason in a fixed order."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass

from aboveboard.core.consent import ConsentState
from aboveboard.core.events import GapReason, Surface
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
    subjects = [surface.title.casefold(), (surface.site or "").casefold()]
    patterns = [pattern.casefold() for pattern in policy.never_record]
    return any(fnmatch.fnmatchcase(subject, pattern) for subject in subjects for pattern in patterns if subject)


def decide(
    *,
    policy: Policy | None,
    consent: ConsentState,
    paused: bool,
    indicator: bool,
    surface: Surface | None,
    category: Category | None = None,
    power_ok: bool = True,
    budget_ok: bool = True,
) -> Decision:
    """surface: what the input landed on, None when unknown. category: the kind of data; None: of no kind."""
    if consent == "opted_out":
        return _no("opted_out")
    if policy is None:
        return _no("no_policy")
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
    return _YES
