"""Which branches lie over the rest: asked of the toolkit where boxes overlap, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from aboveboard.core.events import Box, ObservedElement, Snapshot
from aboveboard.core.overlays import FLOATING
from aboveboard.desktop import overlays
from aboveboard.desktop.atspi import Bus, Node
from aboveboard.desktop.hit import hit
from aboveboard.desktop.overlays import Overlays

PAGE: Node = ("page", "/")


@dataclass
class Thing:
    path: tuple[int, ...]
    box: Box
    role: str = "section"
    children: list[Node] = field(default_factory=list)
    node: Node = field(init=False)

    def __post_init__(self) -> None:
        self.node = ("page", "/" + "/".join(map(str, self.path)))


class Toolkit(Bus):
    """Answers hit tests with the given paths, one after the other, then with the last."""

    def __init__(self, *answers: tuple[int, ...]) -> None:
        self.answers, self.asked = [Thing(path, (0, 0, 0, 0)).node for path in answers], 0

    def calls(self, asked: Sequence[tuple[Node, Any]], s_max: float = 2.0) -> list[Any]:
        self.asked += 1
        return [self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(overlays, "ANSWER_S", 0.0)
    return iter(())


ROOT = Thing((), (0, 0, 500, 500), "document web", [PAGE])
POST = Thing((0,), (0, 0, 200, 60), children=[PAGE])
MORE = Thing((0, 0), (150, 40, 20, 15), "image")
MENU = Thing((0, 1), (100, 55, 90, 80), "list", [PAGE])  # juts out of its post, over the next one
ITEM = Thing((0, 1, 0), (100, 60, 90, 30), "list item", [PAGE])
NEXT = Thing((1,), (0, 60, 200, 60), children=[PAGE])
TEXT = Thing((1, 0), (90, 65, 60, 12), "static")
WHOLE = [ROOT, POST, MORE, MENU, ITEM, NEXT, TEXT]
KEPT = [MORE, ITEM, TEXT]


def test_the_toolkit_says_which_of_two_lies_on_top() -> None:
    assert Overlays(Toolkit(ITEM.path)).roots(PAGE, WHOLE, KEPT) == {MENU.path}
    assert Overlays(Toolkit(TEXT.path)).roots(PAGE, WHOLE, KEPT) == set()


def test_its_first_answer_is_a_guess() -> None:
    assert Overlays(Toolkit(TEXT.path, ITEM.path)).roots(PAGE, WHOLE, KEPT) == {MENU.path}


def test_what_was_asked_is_not_asked_again_at_once() -> None:
    toolkit = Toolkit(ITEM.path)
    found = Overlays(toolkit)
    found.roots(PAGE, WHOLE, KEPT)
    asked = toolkit.asked
    assert found.roots(PAGE, WHOLE, KEPT) == {MENU.path}
    assert toolkit.asked == asked


def test_nothing_is_asked_of_a_page_on_which_nothing_overlaps_or_only_lines_of_text_do() -> None:
    line = Thing((2,), (0, 200, 300, 40), "paragraph", [PAGE])
    link, rest = Thing((2, 0), (0, 200, 60, 20), "link"), Thing((2, 1), (0, 200, 300, 40), "static")
    toolkit = Toolkit(TEXT.path)
    assert Overlays(toolkit).roots(PAGE, [ROOT, NEXT, TEXT, line, link, rest], [TEXT, link, rest]) == set()
    assert toolkit.asked == 0


def test_a_page_full_of_overlaps_costs_no_more_than_a_few_questions() -> None:
    many = [Thing((n,), (0, n, 200, 60), children=[PAGE]) for n in range(100)]
    texts = [Thing((n, 0), (0, n, 200, 60), "static") for n in range(100)]
    toolkit = Toolkit((99, 0))
    Overlays(toolkit).roots(PAGE, [ROOT, *many, *texts], texts)
    assert toolkit.asked <= overlays.ASKED_MAX * overlays.ANSWERS


def test_what_floats_is_hit_and_nothing_beneath_it() -> None:
    item = ObservedElement("list item", "", ITEM.box, frozenset({FLOATING}), ITEM.path)
    text = ObservedElement("static", "below", TEXT.box, frozenset(), TEXT.path)
    assert hit(Snapshot(0, (item, text)), 110, 70) is item
    assert hit(Snapshot(0, (replace(item, states=frozenset()), text)), 110, 70) is text
