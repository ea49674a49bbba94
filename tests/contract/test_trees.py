"""Trees of real programs: what a window shows now is read, whatever was read of it before."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from aboveboard.demo.pageserver import PageServer
from aboveboard.desktop.accessibility import Accessibility, Page
from aboveboard.desktop.atspi import Node
from aboveboard.desktop.browser import Browser
from aboveboard.desktop.dbuswire import Batch, Form
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from aboveboard.desktop.windows import Window, Windows
from aboveboard.recorder.signs import Signs
from tests.support.displays import own_display

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def display() -> Iterator[PrivateDisplay]:
    with own_display(900, 700) as display:
        yield display


@pytest.fixture
def reader(display: PrivateDisplay) -> Iterator[Accessibility]:
    reader = Accessibility(display.env["DBUS_SESSION_BUS_ADDRESS"])
    yield reader
    reader.close()


def _window(display: PrivateDisplay, app: str) -> Window:
    windows = Windows(display.name)
    try:
        deadline = time.monotonic() + 30
        while True:
            windows.update()
            found = next((each for _, each in windows.stack if each.app == app), None)
            if found is not None:
                return found
            assert time.monotonic() < deadline, f"{app} does not come up"
            time.sleep(0.1)
    finally:
        windows.close()


def _read(reader: Accessibility, window: Window, holds: Callable[[Page], bool]) -> Page:
    deadline = time.monotonic() + 20
    while True:
        reader.look_anew()
        page = reader.read(window.pid or 0)
        if page is not None and holds(page):
            return page
        assert time.monotonic() < deadline, f"last read: {page.url if page is not None else None}"
        time.sleep(0.1)


def _roles(page: Page) -> set[str]:
    return {each.role for each in page.snapshot.elements}


def test_a_page_that_was_left_is_not_read_for_the_one_that_shows(
    display: PrivateDisplay, reader: Accessibility
) -> None:
    """Chromium keeps a page that was left, which goes on to answer as if it showed."""
    with PageServer() as pages, Browser(display.env, pages.url("signup.html"), 700, 600) as browser:
        window = _window(display, "chromium")
        for page in ("mail.html", "notes.html", "signup.html"):
            browser.navigate(pages.url(page))
            seen = _read(reader, window, lambda read, page=page: read.url == pages.url(page))  # type: ignore[misc]
            assert reader.address(window.pid or 0) == seen.url
        browser.evaluate("history.back()")
        _read(reader, window, lambda read: read.url == pages.url("notes.html"))


def test_a_reading_is_one_question_once_a_page_is_known_and_says_what_it_shows_now(
    display: PrivateDisplay, reader: Accessibility, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PageServer() as pages, Browser(display.env, pages.url("signup.html"), 700, 600) as browser:
        pid = _window(display, "chromium").pid or 0
        known = _read(reader, _window(display, "chromium"), lambda read: len(read.snapshot.elements) > 8)
        asked: list[int] = []
        calls, again = reader.bus.calls, reader.bus.again

        def counted(questions: Sequence[tuple[Node, Form]], s_max: float = 2.0) -> list[Any]:
            if questions:
                asked.append(len(questions))
            return calls(questions, s_max)

        def batch(asks: Batch, s_max: float = 2.0) -> list[Any]:
            asked.append(len(asks.asked))
            return again(asks, s_max)

        monkeypatch.setattr(reader.bus, "calls", counted)
        monkeypatch.setattr(reader.bus, "again", batch)
        reader.read(pid)
        asked.clear()
        page = reader.read(pid)
        assert page is not None
        assert page.snapshot.elements == known.snapshot.elements
        assert len(asked) == 1, asked
        browser.evaluate("document.querySelector('button').textContent = 'Another word'")
        _read(
            reader,
            _window(display, "chromium"),
            lambda read: "Another word" in {e.name for e in read.snapshot.elements},
        )


def test_signs_come_from_the_program_that_is_followed_and_wait_until_somebody_wants_them(
    display: PrivateDisplay, reader: Accessibility
) -> None:
    signs = Signs(display.env["DBUS_SESSION_BUS_ADDRESS"])
    try:
        with PageServer() as pages, Browser(display.env, pages.url("signup.html"), 700, 600) as browser:
            window = _window(display, "chromium")
            _read(reader, window, lambda read: len(read.snapshot.elements) > 8)
            signs.follow(reader.name_of(window.pid or 0))

            def came(script: str, *, shapes: bool = True, texts: bool = True) -> tuple[bool, bool]:
                time.sleep(0.3)
                signs.clear()
                browser.evaluate(script)
                return signs.wait(1.0, shapes=shapes, texts=texts)

            focus = "document.querySelectorAll('input')[1].focus()"
            write = "document.activeElement.setRangeText('word')"
            assert came(focus)[0]
            assert came(write)[1]
            assert not came(write, texts=False)[1], "nobody is woken"
            assert signs.wait(0.0, shapes=True, texts=True)[1], "it waited"
            signs.follow(None)
            assert came("document.querySelectorAll('input')[0].focus()") == (False, False)
    finally:
        signs.close()


def test_a_menu_is_read_while_it_is_open_and_not_while_it_is_closed(
    display: PrivateDisplay, reader: Accessibility, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("Notes\n")
    editor = subprocess.Popen(
        ["mousepad", "--disable-server", str(notes)], env={**os.environ, **display.env},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        window = _window(display, "mousepad")
        closed = _read(reader, window, lambda read: "menu" in _roles(read))
        assert "menu item" not in _roles(closed)
        entry = next(each for each in closed.snapshot.elements if (each.role, each.name) == ("menu", "View"))
        x, y, width, height = entry.box
        with Hand(display.name) as hand:
            hand.click(x + width // 2, y + height // 2)
            _read(reader, window, lambda read: "menu item" in _roles(read))
            hand.press("Escape")
        _read(reader, window, lambda read: "menu item" not in _roles(read))
    finally:
        editor.terminate()
        editor.wait(10)
