"""The gate: the only place that makes `Permitted`. Default deny; an exception is a no."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from aboveboard.core.decide import Decision, decide
from aboveboard.core.events import (
    GapReason,
    Glance,
    KeyEdge,
    Layer,
    Motion,
    Observed,
    Permitted,
    RawInput,
    ScreenPicture,
    Surface,
)
from aboveboard.core.policy import Category
from aboveboard.recorder.combos import is_pressed
from aboveboard.recorder.conditions import Conditions

OWN_APP = "aboveboard-indicator"
_Decided: TypeAlias = tuple[Surface | None, Decision | None]
_NOTHING: _Decided = (None, None)
_KNOWN_MAX = 8  # and no more, so that what was not kept is soon forgotten


@dataclass(frozen=True, slots=True)
class Withheld:
    """Not kept, and why."""

    reason: GapReason


def category_of(observed: Observed) -> Category:
    """The kind of data the policy has terms for."""
    event = observed.input
    if isinstance(event, Glance):
        return "frames"
    if isinstance(event, KeyEdge):
        return "text" if event.text and not event.modifiers & {"Control", "Alt", "Super"} else "keys"
    return "pointer"


def _times(event: RawInput) -> tuple[int, int]:
    """When it began, which for a picture is when it was seen, and ended."""
    if isinstance(event, Motion):
        return int(event.t_us[0]), int(event.t_us[-1])
    return (event.seen_us, event.t_us) if isinstance(event, Glance) else (event.t_us, event.t_us)


class Gate:
    """Judges input by its own time, not by when it is looked at."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        # What was decided while all that holds. One pair, replaced as one: the screen's thread asks too.
        self._known: tuple[tuple[object, ...], dict[tuple[int, Category | None], _Decided]] = ((), {})

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
            times = _times(event)
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
            no_elements = "elements" not in policy.categories or "elements" in excluded
            if scene is not None and no_elements and not isinstance(event, Glance):
                scene = None
            picture = None if observed.picture is None else self._permitted(observed.picture, times)
            return Permitted(event, surface, observed.target, scene, policy.policy_id, picture)
        except Exception:  # noqa: BLE001  fail closed: what can't be judged is not kept
            return Withheld("no_policy")

    def is_own(self, event: RawInput) -> bool:
        """Whether it is a hotkey of the recorder's: said to it, and no part of anybody's work."""
        if not isinstance(event, KeyEdge) or not event.modifiers & {"Control", "Alt", "Super"}:
            return False
        return any(is_pressed(each, event.key, event.modifiers) for each in self._conditions.own_hotkeys())

    def may_show(self, surface: Surface) -> bool:
        """Whether a window's pixels may be looked at now. From any thread."""
        return self._shows(surface, None)

    def _permitted(self, picture: ScreenPicture, times: tuple[int, int]) -> ScreenPicture:
        """Window by window: what may not be kept, and what is our own, is blank."""
        layers = (
            layer if layer.surface is not None and self._shows(layer.surface, times) else Layer(None, layer.box)
            for layer in picture.layers
        )
        return replace(picture, layers=tuple(layers))

    def _shows(self, surface: Surface, times: tuple[int, int] | None) -> bool:
        try:
            own = surface.app == OWN_APP or (surface.site is not None and surface.site == self._conditions.own_site)
            return not own and self._judge(surface, "frames", times) is None
        except Exception:  # noqa: BLE001  fail closed: what can't be judged is not shown
            return False

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
        held, known = self._known
        if holds != held or len(known) >= _KNOWN_MAX:
            known = {}
            self._known = holds, known
        # The same is asked for every event of a batch; a pure question has one answer. Surfaces are told apart by what
        # they are and not by what they hold, which would have to be looked through for each event.
        asked, decision = known.get((id(surface), category), _NOTHING)
        if decision is None or asked is not surface:
            decision = decide(
                policy=now.policy, consent=now.consent, paused=paused, indicator=indicator, surface=surface,
                category=category, power_ok=power_ok, budget_ok=budget_ok, region=now.region, narrowing=now.narrowing,
            )  # fmt: skip
            known[id(surface), category] = (surface, decision)
        if decision.allowed:
            return None
        return Withheld(decision.reason or "no_policy")
