"""The indicator's lease: who needs it has it looked at, and what can't be seen in time is lost."""

from __future__ import annotations

import threading

import pytest

from aboveboard.recorder import lease
from aboveboard.recorder.lease import Lease


class Indicator:
    """sees: what it says when it is looked at; None: it says nothing."""

    def __init__(self, *, sees: bool | None) -> None:
        self.sees = sees
        self.looked = 0
        self.changes: list[bool] = []
        self.lease = Lease(self._look, lambda: self.changes.append(self.lease.held()))

    def _look(self) -> None:
        self.looked += 1
        if self.sees is not None:
            threading.Thread(target=self.lease.say, kwargs={"held": self.sees}).start()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "ANSWER_S_MAX", 0.05)


def test_what_was_seen_a_moment_ago_is_not_looked_at_again() -> None:
    indicator = Indicator(sees=True)
    assert not indicator.lease.held(), "nobody has seen it yet"
    indicator.lease.say(held=True)
    assert all(indicator.lease.held() for _ in range(3))
    assert (indicator.looked, indicator.changes) == (0, [True])


@pytest.mark.parametrize("sees", [True, False, None])
def test_later_it_is_looked_at_by_who_asks(sees: bool | None) -> None:
    indicator = Indicator(sees=sees)
    indicator.lease.say(held=True)
    indicator.changes.clear()
    indicator.lease._until -= lease.LEASE_S
    assert indicator.lease.held() is (sees is True)
    assert indicator.looked == 1
    if not sees:
        indicator.lease.held()
        assert indicator.looked == 1, "what is lost is not asked for again and again"
        assert indicator.changes == [False]


def test_one_that_did_not_answer_in_time_is_back_when_it_does() -> None:
    indicator = Indicator(sees=None)
    indicator.lease.say(held=True)
    indicator.lease._until -= lease.LEASE_S
    assert not indicator.lease.held()
    indicator.lease.say(held=True)
    assert indicator.lease.held()
    assert indicator.changes == [True, False, True]
