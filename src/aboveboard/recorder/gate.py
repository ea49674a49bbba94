"""The gate: the only place that makes `Permitted`. Default deny; an exception is a no."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aboveboard.core.decide import decide
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
from aboveboard.recorder.conditions import Conditions

OWN_APP = "aboveboard-indicator"


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
            kinds = policy.categories.keys() - self._conditions.narrowing.categories
            if "windows" not in kinds:
                surface = replace(surface, title="")
            scene = observed.scene if "elements" in kinds or isinstance(event, Glance) else None
            picture = None if observed.picture is None else self._permitted(observed.picture, times)
            return Permitted(event, surface, observed.target, scene, policy.policy_id, picture)
        except Exception:  # noqa: BLE001  fail closed: what can't be judged is not kept
            return Withheld("no_policy")

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
        paused = now.paused() if times is None else now.paused() or any(now.pauses.covers(t) for t in times)
        decision = decide(
            policy=now.policy, consent=now.consent, paused=paused, indicator=now.indicator(), surface=surface,
            category=category, power_ok=now.power_ok(), budget_ok=now.budget_ok(), region=now.region,
            narrowing=now.narrowing,
        )  # fmt: skip
        if decision.allowed:
            return None
        return Withheld(decision.reason or "no_policy")
