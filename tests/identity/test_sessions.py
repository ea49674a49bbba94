"""Sessions and tries: when they end, and how many there may be."""

from __future__ import annotations

import threading

import pytest

from aboveboard.collector.identity import sessions as module
from aboveboard.collector.identity.attempts import REFILL_S, TRIES_MAX, Attempts, address_subject
from aboveboard.collector.identity.sessions import Sessions
from aboveboard.collector.limits import TooMany


class Watch:
    """A clock that stands until it is moved."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_session_ends_when_nothing_comes() -> None:
    watch = Watch()
    kept: Sessions[str] = Sessions(60, 600, watch)
    name = kept.open("rosa")
    for _ in range(5):
        watch.now_s += 59
        assert kept.holder(name) == "rosa"
    watch.now_s += 60
    assert kept.holder(name) is None
    watch.now_s -= 60
    assert kept.holder(name) is None  # over is over


def test_a_session_ends_though_something_comes() -> None:
    watch = Watch()
    kept: Sessions[str] = Sessions(60, 100, watch)
    name = kept.open("rosa")
    watch.now_s += 50
    assert kept.holder(name) == "rosa"
    watch.now_s += 50
    assert kept.holder(name) is None


def test_what_is_taken_is_taken_once_by_one() -> None:
    kept: Sessions[str] = Sessions(60, 60)
    name, found = kept.open("x"), []
    threads = [threading.Thread(target=lambda: found.append(kept.take(name))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=str) == [None] * 15 + ["x"]


def test_what_is_taken_too_late_is_nothing() -> None:
    watch = Watch()
    kept: Sessions[str] = Sessions(60, 60, watch)
    name = kept.open("x")
    watch.now_s += 60
    assert kept.take(name) is None


def test_a_new_session_ends_the_one_before_and_no_id_is_kept() -> None:
    kept: Sessions[str] = Sessions(60, 60)
    first = kept.open("rosa")
    second = kept.open("rosa", instead_of=first)
    assert kept.holder(first) is None
    assert kept.holder(second) == "rosa"
    assert second not in repr(vars(kept))
    assert kept.holder("x" * 10_000) is None
    assert kept.holder("\udcff") is None


def test_there_are_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SESSIONS_MAX", 3)
    kept: Sessions[int] = Sessions(60, 60)
    names = [kept.open(n) for n in range(5)]
    assert [kept.holder(name) for name in names] == [None, None, 2, 3, 4]


def _try(tries: Attempts, *subjects: str, well: bool = False) -> bool:
    try:
        with tries.attempt(*subjects) as tried:
            if well:
                tried.went_well()
    except TooMany:
        return False
    return True


def test_tries_run_out_and_come_back() -> None:
    watch = Watch()
    tries, most = Attempts(watch), TRIES_MAX["account"]
    assert [_try(tries, "account:a") for _ in range(most + 1)] == [True] * most + [False]
    assert _try(tries, "account:b")
    watch.now_s += REFILL_S / most + 1
    assert [_try(tries, "account:a") for _ in range(2)] == [True, False]


def test_what_goes_well_costs_nothing_and_a_refused_try_costs_nobody_anything() -> None:
    tries, most = Attempts(Watch()), TRIES_MAX["account"]
    assert all(_try(tries, "account:a", "address:x", well=True) for _ in range(200))
    for _ in range(most):
        assert _try(tries, "account:a", "address:x")
    assert not any(_try(tries, "account:a", "address:x") for _ in range(200))
    assert _try(tries, "account:b", "address:x")  # the address did not pay for what was never looked at


def test_many_at_once_have_no_more_tries() -> None:
    tries, let = Attempts(Watch()), []
    gate = threading.Barrier(32)

    def one() -> None:
        gate.wait()
        let.append(_try(tries, "account:a"))

    threads = [threading.Thread(target=one) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(let) == TRIES_MAX["account"]


def test_a_line_has_one_ipv6_network() -> None:
    assert address_subject("2001:db8::1") == address_subject("2001:db8::ffff:1")
    assert address_subject("2001:db8:0:1::1") != address_subject("2001:db8::1")
    assert address_subject("192.0.2.1") != address_subject("192.0.2.2")
    assert address_subject("") == "address:unknown"
