"""What Windows' and macOS' sources share: order, bounds, and that what is looked up late or in doubt is unknown."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from aboveboard.cli import main
from aboveboard.core.errors import Unavailable
from aboveboard.core.events import ButtonEdge, KeyEdge, Motion, ObservedElement, RawInput, WheelStep
from aboveboard.recorder.platform import native
from aboveboard.recorder.platform.native import BELIEVED_US, Feed, NativeObserver, NativeWindow

NOTE = ObservedElement("entry", "Note", (0, 0, 50, 20), frozenset({"focused", "editable"}), (0,))
BROWSER = NativeWindow(1, "chrome", "A page", (0, 0, 100, 100))
OTHER = NativeWindow(2, None, "", (100, 0, 100, 100))


class Desk:
    """Two windows side by side; the right one is of no known program."""

    def __init__(self) -> None:
        self.front: NativeWindow | None = BROWSER

    def at(self, x: int, y: int) -> NativeWindow | None:
        return BROWSER if x < 100 else OTHER

    def active(self) -> NativeWindow | None:
        return self.front

    def site(self, window: NativeWindow) -> str | None:
        return "https://shop.example"

    def element_at(self, x: int, y: int) -> ObservedElement | None:
        return NOTE

    def focused(self) -> ObservedElement | None:
        return NOTE

    def visible(self, window: NativeWindow) -> tuple[ObservedElement, ...]:
        return (NOTE,)


class Source:
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def feed() -> Feed:
    return Feed()


NOW = 10_000_000


def _observer(feed: Feed, now_us: int = NOW) -> NativeObserver:
    return NativeObserver(feed, Source(), Desk(), frozenset({"chrome"}), lambda: now_us)


def _move(t_us: int, *xs: int) -> Motion:
    return Motion(np.full(len(xs), t_us, np.int64), np.array(xs, np.int32), np.zeros(len(xs), np.int32))


def _key(t_us: int, key: str = "a", modifiers: frozenset[str] = frozenset()) -> KeyEdge:
    return KeyEdge(t_us, key, key if len(key) == 1 else "", True, modifiers)


def test_order_is_kept_and_runs_of_movement_are_joined(feed: Feed) -> None:
    events: list[RawInput] = [_move(NOW, 1), _move(NOW, 2, 3), ButtonEdge(NOW, 5, 5, 1, True), _move(NOW, 4),
                              WheelStep(NOW, 5, 5, 0, -2), _key(NOW)]  # fmt: skip
    for each in events:
        feed.put(each)
    seen = _observer(feed).read()
    assert [type(each.input).__name__ for each in seen] == ["Motion", "ButtonEdge", "Motion", "WheelStep", "KeyEdge"]
    first = seen[0].input
    assert isinstance(first, Motion)
    assert list(first.x) == [1, 2, 3]
    counted = feed.counters
    assert (counted.motion, counted.buttons, counted.wheel, counted.keys) == (4, 1, 2, 1)
    press = seen[1]
    assert press.surface is not None
    assert (press.surface.app, press.surface.site, press.target) == ("chrome", "https://shop.example", NOTE)
    assert press.scene is not None


def test_a_program_without_a_name_and_a_way_across_windows_are_unknown(feed: Feed) -> None:
    feed.put(ButtonEdge(NOW, 150, 5, 1, True))
    feed.put(_move(NOW, 10, 150))
    assert [each.surface for each in _observer(feed).read()] == [None, None]


def test_what_is_read_late_is_unknown(feed: Feed) -> None:
    feed.put(ButtonEdge(NOW - BELIEVED_US - 1, 5, 5, 1, True))
    feed.put(_key(NOW - BELIEVED_US - 1))
    assert [(each.surface, each.target) for each in _observer(feed).read()] == [(None, None)] * 2


@pytest.mark.parametrize("mover", [ButtonEdge(NOW - 20_000, 5, 5, 1, True), _key(NOW - 20_000, "Tab"),
                                   _key(NOW - 20_000, "l", frozenset({"Control"}))])  # fmt: skip
def test_a_key_soon_after_what_moves_the_focus_has_no_known_field(feed: Feed, mover: RawInput) -> None:
    feed.put(_key(NOW - 30_000))
    feed.put(mover)
    feed.put(_key(NOW))
    before, _, after = _observer(feed).read()
    assert (before.target, after.target) == (NOTE, None)


def test_a_queue_that_is_full_ends_the_source_and_gives_what_came_before(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "QUEUE_MAX", 3)
    for _ in range(10):
        feed.put(_key(NOW))
    observer = _observer(feed)
    assert len(observer.read()) == 4
    with pytest.raises(Unavailable, match="faster"):
        observer.read()


def test_waiting_ends_at_input_and_at_a_wake(feed: Feed) -> None:
    observer = _observer(feed)
    for act in (observer.wake, lambda: feed.put(_key(NOW)), lambda: feed.lose("gone")):
        timer = threading.Timer(0.05, act)
        timer.start()
        observer.wait(30)
        timer.join()
    assert len(observer.read()) == 1
    with pytest.raises(Unavailable, match="gone"):
        observer.read()


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_record_says_that_it_records_nothing_there(
    system: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert main(["record"]) == 1
    assert "no indicator that could be seen, and without one nothing is recorded" in capsys.readouterr().err


@pytest.mark.prove
@pytest.mark.parametrize(("system", "name"), [("win32", "windows"), ("darwin", "macos")])
def test_the_types_hold_as_the_system_itself_would_see_them(system: str, name: str) -> None:
    folder = Path(native.__file__).parent / name
    words = [sys.executable, "-m", "mypy", "--platform", system, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[4])
    assert done.returncode == 0, done.stdout
