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

    lanes: Lanes[int] = Lanes(work, at_once=2, together=8, light=lambda _: True)
    for item in range(100):
        lanes.add(item)
    go.set()
    lanes.close()
    assert sorted(done) == list(range(100))
    assert max(sizes) == 8


def test_beside_a_heavy_one_nothing_more_is_taken() -> None:
    go, taken = threading.Event(), list[list[int]]()

    def work(items: Sequence[int]) -> None:
        go.wait(10)
        taken.append(list(items))

    lanes: Lanes[int] = Lanes(work, at_once=1, together=8, light=lambda item: item < 10)
    for item in (0, 1, 2, 30, 31, 4, 5):
        lanes.add(item)
    go.set()
    lanes.close()
    assert [item for items in taken for item in items] == [0, 1, 2, 30, 31, 4, 5]
    assert taken[-2:] == [[31], [4, 5]]
    assert taken[-3][-1] == 30


def test_lanes_work_side_by_side() -> None:
    both = threading.Barrier(2, timeout=10)
    met: list[int] = []
    lanes: Lanes[int] = Lanes(lambda _: met.append(both.wait()), at_once=2, together=1, light=lambda _: True)
    lanes.add(1)
    lanes.add(2)
    lanes.close()
    assert sorted(met) == [0, 1]
