"""What menus and hotkeys do to a whole recorder; and a task's mark that waits for a window that is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.events import Key, KeyEdge, Observed, Task, Text
from aboveboard.recorder.combos import parse_combo
from aboveboard.recorder.commands import Commands
from aboveboard.recorder.menu import Menu
from aboveboard.recorder.pipeline import Mark
from tests.support.laptop import Laptop
from tests.support.scripted import page


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    laptop = Laptop(tmp_path)
    laptop.put()
    recorder = laptop.start()
    recorder.agree(recorder.status()["policy"])
    laptop.until(lambda: recorder.state == "recording")
    yield laptop
    if not recorder.recording.stopped.is_set():
        recorder.stop()


def _commands(laptop: Laptop, said: str | None) -> Commands:
    assert laptop.recorder is not None
    return Commands(laptop.recorder, laptop.clock, lambda url: None, lambda: said)


def test_the_hotkey_that_pauses_never_resumes(laptop: Laptop) -> None:
    commands = _commands(laptop, None)
    assert commands.pressed("pause") == ""
    assert commands.view().state == "paused"
    assert "already paused" in commands.pressed("pause")
    assert commands.view().state == "paused"
    commands.resume()
    assert commands.view().state != "paused"


def test_a_task_said_where_nothing_is_recorded_begins_in_the_next_window_that_is(laptop: Laptop) -> None:
    recorder = laptop.recorder
    assert recorder is not None
    laptop.observers[-1].here = page(None, "keepassxc")
    with pytest.raises(Refused):
        recorder.task(Mark("start", "refused"))
    said = _commands(laptop, "order paper").begin_task()
    assert "in the next window" in said
    assert recorder.view().task == "order paper"
    laptop.click()  # in a window that is recorded
    laptop.until(lambda: recorder.state == "recording")
    events = laptop.stop()
    assert [(e.phase, e.description) for e in events if isinstance(e, Task)] == [("start", "order paper")]


def test_forgetting_says_how_much_and_it_is_gone(laptop: Laptop) -> None:
    laptop.click()
    recorder = laptop.recorder
    assert recorder is not None
    laptop.until(lambda: recorder.status()["counters"]["kept"].get("buttons", 0) == 2)
    said = Menu(_commands(laptop, None), lambda words: None).do("forget")
    assert said.startswith("forgotten: the last 10 minutes, ")
    assert not said.endswith(" 0 events")
    assert not [event for event in laptop.stop() if isinstance(event, Text) or type(event).__name__ == "Button"]


def test_a_key_of_the_menu_that_is_none_does_nothing_and_no_dialog_is_said(laptop: Laptop) -> None:
    menu = Menu(_commands(laptop, None), lambda words: None)
    assert menu.do("pause:99y") == menu.do("nonsense") == menu.do("page:https://example.org/") == ""
    assert "aboveboard task start" in menu.do("task")
    recorder = laptop.recorder
    assert recorder is not None
    assert recorder.view().state == "recording"


def test_combinations_are_read_in_any_writing_and_refused_where_they_would_take_a_letter() -> None:
    assert str(parse_combo("shift+control+alt+p")) == "Ctrl+Alt+Shift+P"
    assert parse_combo("") is None
    for text in ("p", "Shift+P", "Ctrl+", "Hyper+P", "Ctrl+Alt+é"):
        with pytest.raises(BadInput):
            parse_combo(text)


def test_two_hotkeys_that_are_the_same_are_refused(laptop: Laptop) -> None:
    assert laptop.recorder is not None
    with pytest.raises(BadInput, match="the same as hotkey_pause"):
        laptop.recorder.change_settings({"hotkey_task": "Ctrl+Alt+Shift+P"})


class Pressed:
    """Hotkeys that work without a display."""

    def __init__(self, **working: str) -> None:
        self.working, self.problem = working, ""

    def change(self, wanted: object) -> None:
        """They stay."""


def test_a_hotkey_of_the_recorder_is_no_part_of_the_work_and_any_other_is(laptop: Laptop) -> None:
    recorder = laptop.recorder
    assert recorder is not None
    recorder.hotkeys = cast("Any", Pressed(pause="Ctrl+Alt+Shift+P"))
    held = frozenset({"Control", "Alt", "Shift"})
    for key, modifiers in (("P", held), ("p", held), ("P", held - {"Alt"}), ("q", held)):
        for pressed in (True, False):
            edge = KeyEdge(laptop.clock.now_us(), key, "", pressed, modifiers)
            laptop.observers[-1].queue.append(Observed(edge, page(), None))
    laptop.until(lambda: not laptop.observers[-1].queue)
    laptop.until(lambda: recorder.status()["counters"]["kept"].get("keys") == 4)
    assert recorder.status()["counters"]["withheld"]["own_hotkey"] == {"keys": 4}
    kept = laptop.stop()
    assert [(each.key, len(each.modifiers)) for each in kept if isinstance(each, Key)] == [("P", 2), ("q", 3)]
