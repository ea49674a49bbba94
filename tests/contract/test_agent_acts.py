"""An agent's decisions become real X input, and it sees no more than a recording holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import cast

import numpy as np
import pytest

from aboveboard.core.events import Element, Snapshot
from aboveboard.datasets.hittest import contains, element_at
from aboveboard.desktop.browser import Browser
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.hit import hit
from aboveboard.desktop.input import Hand
from aboveboard.learn.acting import DWELL_S, Body
from aboveboard.learn.agents import Decision
from aboveboard.learn.examples import BESIDE_PX, CELLS, THIRDS
from aboveboard.learn.past import Past
from aboveboard.learn.tasks.actor import FINDS_S, Actor
from aboveboard.learn.tasks.desk import Desk
from aboveboard.learn.tasks.miniwob import HEIGHT, WIDTH, Stage, TaskServer

JUST_AFTER = (len(BESIDE_PX) + THIRDS) * (CELLS + 1)  # across and down

Decide = Callable[[str, Sequence[Element], int], Decision]


class Fixed:
    """Decides by a function of instruction, elements and step; keeps what it saw."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self.seen: list[tuple[str, tuple[Element, ...]]] = []

    def decide(self, instruction: str, elements: Sequence[Element], past: Past) -> Decision:
        self.seen.append((instruction, tuple(elements)))
        return self._decide(instruction, elements, len(past.kinds))


@pytest.fixture(scope="module")
def body() -> Iterator[Body]:
    with PrivateDisplay(800, 600) as display, TaskServer() as server:
        before = dict(os.environ)
        os.environ.update(display.env)
        try:
            with Browser(display.env, server.url("enter-text"), WIDTH, HEIGHT) as browser, Hand(display.name) as hand:
                made = Body(Stage(browser, server.url), display.env["DBUS_SESSION_BUS_ADDRESS"], hand)
                yield made
                made.close()
        finally:
            os.environ.clear()
            os.environ.update(before)


def at(elements: Sequence[Element], role: str, name: str = "") -> int:
    return next(i for i, each in enumerate(elements) if each.role == role and (not name or each.name == name))


def test_a_placeholder_is_typed_as_what_it_stands_for(body: Body) -> None:
    def decide(instruction: str, elements: Sequence[Element], step: int) -> Decision:
        words = instruction.split('"')[1]
        return [
            lambda: Decision("click", at(elements, "entry")),
            lambda: Decision("type", text=words),
            lambda: Decision("click", at(elements, "push button", "Submit")),
        ][step]()  # fmt: skip

    masked = 0
    for seed in range(4):
        agent = Fixed(decide)
        run = body.attempt(agent, "enter-text", f"acts-{seed}", 3)
        assert run.success, run.steps
        masked += "<" in agent.seen[0][0]
        if "<" in agent.seen[0][0]:
            assert run.steps[1]["text"] == agent.seen[0][0].split('"')[1]  # redacted in what is kept of the run too
    assert masked


def test_a_hand_dwells_before_it_presses(body: Body) -> None:
    """What a thing becomes under the pointer may take a moment to come; a press before that met nothing."""
    browser = cast(Stage, body._stage).browser

    def decide(instruction: str, elements: Sequence[Element], step: int) -> Decision:
        browser.evaluate(
            "window.waited = []; document.addEventListener('mousemove', e => window.came = performance.now(), true);"
            "document.addEventListener('mousedown', e => window.waited.push(performance.now() - window.came), true)"
        )
        return Decision("click", at(elements, "push button", "Submit"))

    body.attempt(Fixed(decide), "enter-text", "acts-9", 1)
    assert len(waits := browser.evaluate("window.waited")) == 1
    assert waits[0] > 1000 * DWELL_S * 0.8


def test_a_contributor_looks_at_each_page_of_what_is_scrolled(body: Body) -> None:
    """Where it is is only known once it shows: one turn of the wheel right to it would teach to guess."""
    stage = cast(Stage, body._stage)
    stage.open("social-media-all", "acts-0")
    actor = Actor(stage, body._hand, np.random.default_rng(0))
    last = actor.box("[...document.querySelectorAll('.media')].at(-1)")
    shown = stage.browser.evaluate("document.querySelector('#area').clientHeight")
    moved = stage.browser.evaluate("document.querySelector('#area').scrollTop")
    assert moved > shown
    assert [each.kind for each in actor.did] == ["scroll"] * len(actor.did)
    assert len(actor.did) >= moved / shown, "never more than shows at a time"
    assert last[3] > 0
    assert all(b.start_us - a.end_us >= 1e6 * FINDS_S for a, b in pairwise(actor.did))


def test_scrolling_goes_to_the_end_of_what_scrolls(body: Body) -> None:
    def decide(instruction: str, elements: Sequence[Element], step: int) -> Decision:
        if step == 0:
            kind = "scroll_down" if "bottom" in instruction else "scroll_up"
            return Decision(kind, at(elements, "entry"), notches=40)
        return Decision("click", at(elements, "push button", "Submit"))

    assert body.attempt(Fixed(decide), "scroll-text-2", "acts-0", 2).success


def test_a_hover_opens_a_menu_and_a_wait_does_nothing(body: Body) -> None:
    """Only what a parent opens under the pointer can be clicked at the end."""

    def decide(instruction: str, elements: Sequence[Element], step: int) -> Decision:
        *parents, leaf = (name.strip() for name in instruction.removeprefix("Select ").split(">"))
        if step == 0:
            return Decision("wait")
        name = [*parents, leaf][min(step - 1, len(parents))]
        found = [i for i, each in enumerate(elements) if each.name == name]
        if not found:
            return Decision("wait")
        return Decision("click" if name == leaf else "hover", found[-1])

    runs = [body.attempt(Fixed(decide), "click-menu", f"acts-{i}", 6) for i in range(3)]
    assert any(run.success for run in runs), [run.steps[-1] for run in runs]


def test_what_lies_on_top_is_what_a_click_hits(body: Body) -> None:
    """The menu of a post lies over the posts below it, whose texts are smaller: recorder and dataset mean the menu, as
    the page does."""
    opened: list[Element] = []

    def decide(instruction: str, elements: Sequence[Element], step: int) -> Decision:
        if step < 2:  # the button is another picture once the pointer is on it, which takes its time to come
            return Decision(["hover", "click"][step], [i for i, e in enumerate(elements) if e.role == "image"][3])
        opened[:] = elements
        return Decision("done")

    body.attempt(Fixed(decide), "social-media", "acts-0", 3)
    snapshot, beneath = Snapshot(0, body._last), 0
    items = [each for each in opened if each.role == "list item"][:4]  # the last ones are cut off
    assert len(items) == 4
    for item in items:
        left, top, width, height = item.box
        for x in range(left + 2, left + width - 2, 8):
            y, n = top + height // 2, len(item.path)
            for found in (element_at(opened, x, y), hit(snapshot, x, y)):
                assert found is not None
                assert found.path[:n] == item.path, (x, y, found.role, found.box)
            size = width * height
            beneath += any(contains(e, x, y) and e.path[:n] != item.path and e.box[2] * e.box[3] < size for e in opened)
    assert beneath, "there was something to be taken for it"


def test_a_control_of_the_pages_own_making_is_seen_although_nobody_named_it(body: Body) -> None:
    def decide(instruction: str, elements: Sequence[Element], step: int) -> Decision:
        return Decision("click", at(elements, "section")) if step == 0 else Decision("done")

    agent = Fixed(decide)
    body.attempt(agent, "form-sequence-3", "acts-0", 2)
    before, after = ({each.name for each in elements} for _, elements in agent.seen)
    assert "5ft 9in" in after - before


def test_a_drag_carries_one_thing_onto_another(body: Body) -> None:
    """Of a box only its letter is seen, at its corner: just beyond that is inside."""

    def decide(instruction: str, elements: Sequence[Element], step: int) -> Decision:
        if step == 0:
            small, large = at(elements, "static", "s"), at(elements, "static", "L")
            return Decision("drag", small, goal=large, goal_place=JUST_AFTER)
        return Decision("click", at(elements, "push button", "Submit"))

    run = body.attempt(Fixed(decide), "drag-box", "acts-0", 2)
    assert run.success, run.steps


def test_steps_are_bounded_and_an_unfinished_task_is_no_success(body: Body) -> None:
    run = body.attempt(Fixed(lambda *_: Decision("wait")), "enter-text", "acts-9", 3)
    assert not run.success
    assert len(run.decisions_s) == 3


def test_a_program_of_the_desktop_is_seen_and_acted_on_alike_and_judged_by_its_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Typed but not saved is not done."""
    typed: list[float] = []
    with PrivateDisplay(800, 600) as display:
        for name, value in display.env.items():
            monkeypatch.setenv(name, value)
        with Desk(display.env) as desk, Hand(display.name) as hand:

            def decide(instruction: str, elements: Sequence[Element], step: int) -> Decision:
                if step == 2:
                    typed.append(desk.reward())
                return [
                    lambda: Decision("click", max(i for i, each in enumerate(elements) if each.role == "text")),
                    lambda: Decision("type", text=instruction.split('"')[1]),
                    lambda: Decision("hotkey", key="Control+s"),
                ][step]()  # fmt: skip

            made = Body(desk, display.env["DBUS_SESSION_BUS_ADDRESS"], hand)
            made.attempt(Fixed(lambda *_: Decision("wait")), "desktop/galculator-add", "acts-0", 1)
            run = made.attempt(Fixed(decide), "desktop/mousepad-write", "acts-0", 3)  # started after the first look
            made.close()
    assert typed == [0.0]
    assert run.success, run.steps
