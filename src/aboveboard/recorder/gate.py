"""The gate: the only place that makes `Permitted`. Default deny; an exception is a no."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aboveboard.core.decide import Decision, decide
from aboveboard.core.events import GapReason, KeyEdge, Motion, Observed, Permitted, Surface
from aboveboard.core.policy import Category
from aboveboard.recorder.conditions import Conditions

_KNOWN_MAX = 8  # and no more, so that what was not kept is soon forgotten


@dataclass(frozen=True, slots=True)
class Withheld:
    """Not kept, and why."""

    reason: GapReason


def category_of(observed: Observed) -> Category:
    """The kind of data the policy has terms for."""
    event = observed.input
    if isinstance(event, KeyEdge):
        return "text" if event.text and not event.modifiers & {"Control", "Alt", "Super"} else "keys"
    return "pointer"


class Gate:
    """Judges input by its own time, not by when it is looked at."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._holds: tuple[object, ...] = ()
        self._known: dict[tuple[Surface | None, Category | None], Decision] = {}  # while that holds

    def standing(self, surface: Surface | None) -> Withheld | None:
        """Whether input on this surface would be withheld now."""
        try:
            return self._judge(surface, None, None)
        except Exception:  # noqa: BLE001  fail closed: what can't be judged is not kept
            return Withheld("no_policy")

    def admit(self, observed: Observed) -> Permitted | Withheld:
        """Permitted input, stripped of what the policy has no terms for."""
        try:
            event = observed.input
            times = (int(event.t_us[0]), int(event.t_us[-1])) if isinstance(event, Motion) else (event.t_us, event.t_us)
            withheld = self._judge(observed.surface, category_of(observed), times)
            if withheld is not None:
                return withheld
            policy, surface = self._conditions.policy, observed.surface
            if policy is None or surface is None:
                return Withheld("no_policy")
            excluded = self._conditions.narrowing.categories
            if surface.title and ("windows" not in policy.categories or "windows" in excluded):
                surface = replace(surface, title="")
            scene = observed.scene
            if scene is not None and ("elements" not in policy.categories or "elements" in excluded):
                scene = None
            return Permitted(event, surface, observed.target, scene, policy.policy_id)
        except Exception:  # noqa: BLE001  fail closed: what can't be judged is not kept
            return Withheld("no_policy")

    def _judge(
        self, surface: Surface | None, category: Category | None, times: tuple[int, int] | None
    ) -> Withheld | None:
        now = self._conditions
        paused = now.paused()
        if times is not None and not paused:
            first_us, last_us = times
            paused = now.pauses.covers(first_us) or (last_us != first_us and now.pauses.covers(last_us))
        indicator, power_ok, budget_ok = now.indicator(), now.power_ok(), now.budget_ok()
        holds = (now.policy, now.consent, paused, indicator, power_ok, budget_ok, now.region, now.narrowing)
        if holds != self._holds or len(self._known) >= _KNOWN_MAX:
            self._holds = holds
            self._known.clear()
        # The same is asked for every event of a batch; a pure question has one answer.
        decision = self._known.get((surface, category))
        if decision is None:
            decision = self._known[surface, category] = decide(
                policy=now.policy, consent=now.consent, paused=paused, indicator=indicator, surface=surface,
                category=category, power_ok=power_ok, budget_ok=budget_ok, region=now.region, narrowing=now.narrowing,
            )  # fmt: skip
        if decision.allowed:
            return None
        return Withheld(decision.reason or "no_policy")
