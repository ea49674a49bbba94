"""A press lands on what shows by then, also where the press before it or the wheel changed all of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest

from aboveboard.core.events import ButtonEdge, Observed
from aboveboard.desktop.browser import Browser
from aboveboard.desktop.input import Hand
from aboveboard.recorder.observe import X11Observer
from tests.support.displays import own_display
from tests.support.one_page import served

pytestmark = [pytest.mark.desktop, pytest.mark.prove]

BETWEEN_S, AFTER_WHEEL_S = 0.6, 1.0  # a quick hand that looks at what it did
ROUNDS = 20
PAGE = b"""<!doctype html><meta charset=utf-8><title>Board</title>
<style>body {margin: 0} a {display: block; height: 20px} #list {height: 300px; overflow-y: scroll}</style>
<div id=list></div>
<script>
let round = 0;
function show() {
  const links = Array.from({length: 80}, (_, i) => `<a href=#>r${round} n${i}</a>`);
  document.querySelector('#list').innerHTML = links.join('');
  round += 1;
}
document.querySelector('#list').onclick = () => { setTimeout(show, 40); return false; };
show();
</script>
"""


@contextmanager
def _presses(observer: X11Observer) -> Iterator[list[Observed]]:
    """What was pressed, as it is observed."""
    found: list[Observed] = []
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            observer.wait(0.05)
            found.extend(each for each in observer.read() if isinstance(each.input, ButtonEdge) and each.input.pressed)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield found
    time.sleep(0.5)
    stop.set()
    thread.join()


@pytest.mark.parametrize("notches", [0, 2])
def test_a_press_lands_on_what_the_last_one_or_the_wheel_brought(notches: int) -> None:
    wanted = []
    with (
        own_display(700, 500) as display, served(PAGE) as url, Browser(display.env, url, 600, 400) as browser,
        Hand(display.name) as hand,
    ):  # fmt: skip
        bus = display.env["DBUS_SESSION_BUS_ADDRESS"]
        observer = X11Observer(display.name, display.xauthority, bus, frozenset({"chromium"}))
        left, top = cast("list[int]", browser.evaluate("[screenX, screenY + outerHeight - innerHeight]"))
        with _presses(observer) as presses:
            time.sleep(3)
            for at in range(ROUNDS):
                x, y = 60, 130 + 20 * (at % 7)
                hand.move(left + x, top + y)
                for _ in range(notches):
                    hand.scroll(1)
                if notches:
                    time.sleep(AFTER_WHEEL_S)
                wanted.append(browser.evaluate(f"document.elementFromPoint({x}, {y}).innerText"))
                hand.click(left + x, top + y)
                time.sleep(BETWEEN_S)
        observer.close()
    found = [press.target.name if press.target is not None else None for press in presses]
    assert len(found) == ROUNDS
    right = sum(one == other for one, other in zip(found, wanted, strict=True))
    assert right >= ROUNDS - 1, list(zip(found, wanted, strict=True))  # other work may hold up a reading
