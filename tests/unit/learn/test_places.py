"""Where in a thing a hand goes, and where a drag ends."""

from __future__ import annotations

import msgspec

from aboveboard.core.events import Element
from aboveboard.datasets.schema import Episode, Step
from aboveboard.learn.aim import aim
from aboveboard.learn.examples import CELLS, MIDDLE, PLACES, examples_of, spot


def test_places_in_a_box_are_where_they_say() -> None:
    box = (10, 20, 30, 30)
    assert spot(box, MIDDLE) == (25, 35)
    assert spot(box, 2 * CELLS + 2) == (6, 16)  # just before it, either way
    assert spot(box, PLACES - 1) == (79, 89)  # far after it
    assert len({spot(box, place) for place in range(PLACES)}) == CELLS * CELLS
    wide = (0, 0, 134, 16)
    assert [spot(wide, 3 * CELLS + 3 + k) for k in range(3)] == [(8, 2), (67, 2), (126, 2)]  # a button at its end
    shown = (Element("push button", "Go", box, (), (0,)), Element("static", "there", (200, 200, 9, 9), (), (1,)))
    for place in range(PLACES):
        x, y = spot(shown[1].box, place)
        drag = Step("drag", 0, 9, x=25, y=35, end_x=x, end_y=y, target=shown[0], target_index=0, elements=shown)
        found = examples_of([Episode("0" * 32, "p", "train", "Drag it", "success", (), (drag,))])
        assert [example.goal_place for example in found] in ([place], []), "what is dropped there, if not too far"


def test_a_drag_teaches_where_it_ends_and_a_click_on_a_mere_box_teaches_nothing() -> None:
    entries = [Element("list item", name, (0, 20 * i, 50, 20), (), (0, i)) for i, name in enumerate("abcd")]
    shown = (Element("section", "", (0, 0, 100, 100), (), (0,)), *entries)
    drag = Step("drag", 0, 9, x=25, y=30, end_x=25, end_y=75, target=shown[2], target_index=2, elements=shown)
    missed = Step("click", 10, 11, x=80, y=80, target=shown[0], target_index=0, elements=shown)
    [example] = examples_of([Episode("0" * 32, "p", "train", "Drag b", "success", (), (drag, missed))])
    assert (example.kind, example.targets, example.goals) == ("drag", (2,), (4,))
    x, y = spot(shown[4].box, example.goal_place)
    assert 0 < x < 50
    assert y > 73  # past its middle
    inside = Element("static", "c", (5, 44, 20, 12), (), (0, 2, 0))
    over_its_text = msgspec.structs.replace(drag, end_x=10, end_y=50, elements=(*shown, inside))
    beside_it = msgspec.structs.replace(drag, end_x=40, end_y=50, elements=(*shown, inside))
    both = [examples_of([Episode("0" * 32, "p", "train", "Drag b", "success", (), (each,))])[0]
            for each in (over_its_text, beside_it)]  # fmt: skip
    assert [example.goals for example in both] == [(3,), (3,)], "the entry, not its text"


def test_a_hand_points_at_what_of_a_thing_is_not_covered() -> None:
    one, two = (Element("push button", "", (15 * i, 0, 40, 40), (), (0, i)) for i in range(2))
    inside = Element("link", "c", (0, 0, 40, 40), (), (0, 0, 0))
    assert aim((one, inside), 0, MIDDLE) == spot(one.box, MIDDLE), "a part of it"
    box = Element("list box", "", (0, 0, 90, 40), (), (7,))
    row = Element("list item", "cut off", (0, 36, 90, 20), (), (7, 3))
    assert aim((box, row), 1, MIDDLE) == spot((0, 36, 90, 4), MIDDLE), "of what shows"
    row = Element("list item", "under it", (0, 50, 90, 20), (), (7, 3))
    assert aim((box, row), 1, MIDDLE) == spot(row.box, MIDDLE), "it overflows"
    x, _ = aim((one, two), 0, MIDDLE)
    assert x < 15
    assert aim((one, two), 1, MIDDLE) == spot(two.box, MIDDLE), "it lies on top"
    assert aim((one, Element("push button", "all", (0, 0, 90, 90), (), (1,))), 0, MIDDLE) == spot(one.box, MIDDLE)
