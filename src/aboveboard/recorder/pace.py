"""When a window's tree is to be read: as late as it may, and soon enough for the next press."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Due: TypeAlias = Literal["tree", "field", "page"]

POLL_S = 1.0  # a change that no event told: looked for while the person is at work, and not otherwise
AT_WORK_US = 2_000_000
QUIET_S = 0.015  # changes come in flocks
# Between readings that nobody waits for: so many times what the last one cost, within bounds; and while nobody does
# anything. Between looks at the one field in which somebody writes.
APART_COSTS, APART_S_MIN, APART_S_MAX, APART_S_AT_REST, APART_S_FIELD = 100, 0.25, 0.5, 2.0, 0.4
# What a press changes is read when it has had the time to show, and what a hand on its way may act on before it is
# there, however short ago the last reading was. A tree that changed while it was being read for one of these is read
# again, so many times.
AFTER_PRESS_US, AGAIN_US, AGAIN_MAX = 120_000, 40_000, 2
# What a wheel moves slides on for a while, and where it ends no program tells. Chromium's tree has it there
# more than half a second later.
SLIDES_US = (250_000, 850_000)
# A browser that was just then without an address, or did not answer, says no more of it: it is asked again after one,
# two, four and eight seconds, also where nobody does anything.
UNTOLD_S, UNTOLD_MAX = 1.0, 4


@dataclass(slots=True)
class Pace:
    """Times in µs since 1970, 0 for never. Not for several threads at once.

    dirty_us: when something changed last; written_us: when something was written in a field, and perhaps nothing else
    changed; looked_us: when that field was looked at last; moved_us: since when the page may be another; visit_us:
    since when its address is wanted; input_us: when the person last did something; read_us: when the last reading of
    the tree began; soon_us: a change is read then, if nothing was read since; turned_us: when the wheel was turned
    last; apart_us: between readings that nobody
    waits for; torn: readings in a row that a change fell into; untold: that did not tell which page it is; awaited:
    somebody waits for the next one.
    """

    dirty_us: int = 0
    written_us: int = 0
    looked_us: int = 0
    moved_us: int = 0
    visit_us: int = 0
    input_us: int = 0
    read_us: int = 0
    soon_us: int = 0
    turned_us: int = 0
    apart_us: float = 0.0
    torn: int = 0
    untold: int = 0
    awaited: bool = False

    @property
    def wanted(self) -> bool:
        """Whether the next reading is for a press or a hand on its way."""
        return self.soon_us > self.read_us

    @property
    def hears(self) -> tuple[bool, bool]:
        """Whether to be woken by signs of change, and by texts: who knows already need not hear of more."""
        shapes = self.dirty_us <= self.read_us
        return shapes, shapes and self.written_us <= self.looked_us

    def pressed(self, t_us: int) -> bool:
        """Whether whoever rests has to think anew."""
        if self.wanted and self.soon_us > t_us:  # of presses in a row, the first one's is soon enough
            return False
        self.soon_us = t_us + AFTER_PRESS_US
        return self.dirty_us > self.read_us  # else a change is waited for anyway

    def turned(self, t_us: int) -> bool:
        """A notch of the wheel; likewise."""
        waited_for = self.turned_us + SLIDES_US[0] > max(self.read_us, t_us)
        self.turned_us = t_us
        return not waited_for

    def stirred(self, now_us: int) -> bool:
        """Likewise, for a hand that begins to move now."""
        if self.dirty_us <= self.read_us or now_us - self.read_us <= AFTER_PRESS_US:
            return False
        self.soon_us = now_us
        return True

    def read(self, ended_us: int, cost_us: int, *, torn: bool, told: bool) -> None:
        """A reading of the tree that began at read_us is done. torn: a change fell into it; told: it says which page is
        shown, or that it is none of a browser."""
        self.untold = 0 if told else self.untold + 1
        self.apart_us = min(max(APART_COSTS * cost_us, APART_S_MIN * 1e6), APART_S_MAX * 1e6)
        self.torn = self.torn + 1 if torn else 0
        if 0 < self.torn <= AGAIN_MAX:
            self.dirty_us, self.soon_us = ended_us, ended_us + AGAIN_US

    def rest(self, now_us: int) -> tuple[float | None, Due]:
        """Seconds in which nothing is to be read unless something changes (None: no end; 0: now), and what is then."""
        # At once after a new page or for somebody who waits; else not too often.
        if self.awaited or self.moved_us > self.read_us:
            return 0.0, "tree"
        at_work = now_us - self.input_us < AT_WORK_US
        dues: list[float] = [self.read_us + POLL_S * 1e6] if at_work else []
        if 0 < self.untold <= UNTOLD_MAX:
            dues.append(self.read_us + UNTOLD_S * 1e6 * 2 ** (self.untold - 1))
        if self.turned_us:
            rests = (self.turned_us + after_us for after_us in SLIDES_US)
            dues += [each for each in rests if each > self.read_us][:1]
        if self.dirty_us > self.read_us:
            from_us = self.read_us + (self.apart_us if at_work else APART_S_AT_REST * 1e6)
            if self.wanted:
                from_us = min(from_us, self.soon_us)
            dues.append(max(from_us, self.dirty_us + QUIET_S * 1e6))
        due_us = min(dues, default=None)
        if due_us is not None and due_us <= now_us:
            return 0.0, "tree"
        if self.visit_us:
            return 0.0, "page"
        if self.written_us:
            look_us = max(self.looked_us, self.read_us) + APART_S_FIELD * 1e6
            if look_us <= now_us:
                return 0.0, "field"
            due_us = look_us if due_us is None else min(due_us, look_us)
        return None if due_us is None else (due_us - now_us) / 1e6, "tree"
