"""Terms are judged anew when what they rest on is another, and now and then; not each time somebody turns up."""

from __future__ import annotations

import dataclasses
from typing import cast

import pytest

from aboveboard.core.clock import Clock
from aboveboard.core.leaves import DAY_US
from aboveboard.recorder import terms_watch
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.terms_watch import TermsLook, TermsWatch


@dataclasses.dataclass
class Now:
    """Stands for the clocks, for the files and for what was fetched."""

    wall_us: int = 1_800_000_000_000_000
    steady_s: float = 1000.0
    stat: object = 1
    problem: str = ""

    def now_us(self) -> int:
        return self.wall_us

    def monotonic(self) -> float:
        return self.steady_s

    def files(self) -> tuple[object, ...]:
        if self.stat is None:
            raise PermissionError
        return (self.stat,)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    now = Now()
    monkeypatch.setattr(terms_watch, "time", now)
    return now


def _judged(look: TermsLook, now: Now, after_s: float = terms_watch.LOOK_S + 1) -> bool:
    now.steady_s += after_s
    look.glance()
    due = look._due.is_set()
    look._due.clear()
    return due


def test_what_changed_is_judged_at_the_next_look_and_what_did_not_is_not(now: Now) -> None:
    look = TermsLook(cast("Terms", now), cast("TermsWatch", now), cast("Clock", now))
    assert _judged(look, now), "at the start"
    assert not _judged(look, now)
    now.stat = 2
    assert _judged(look, now), "another file"
    assert not _judged(look, now)
    now.wall_us += DAY_US
    assert _judged(look, now), "another day"
    now.problem = "a charter does not follow"
    assert _judged(look, now), "fetched what does not hold"
    now.stat = None
    assert _judged(look, now), "what can't be looked at is judged"
    assert _judged(look, now), "again and again"
    now.stat = 2
    assert _judged(look, now)
    assert not _judged(look, now)
    assert _judged(look, now, terms_watch.JUDGE_S), "and now and then anyway"


def test_between_looks_nothing_is_looked_at(now: Now) -> None:
    look = TermsLook(cast("Terms", now), cast("TermsWatch", now), cast("Clock", now))
    assert _judged(look, now)
    now.stat = 2
    assert not _judged(look, now, terms_watch.LOOK_S / 2)
    assert _judged(look, now, terms_watch.LOOK_S)
