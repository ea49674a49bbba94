"""Choosing from lists, boxes and trees."""

from __future__ import annotations

from aboveboard.core.errors import BadInput
from aboveboard.learn.tasks.actor import Actor, Script, by_text, one, quoted
from aboveboard.learn.tasks.scripts.words import SUBMIT, quotes, word


def _box(name: str) -> str:
    label = f"[...document.querySelectorAll('#area label')].find(e => e.innerText.trim() === {quoted(name)})"
    return f"({label}).querySelector('input')"


def _option(actor: Actor, instruction: str) -> None:
    name = word(r"Select (.+) and click", instruction)
    actor.click(_box(name), name)
    actor.click(SUBMIT, "Submit")


def _checkboxes(actor: Actor, instruction: str) -> None:
    names = word(r"Select (.+) and click", instruction)
    for name in [] if names == "nothing" else names.split(", "):
        actor.click(_box(name), name)
    actor.click(SUBMIT, "Submit")


def _drop_down(actor: Actor, instruction: str) -> None:
    """Native lists open in a window of their own that no script reaches: the arrow keys choose, as many people do."""
    name = word(r"Select (.+) from the list", instruction)
    actor.click(one("#area select"))
    at, wanted = actor.ask(
        "(() => { const s = document.querySelector('#area select'); return [s.selectedIndex, "
        f"[...s.options].findIndex(o => o.text.trim() === {quoted(name)})]; }})()"
    )
    actor.watch(0.3)
    for _ in range(abs(wanted - at)):
        actor.press("Down" if wanted > at else "Up")
        actor.watch(0.35)  # who goes through a list looks at each
    actor.press("Return")
    actor.click(SUBMIT, "Submit")


def _scroll_list(actor: Actor, instruction: str) -> None:
    names = word(r"Select (.+) from the scroll list", instruction).split(", ")
    for i, name in enumerate(names):
        option = f"[...document.querySelectorAll('#options option')].find(e => e.text === {quoted(name)})"
        actor.click(option, name, held="Control" if i else "")
    actor.click(SUBMIT, "Submit")


def _tree(actor: Actor, instruction: str) -> None:
    """Opens what is closed, from the top, until the name is there."""
    name = quotes(instruction)[0]
    span = f"[...document.querySelectorAll('#tree span')].find(e => e.innerText === {quoted(name)} && e.offsetParent)"
    for _ in range(8):
        if actor.there(span):
            actor.click(span, name)
            return
        closed = "[...document.querySelectorAll('#tree li.expandable > .hitarea')].find(e => e.offsetParent)"
        actor.click(closed)
        actor.watch(0.35)
    raise BadInput(f"{name!r} is not in the tree")


def _find_contact(actor: Actor, instruction: str) -> None:
    name = word(r"Find (\S+) in", instruction)
    what = word(r"on their (\w+)", instruction)
    for _ in range(6):
        if actor.ask("document.querySelector('#contact .name').innerText") == name:
            break
        actor.click(by_text("#pagination a", ">"), ">")
    actor.click(one(f"#contact a.{what}"))


def _search(actor: Actor, instruction: str) -> None:
    actor.click(one("#search-text"))
    actor.type(one("#search-text"), quotes(instruction)[0])
    actor.click(one("#search"), "Search")
    number = int(word(r"(\d)(?:st|nd|rd|th) search", instruction)) - 1
    if number // 3:
        page = str(number // 3 + 1)
        actor.click(by_text("#pagination a", page), page)
    actor.click(one("#page-content a.search-title", number % 3))


def _order(actor: Actor, instruction: str) -> None:
    """Items by name, or so many of a kind."""
    if "one of each" in instruction:
        for name in word(r"item: (.+)$", instruction).split(", "):
            item = f"document.querySelector('#area [data-item*={quoted(name.strip())}]')"
            actor.click(f"({item}).querySelector('.add')", "+")
    else:
        number, kind = int(word(r"Order (\d+)", instruction)), word(r"that are (\S+)", instruction)
        for i in range(number):
            icons = f"[...document.querySelectorAll('#area img[alt={quoted(kind)}]')]"
            actor.click(f"{icons}[{i} % {icons}.length].closest('.food-item').querySelector('.add')", "+")
    actor.click(one("#submit-order button"), "Order!")


SCRIPTS: dict[str, Script] = {
    "choose-list": _drop_down,
    "click-checkboxes": _checkboxes,
    "click-checkboxes-large": _checkboxes,
    "click-checkboxes-transfer": _checkboxes,
    "click-option": _option,
    "click-scroll-list": _scroll_list,
    "navigate-tree": _tree,
    "order-food": _order,
    "phone-book": _find_contact,
    "search-engine": _search,
}
