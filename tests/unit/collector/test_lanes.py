"""Lanes: everything that is added is done once, what waits is taken together, and closing waits for all of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from aboveboard.collector.storage.lanes import Lanes


def test_everything_is_done_once_and_what_waits_together() -> None:
    go, done, sizes = threading.Event(), list[int](), list[int]()

    def work(items: Sequence[int]) -> None:
        go.wait(10)
        sizes.append(len(items))
        done.extend(items)

    lanes: Lanes[int] = Lanes(work, at_once=2, together=8)
    for item in range(100):
        lanes.add(item)
    go.set()
    lanes.close()
    assert sorted(done) == list(range(100))
    assert max(sizes) == 8


def test_lanes_work_side_by_side() -> None:
    both = threading.Barrier(2, timeout=10)
    met: list[int] = []
    lanes: Lanes[int] = Lanes(lambda _: met.append(both.wait()), at_once=2, together=1)
    lanes.add(1)
    lanes.add(2)
    lanes.close()
    assert sorted(met) == [0, 1]
