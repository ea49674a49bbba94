"""The one protocol every platform's recorder source keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from aboveboard.core.events import Observed, Surface
from aboveboard.core.policy import FrameLevel


@dataclass(slots=True)
class InputCounters:
    """What the display delivered so far, before any gate. Only ever grows.

    motion: pointer samples; buttons: edges, both ways, without the wheel; wheel: notches;
    keys: edges, both ways, without auto-repeat.
    """

    motion: int = 0
    buttons: int = 0
    wheel: int = 0
    keys: int = 0

    def copy(self) -> InputCounters:
        return InputCounters(self.motion, self.buttons, self.wheel, self.keys)


class Observer(Protocol):
    """Input with what it landed on.

    `wait` ends when something has come, at `wake`, or after `timeout_s`; movement alone may be gathered for a moment.
    `read` returns what there is, in order, perhaps nothing: it never loses or reorders input. Motion comes in runs.
    What can't be known (application, site, element) is None, never a guess.
    `read` raises Unavailable, once and for good, when the display or the accessibility bus is gone; input that came
    before is returned first where it is the display.
    """

    @property
    def counters(self) -> InputCounters: ...

    def wait(self, timeout_s: float) -> None: ...

    def wake(self) -> None:
        """From any thread."""
        ...

    def read(self) -> list[Observed]: ...

    def surface(self) -> Surface | None:
        """Where keys go now; None when unknown."""
        ...

    def pictures(self, level: FrameLevel, may_show: Callable[[Surface], bool]) -> None:
        """From now on `read` gives a Glance for what was acted on, too, a moment after it, with pixels of windows that
        `may_show` allowed when they were taken; from any thread. Where that can't be done there are none."""
        ...

    def unsee(self) -> None:
        """What was seen of the screen and not given yet never is, and a button that is down claims no window."""
        ...

    @property
    def picture_problem(self) -> str:
        """Why there are no pictures although they were asked for; "" when there are."""
        ...

    def anew(self) -> None:
        """Says the scene again with the next press: what was said of it before did not get through."""
        ...

    def close(self) -> None: ...
