"""What a key or a click landed on is what was there at its time, however late it is looked at."""

from __future__ import annotations

import threading
import time
from collections import deque

import pytest

from aboveboard.core.events import ObservedElement, Snapshot
from aboveboard.desktop.accessibility import Page
from aboveboard.recorder.pace import Pace
from aboveboard.recorder.watcher import TRANSIT_US, Reading, Watcher

PASSWORD = ObservedElement("password text", "Password", (0, 0, 9, 9), frozenset({"focused"}), (0,))
LATE_US = 500
NOTE = ObservedElement("entry", "Note", (0, 20, 9, 9), frozenset({"focused"}), (1,))


def _watcher(*readings: tuple[int, int, ObservedElement | None, str | None], moves: tuple[int, ...] = ()) -> Watcher:
    """readings: (began, ended, focused, site) of window 1. Without threads or a bus."""
    watcher = Watcher.__new__(Watcher)
    watcher._lock = threading.Condition()
    watcher._readings = deque(
        Reading(1, began, ended, Snapshot(ended, (), focused), site) for began, ended, focused, site in readings
    )
    watcher._glimpses = deque()
    watcher._moves = deque(moves)
    watcher._pace = Pace(moved_us=max(moves, default=0), read_us=readings[-1][0] if readings else 0)
    watcher._stopping, watcher._treeless = False, None
    watcher._signs = _Silent()  # type: ignore[assignment]
    return watcher


@pytest.mark.parametrize(("since_us", "t_us", "wanted"), [
    (0, 150, PASSWORD),  # typed before the focus moved on: still the password, though another reading is newer
    (0, 350, NOTE),
    (200, 250, NOTE),  # the focus moved at 200: only what was read after that tells
])  # fmt: skip
def test_the_field_is_the_one_of_the_keys_time(since_us: int, t_us: int, wanted: ObservedElement) -> None:
    watcher = _watcher((100, 110, PASSWORD, None), (300, 310, NOTE, None))
    assert watcher.focused(1, since_us, t_us, LATE_US)[0] is wanted


def test_a_field_that_was_not_read_since_is_unknown() -> None:
    watcher = _watcher((100, 110, PASSWORD, None))
    assert watcher.focused(1, 200, 250, LATE_US) == (None, None)
    assert watcher.focused(2, 0, 250, LATE_US) == (None, None)


def test_a_key_that_waited_in_a_queue_gets_the_field_of_its_time_and_none_that_was_read_too_late() -> None:
    """All of these are asked long after: what counts is when the field was read, not when the key's turn came."""
    slow = _watcher((100, 110, NOTE, None), (120, 900, PASSWORD, None), (1000, 1010, PASSWORD, None))
    assert slow.focused(1, 0, 150, LATE_US)[0] is NOTE
    assert slow.focused(1, 0, 600, LATE_US)[0] is PASSWORD, "read around the key"
    assert slow.focused(1, 110, 150, LATE_US) == (None, None), "the focus moved, and the next reading ended too late"
    assert slow.focused(1, 700, 750, LATE_US)[0] is PASSWORD, "the first after the focus moved"


def test_a_focus_on_its_way_is_waited_for_and_nothing_from_before_that_counts() -> None:
    """A menu closes: for a moment nothing has the focus, and what had it a moment before has it no more."""
    closing = _watcher((210, 220, NOTE, None), (240, 250, None, None), (320, 330, PASSWORD, None))
    assert closing.focused(1, 200, 300, LATE_US)[0] is PASSWORD
    assert closing.focused(1, 200, 230, LATE_US)[0] is NOTE, "before it went"
    left = _watcher((210, 220, NOTE, None), (240, 250, None, None))
    assert left.focused(1, 200, 300, LATE_US) == (None, None)
    late = 300 + TRANSIT_US
    settled = _watcher((late, late + 10, None, None), (late + 30, late + 40, NOTE, None))
    found = settled.focused(1, 200, late + 20, LATE_US)
    assert found == (None, settled._readings[0].snapshot), "long after, nowhere is where it is"


class _Quick:
    """Knows the focus, and reads no tree."""

    def focused(self, pid: int, title: str) -> ObservedElement | None:
        return NOTE if pid == 2 else None


def test_who_waits_for_the_focus_gets_it_alone_and_the_tree_stays_as_old_as_it_is() -> None:
    watcher = _watcher((100, 110, PASSWORD, "https://one"))
    watcher._reader = _Quick()  # type: ignore[assignment]
    assert watcher._glimpse((1, 2, "title"))
    [glimpse] = watcher._glimpses
    assert watcher.focused(1, glimpse.began_us, glimpse.ended_us, LATE_US)[0] is NOTE
    assert watcher.before(1, glimpse.ended_us) is watcher._readings[0].snapshot, "no newer tree than was read"
    for window, pid, moved_us in ((1, 3, 0), (7, 2, 0), (1, 2, 105)):  # not found; another window; another page
        watcher._pace.moved_us = moved_us
        assert not watcher._glimpse((window, pid, "title"))


@pytest.mark.parametrize(("page", "has_tree", "untold"), [
    (Page(Snapshot(0, (), None), "https://one/page", is_document=True), True, 0),
    (Page(Snapshot(0, (), None), None, is_document=True), True, 1),  # a browser that does not say yet
    (Page(Snapshot(0, (), None), None), True, 0),  # of no browser
    (None, True, 1),  # it did not answer in time
    (None, False, 0),  # it has no tree: nothing to ask again
])  # fmt: skip
def test_only_a_browser_that_did_not_say_is_asked_again(page: Page | None, has_tree: bool, untold: int) -> None:
    watcher = _watcher()
    targets = iter([(1, 2, "title"), None])
    watcher._reader = _Tree(page, has_tree)  # type: ignore[assignment]
    watcher._next_target = lambda: next(targets)  # type: ignore[method-assign]
    watcher._due, watcher._in_haste, watcher._target, watcher._came_us = "tree", False, None, 0
    watcher._visits = deque()
    watcher._read_on()
    assert watcher._pace.untold == untold


class _Tree:
    """Knows one page, or none."""

    def __init__(self, page: Page | None, has_tree: bool) -> None:
        self._page, self._has_tree = page, has_tree

    def read(self, pid: int, title: str) -> Page | None:
        return self._page

    def has(self, pid: int) -> bool:
        return self._has_tree

    def name_of(self, pid: int) -> None: ...

    def look_anew(self) -> None: ...


def test_a_page_is_the_one_of_its_time_and_unknown_in_between() -> None:
    watcher = _watcher((100, 110, None, "https://one"), (300, 310, None, "https://two"), moves=(200,))
    assert watcher.site(1, 150) == "https://one"
    assert watcher.site(1, 350) == "https://two"
    assert watcher.site(1, 250) == "https://two"  # the first reading after the page moved
    assert watcher.site(2, 150) is None
    left = _watcher((100, 110, None, "https://one"), moves=(200,))
    assert left.site(1, 150) == "https://one"
    assert left.site(1, 250) is None


def test_a_press_sees_only_a_tree_that_was_complete_before_it() -> None:
    watcher = _watcher((100, 110, PASSWORD, None), (300, 310, NOTE, None))
    assert watcher.before(1, 305) is watcher._readings[0].snapshot
    assert watcher.before(1, 310) is watcher._readings[1].snapshot
    assert watcher.before(1, 105) is None


class _Silent:
    """Signs of a program that says nothing."""

    def follow(self, sender: str | None) -> None:
        """There is nobody to be heard."""

    def clear(self, *, shapes: bool = True) -> None:
        """Nothing was said."""

    def wake(self) -> None:
        """Nobody waits for long."""

    def wait(self, s_max: float | None, *, shapes: bool, texts: bool) -> tuple[bool, bool]:
        time.sleep(0.005)
        return False, False


class _Reader:
    """Of a program that registers while it is looked for."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher, self.looks = watcher, 0

    def look_anew(self) -> None:
        """Nothing is remembered here."""

    def read(self, pid: int, title: str) -> None:
        """Nothing found; and then it came."""
        self.looks += 1
        if self.looks == 1:
            self.watcher._came_us = time.time_ns() // 1000
        else:
            self.watcher._stopping = True

    def has(self, pid: int) -> bool:
        return False

    def name_of(self, pid: int) -> None:
        """It has none."""


@pytest.mark.parametrize("comes", [True, False])
def test_a_program_that_came_while_it_was_looked_for_is_not_taken_for_one_without_a_tree(comes: bool) -> None:
    watcher = _watcher()
    watcher._target, watcher._visits = (1, 2, "title"), deque()
    watcher._treeless_us = watcher._came_us = 0
    watcher._in_haste = False
    reader = _Reader(watcher)
    watcher._reader = reader  # type: ignore[assignment]
    if not comes:
        reader.looks = 1
    watcher._pace.dirty_us = time.time_ns() // 1000
    thread = threading.Thread(target=watcher._read, daemon=True)
    thread.start()
    time.sleep(0.1)
    assert watcher.treeless(1) is not comes
    with watcher._lock:
        watcher._stopping = True
        watcher._lock.notify_all()
    thread.join(2)


def test_a_focus_that_moved_is_heard_of_by_whoever_is_late() -> None:
    watcher = _watcher((100, 110, NOTE, None), moves=(200,))
    assert watcher.moved_since(150)
    assert not watcher.moved_since(200)


def test_a_field_that_is_written_in_is_looked_at_alone_and_the_tree_when_it_is_another_field() -> None:
    watcher = _watcher((100, 110, PASSWORD, None))
    watcher._target = (1, 2, "title")
    watcher._pace.written_us = 1
    assert watcher._rest_s() == 0.0
    assert watcher._due == "field"
    looked = _Field(NOTE)
    watcher._reader = looked  # type: ignore[assignment]
    assert watcher._look((1, 2, "title"))
    assert watcher._glimpses[-1].snapshot is not None
    assert watcher._glimpses[-1].snapshot.focused is NOTE
    assert watcher._rest_s() is None, "until more is written"
    looked.found = None
    assert not watcher._look((1, 2, "title"))


class _Field:
    def __init__(self, found: ObservedElement | None) -> None:
        self.found = found

    def field(self, pid: int, title: str) -> ObservedElement | None:
        return self.found
