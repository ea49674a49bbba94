"""Moving things with the button held: to a place in a list or a grid, into a box."""

from __future__ import annotations

import re

from aboveboard.core.errors import BadInput
from aboveboard.learn.tasks.actor import Actor, Script, one
from aboveboard.learn.tasks.scripts.words import SUBMIT, found

_COLUMNS = 3
_PAST = 0.2  # entries of a list make way only for what is past their middle
_PLACES = {
    "to the top left.": 0, "to the top center.": 1, "to the top right.": 2, "to the center left.": 3,
    "to the center.": 4, "to the center right.": 5, "to the bottom left.": 6, "to the bottom center.": 7,
    "to the bottom right.": 8,
}  # fmt: skip


def _item(number: int) -> str:
    return one("#sortable li", number)


def _from(actor: Actor, name: str) -> int:
    names = actor.ask("[...document.querySelectorAll('#sortable li')].map(e => e.innerText.trim())")
    if name not in names:
        raise BadInput(f"{name!r} is not in the list")
    return int(names.index(name))


def _in_list(actor: Actor, instruction: str) -> None:
    name, where = found(r"Drag (\S+) (.+)$", instruction)
    at = _from(actor, name)
    last = int(actor.ask("document.querySelectorAll('#sortable li').length")) - 1
    numbered = re.search(r"(\d+)(?:st|nd|rd|th)", where)
    if numbered is not None:
        to = int(numbered[1]) - 1
    else:
        to = {"top": 0, "bottom": last, "up": at - 1, "down": at + 1}[found("(top|bottom|up|down)", where)[0]]
    actor.drag(_item(at), _item(to), name, past=_PAST)


def _in_grid(actor: Actor, instruction: str) -> None:
    name, where = found(r"Drag (\S+) (.+)$", instruction)
    at = _from(actor, name)
    steps = {"up by one.": -_COLUMNS, "down by one.": _COLUMNS, "left by one.": -1, "right by one.": 1}
    to = at + steps[where] if where in steps else _PLACES[where]
    actor.drag(_item(at), _item(to), name, past=_PAST)


def _into_box(actor: Actor, instruction: str) -> None:
    small, large = (f"document.querySelector('#draggable{size}')" for size in ("Small", "Large"))
    actor.drag(small, large, "s", within=True)
    actor.click(SUBMIT, "Submit")


def _sorted(actor: Actor, instruction: str) -> None:
    """The least of what is not in its place yet goes there, from the top down."""
    count = "[...document.querySelectorAll('#sortable li')]"
    for place in range(int(actor.ask(f"{count}.length")) - 1):
        numbers = [int(each) for each in actor.ask(f"{count}.map(e => e.innerText.trim())")]
        at = numbers.index(min(numbers[place:]), place)
        if at != place:
            actor.drag(_item(at), _item(place), str(numbers[at]), past=_PAST)
    actor.click(SUBMIT, "Submit")


SCRIPTS: dict[str, Script] = {
    "drag-box": _into_box,
    "drag-items": _in_list,
    "drag-items-grid": _in_grid,
    "drag-sort-numbers": _sorted,
}
