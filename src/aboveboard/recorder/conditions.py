"""What the gate asks about beside the input: policy, consent, region, settings, pauses, indicator, power, budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from aboveboard.core.consent import ConsentState
from aboveboard.core.narrowing import NOTHING_MORE, Narrowing
from aboveboard.core.policy import Policy
from aboveboard.recorder.pauses import Pauses
from aboveboard.recorder.power import battery

POWER_CHECK_S = 60.0


def never() -> bool:
    """The indicator's lease before there is an indicator."""
    return False


def always() -> bool:
    return True


@dataclass(slots=True)
class Conditions:
    """Set by the recorder, read by the gate; each value is replaced as a whole."""

    pauses: Pauses
    policy: Policy | None = None
    consent: ConsentState = "none"
    region: str = ""
    own_site: str = ""  # of the recorder's own page, which is in no picture
    narrowing: Narrowing = NOTHING_MORE
    own_hotkeys: Callable[[], Collection[str]] = tuple  # combinations that are for the recorder itself
    indicator: Callable[[], bool] = never
    budget_ok: Callable[[], bool] = always
    _power: tuple[float, bool] = field(default=(-1e9, True))

    def paused(self) -> bool:
        return self.pauses.paused()

    def narrow(self, narrowing: Narrowing) -> None:
        """In force at once, also where the battery was looked up a moment ago."""
        if narrowing != self.narrowing:
            self.narrowing, self._power = narrowing, (-1e9, True)

    def power_ok(self) -> bool:
        """False on battery below the limit of the policy, or the person's own stricter one; looked up now and then.
        Where nobody can tell there is no battery."""
        checked, ok = self._power
        if time.monotonic() - checked > POWER_CHECK_S:
            found = battery()
            limit = self.narrowing.battery_min(self.policy) if self.policy else 100
            ok = found is None or found.holds(limit)
            self._power = (time.monotonic(), ok)
        return ok
