"""Buttons, links and dialogs: read a name, click it."""

from __future__ import annotations

import re

from aboveboard.learn.tasks.actor import Actor, Script, by_text, one, quoted
from aboveboard.learn.tasks.scripts.words import quotes, word


def _named_button(actor: Actor, instruction: str) -> None:
    name = quotes(instruction)[0]
    actor.click(by_text("button", name), name)


def _only_button(actor: Actor, instruction: str) -> None:
    actor.click(one("#area button"), "Click Me!")


def _button_one(actor: Actor, instruction: str) -> None:
    name = word(r"button (\w+)", instruction)
    actor.click(by_text("button", name), name)


def _in_order(actor: Actor, instruction: str) -> None:
    for name in re.findall(r"button (\w+)", instruction):
        actor.click(by_text("button", name), name)


def _link(actor: Actor, instruction: str) -> None:
    name = quotes(instruction)[0]
    actor.click(by_text("span.alink", name), name)


def _close_dialog(actor: Actor, instruction: str) -> None:
    actor.click(one(".ui-dialog-titlebar-close"), "Close")


def _dialog_button(actor: Actor, instruction: str) -> None:
    name = quotes(instruction)[0]
    if name.lower() == "x":
        _close_dialog(actor, instruction)
    else:
        actor.click(by_text("button", name), name)


def _widget(actor: Actor, instruction: str) -> None:
    kind = quotes(instruction)[0]
    actor.click(one(f"#area [data-type={kind}]"))


def _odd_or_even(actor: Actor, instruction: str) -> None:
    rows = int(actor.ask("document.querySelectorAll('#area .row').length"))
    for row in range(rows):
        number = int(actor.ask(f"document.querySelectorAll('#area .display-number')[{row}].innerText"))
        side = "even" if number % 2 == 0 else "odd"
        actor.click(f"document.querySelectorAll('#area .row')[{row}].querySelector('.{side}')", side)
    actor.click(one("#submit"), "Submit")


def _ticket(actor: Actor, instruction: str) -> None:
    by = "duration" if "duration" in instruction else "price"
    sign = 1 if re.search("cheapest|shortest", instruction) else -1
    actor.click(
        f"[...document.querySelectorAll('#area .flight')].sort((a, b) => {sign} * "
        f"(+a.querySelector('[data-{by}]').dataset.{by} - +b.querySelector('[data-{by}]').dataset.{by}))[0]"
        ".querySelector('button')"
    )


def _coordinate(actor: Actor, instruction: str) -> None:
    x, y = word(r"coordinate \((-?\d+,-?\d+)\)", instruction).split(",")
    actor.click(
        f"[...document.querySelectorAll('#area circle')].find(e => e.id === {quoted(f'({x},{y})')} || "
        f"e.getAttribute('data-coordinate') === {quoted(f'({x},{y})')})"
    )


SCRIPTS: dict[str, Script] = {
    "buy-ticket": _ticket,
    "click-button": _named_button,
    "click-button-sequence": _in_order,
    "click-dialog": _close_dialog,
    "click-dialog-2": _dialog_button,
    "click-link": _link,
    "click-test": _only_button,
    "click-test-2": _button_one,
    "click-test-transfer": _button_one,
    "click-widget": _widget,
    "grid-coordinate": _coordinate,
    "odd-or-even": _odd_or_even,
    "unicode-test": _named_button,
}
