"""Tabs and sections: open until it is there."""

from __future__ import annotations

from aboveboard.core.errors import BadInput
from aboveboard.learn.tasks.actor import Actor, Script, by_text, one, quoted
from aboveboard.learn.tasks.scripts.words import quotes, word


def _link(name: str) -> str:
    return (
        "[...document.querySelectorAll('#area span.alink')].find(e => "
        f"e.innerText === {quoted(name)} && e.offsetParent)"
    )


def _tab(actor: Actor, instruction: str) -> None:
    name = word(r"(Tab #\d+)", instruction)
    actor.click(by_text("a", name), name)


def _section(actor: Actor, instruction: str) -> None:
    if not actor.there(one("#area .ui-accordion-content-active")):
        actor.click(one("#area h3"))
        actor.watch(0.7)
    actor.click(one("#area button"), "Submit")


def _opened_until(actor: Actor, name: str, opener: str) -> None:
    """Opens one after the other, in order, until a link of this name shows."""
    link = _link(name)
    for number in range(9):
        if actor.there(link):
            actor.click(link, name)
            return
        if not actor.there(one(opener, number)):
            break
        actor.click(one(opener, number))
        actor.watch(0.6)
    raise BadInput(f"{name!r} is behind none of them")


def _link_in_sections(actor: Actor, instruction: str) -> None:
    _opened_until(actor, quotes(instruction)[0], "#area h3")


def _link_in_tabs(actor: Actor, instruction: str) -> None:
    name = quotes(instruction)[0]
    link = _link(name)
    if actor.there(link):  # the first tab is open to begin with
        actor.click(link, name)
        return
    for number in range(1, int(actor.ask("document.querySelectorAll('#area ul li a').length"))):
        actor.click(one("#area ul li a", number))
        actor.watch(0.15)
        if actor.there(link):
            actor.click(link, name)
            return
    raise BadInput(f"{name!r} is behind no tab")


SCRIPTS: dict[str, Script] = {
    "click-collapsible": _section,
    "click-collapsible-2": _link_in_sections,
    "click-collapsible-2-nodelay": _link_in_sections,
    "click-collapsible-nodelay": _section,
    "click-tab": _tab,
    "click-tab-2": _link_in_tabs,
    "click-tab-2-easy": _link_in_tabs,
    "click-tab-2-hard": _link_in_tabs,
    "click-tab-2-medium": _link_in_tabs,
}
