"""What was acted on at a point: an open menu covers what lies beneath it, and a toolkit's own boxes are nothing."""

from __future__ import annotations

from aboveboard.core.events import Box, ObservedElement, Snapshot
from aboveboard.desktop.hit import hit
from aboveboard.desktop.seen import POPUP, Read, visible
from aboveboard.desktop.windows import Window, same_page


def element(role: str, name: str, box: Box, *path: int) -> ObservedElement:
    return ObservedElement(role, name, box, path=path)


TEXT = element("text", "", (0, 50, 700, 400), 2)
SAVE = element("push button", "Save", (40, 20, 30, 30), 1, 0)
EDIT = element("menu item", "Edit", (40, 0, 30, 20), 0, 0)
UNDO = element("menu item", "Undo", (40, 20, 300, 25), 0, 0, 0)
ENTRY = element("static", "entry 8", (50, 460, 60, 18), 3, 8)


def test_an_open_menu_covers_a_smaller_button_beneath_it() -> None:
    assert hit(Snapshot(0, (TEXT, SAVE, EDIT)), 50, 30) == SAVE
    assert hit(Snapshot(0, (TEXT, SAVE, EDIT, UNDO)), 50, 30) == UNDO


def test_an_overlay_of_a_page_covers_a_text_of_another_branch() -> None:
    shown = element("menu item", "Sort", (40, 450, 90, 50), 4, 1)
    said = element("static", "By name", (60, 462, 40, 16), 4, 1, 0)
    assert hit(Snapshot(0, (ENTRY, shown)), 60, 470) == shown
    assert hit(Snapshot(0, (ENTRY, shown, said)), 70, 470) == shown  # the text in it is its own


def test_what_lies_beneath_a_window_that_pops_up_is_not_what_was_hit() -> None:
    popup = (100, 100, 200, 150)
    beneath = element("push button", "Delete", (120, 120, 40, 20), 5)
    assert hit(Snapshot(0, (TEXT, beneath)), 130, 130, popup) is None
    copy = element("label", "Copy", (102, 120, 190, 20), POPUP + 1, 0)
    assert hit(Snapshot(0, (TEXT, copy)), 130, 130, popup) == copy
    assert hit(Snapshot(0, (TEXT, beneath)), 130, 130) == beneath


def read(role: str, box: Box, path: tuple[int, ...], *states: str, name: str = "") -> Read:
    return Read(("", ""), path, None, role, name, box, frozenset({"showing", *states}))


def test_a_toolkits_own_box_is_no_element_and_never_has_the_focus() -> None:
    frame = read("frame", (0, 0, 800, 600), ())
    field = read("text", (0, 50, 700, 400), (2,), "editable", "focused")
    box = read("filler", (0, 50, 700, 400), (2, 0), "focused")
    tab = read("page tab", (0, 20, 80, 30), (3,), "focused", name="notes")
    elements, focused = visible([frame, field, box, tab])
    assert [each.role for each in elements] == ["text", "page tab"]
    assert focused is not None
    assert focused.role == "text"
    assert visible([frame, box])[1] is None, "the field is not known, and so secret"


def test_the_sign_for_what_is_not_saved_tells_of_no_other_page() -> None:
    def titled(title: str, number: int = 7) -> Window:
        return Window(number, "mousepad", 1, title, (0, 0, 9, 9))

    assert same_page(titled("notes.txt - Mousepad"), titled("*notes.txt - Mousepad"))
    assert not same_page(titled("notes.txt - Mousepad"), titled("other.txt - Mousepad"))
    assert not same_page(titled("notes.txt"), titled("notes.txt", 8))
    assert not same_page(None, titled("notes.txt"))
