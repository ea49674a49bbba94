"""Forms of several parts."""

from __future__ import annotations

import re

from aboveboard.learn.tasks.actor import Actor, Script, by_text, one, quoted
from aboveboard.learn.tasks.scripts.words import SUBMIT, quotes, word

_SPINS_MAX = 30


def _radio_and_number(actor: Actor, instruction: str) -> None:
    radio, box = (int(each) - 1 for each in re.findall(r"(\d)(?:st|nd|rd)", instruction))
    actor.click(one("#area input[type=radio]", radio))
    field = one("#area input[type=text], #area input[type=number]", box)
    actor.click(field)
    actor.type(field, quotes(instruction)[0])
    actor.click(SUBMIT, "Submit")


def _height(actor: Actor, instruction: str) -> None:
    height = word(r"Choose (.+) from the dropdown", instruction)
    actor.click(one("#area .selectric"))
    actor.watch(0.3)
    actor.click(by_text(".selectric-items li", height), height)
    name = quotes(instruction)[0]
    actor.click(by_text("#buttons button", name), name)


def _spinner(actor: Actor, instruction: str) -> None:
    wanted = int(word(r"Select (-?\d+)", instruction))
    way = "up" if wanted > 0 else "down"
    for _ in range(abs(wanted)):
        actor.click(one(f".ui-spinner-{way}"), way)
    actor.click(SUBMIT, "Submit")


def _complete(actor: Actor, instruction: str) -> None:
    """Types the beginning, and takes the entry of the list that ends as wanted."""
    begins, ends = [*quotes(instruction), ""][:2]
    actor.click(one("#tags"))
    actor.type(one("#tags"), begins)
    actor.watch(0.5)
    actor.click(
        "[...document.querySelectorAll('.ui-autocomplete li div, .ui-autocomplete li a, .ui-autocomplete li')]"
        f".find(e => e.innerText.startsWith({quoted(begins)}) && e.innerText.endsWith({quoted(ends)})"
        " && e.offsetParent)"
    )
    actor.click(SUBMIT, "Submit")


def _generate(actor: Actor, instruction: str) -> None:
    """Draws numbers until one fits."""
    fits = {
        r"less than (\d+)": lambda n, k: n < k,
        r"greater than (\d+)": lambda n, k: n > k,
        r"(odd) number": lambda n, k: n % 2 == 1,
        r"(even) number": lambda n, k: n % 2 == 0,
    }
    pattern = next(each for each in fits if re.search(each, instruction))
    limit = word(pattern, instruction)
    for _ in range(_SPINS_MAX):
        actor.click(one("#generate"), "Generate")
        number = int(actor.ask("document.querySelector('#display-number').innerText"))
        if fits[pattern](number, int(limit) if limit.isdigit() else 0):
            break
    actor.click(one("#submit"), "Submit")


SCRIPTS: dict[str, Script] = {
    "form-sequence-2": _radio_and_number,
    "form-sequence-3": _height,
    "generate-number": _generate,
    "use-autocomplete": _complete,
    "use-autocomplete-nodelay": _complete,
    "use-spinner": _spinner,
}
