"""Group commit: everyone gets their own answer, groups never overlap, and what fails is told to all of its group."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

import pytest

from aboveboard.collector.storage import groups
from aboveboard.collector.storage.groups import Groups
from aboveboard.core.errors import Unavailable


def _run(made: Groups[int, int], item: int) -> int:
    """Its result, or what settling it raised."""
    done: Future[int | Exception] = Future()
    made.add([(item, done.set_result)])
    result = done.result(20)
    if isinstance(result, Exception):
        raise result
    return result


def test_many_threads_get_their_own_results_in_groups_that_do_not_overlap() -> None:
    sizes: list[int] = []
    inside: list[int] = []

    def settle(items: Sequence[int]) -> Sequence[int | Exception]:
        inside.append(1)
        assert len(inside) == 1
        time.sleep(0.001)
        sizes.append(len(items))
        inside.pop()
        return [item * 2 if item % 3 else ZeroDivisionError() for item in items]

    made: Groups[int, int] = Groups(settle)
    results: dict[int, int | None] = {}

    def bring(start: int) -> None:
        for item in range(start, start + 40):
            try:
                results[item] = _run(made, item)
            except ZeroDivisionError:
                results[item] = None

    threads = [threading.Thread(target=bring, args=(1000 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.close()
    assert results == {
        item: item * 2 if item % 3 else None for n in range(8) for item in range(1000 * n, 1000 * n + 40)
    }
    assert max(sizes) > 1, "those that wait are settled together"


def test_what_settling_raises_goes_to_each_and_the_next_group_goes_on() -> None:
    fail = [True]

    def settle(items: Sequence[int]) -> Sequence[int | Exception]:
        if fail.pop() if fail else False:
            raise Unavailable("the disk")
        return list(items)

    made: Groups[int, int] = Groups(settle)
    with pytest.raises(Unavailable, match="the disk"):
        _run(made, 1)
    assert _run(made, 2) == 2


def test_no_more_wait_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "WAITING_MAX", 2)
    go = threading.Event()

    def settle(items: Sequence[int]) -> Sequence[int | Exception]:
        go.wait(10)
        return list(items)

    made: Groups[int, int] = Groups(settle)
    told: list[int | Exception] = []
    leader = threading.Thread(target=made.add, args=([(0, told.append)],))
    leader.start()
    deadline = time.monotonic() + 10
    while made._waiting and time.monotonic() < deadline:
        time.sleep(0.001)
    made.add([(1, told.append), (2, told.append)])
    with pytest.raises(Unavailable, match="too slow"):
        made.add([(3, told.append)])
    go.set()
    leader.join()
    assert told == [0, 1, 2]
