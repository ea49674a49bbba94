"""Typing what the instruction says."""

from __future__ import annotations

from aboveboard.learn.tasks.actor import Actor, Script, one
from aboveboard.learn.tasks.scripts.words import SUBMIT, found, ordinal, quotes, word

_FIELD = one("#area input[type=text]")


def _enter(actor: Actor, instruction: str) -> None:
    actor.click(_FIELD)
    actor.type(_FIELD, quotes(instruction)[0])
    actor.click(SUBMIT, "Submit")


def _enter_case(actor: Actor, instruction: str) -> None:
    text = quotes(instruction)[0]
    actor.click(_FIELD)
    actor.type(_FIELD, text.upper() if "upper case" in instruction else text.lower())
    actor.click(SUBMIT, "Submit")


def _password_twice(actor: Actor, instruction: str) -> None:
    for number in range(2):
        field = one("#area input[type=password]", number)
        actor.click(field)
        actor.type(field, quotes(instruction)[0])
    actor.click(SUBMIT, "Submit")


def _log_in(actor: Actor, instruction: str) -> None:
    name, secret = quotes(instruction)
    for field, text in ((one("#area input[type=text]"), name), (one("#area input[type=password]"), secret)):
        actor.click(field)
        if actor.there(one("#popup")):
            actor.click(one("#popup-cancel"), "Cancel")
            actor.click(field)
        actor.type(field, text)
    actor.click(SUBMIT, "Login")


def _focus(actor: Actor, instruction: str) -> None:
    actor.click(one("#area input"))


def _focus_numbered(actor: Actor, instruction: str) -> None:
    actor.click(one("#area input", ordinal(instruction) - 1))


def _movie(actor: Actor, instruction: str) -> None:
    genre, name, year = found(r"for (.+) movies directed by (.+) from year (\d+)", instruction)
    for label, text in (("genre", genre), ("director", name), ("year|date", year)):
        field = (
            "[...document.querySelectorAll('#area input')].find(e => { let p = e; "
            "while (!p.innerText.trim()) p = p.parentElement; return /" + label + "/i.test(p.innerText); })"
        )
        actor.click(field)
        actor.type(field, text)
    actor.click(one("#area .final, #area button, #area .ui-submit"), "Submit")


def _agreement(actor: Actor, instruction: str) -> None:
    if "Scroll" in instruction:
        area = "document.querySelector('#text-area')"
        actor.scroll(one("#text-area"), f"{area}.scrollHeight <= {area}.scrollTop + 95", down=True)
        actor.click(one("#name"))
        actor.type(one("#name"), quotes(instruction)[0])
    wanted = "agree" if '"Agree"' in instruction else "cancel"
    actor.click(one(f"#{wanted}"), wanted.title())


def _to_an_end(actor: Actor, instruction: str) -> None:
    area = "document.querySelector('#text-area')"
    down = word(r"to the (top|bottom)", instruction) == "bottom"
    enough = f"{area}.scrollTop + {area}.offsetHeight >= {area}.scrollHeight - 3" if down else f"{area}.scrollTop <= 1"
    actor.scroll(one("#text-area"), enough, down=down)
    actor.click(SUBMIT, "Submit")


SCRIPTS: dict[str, Script] = {
    "enter-password": _password_twice,
    "enter-text": _enter,
    "enter-text-2": _enter_case,
    "enter-text-dynamic": _enter,
    "focus-text": _focus,
    "focus-text-2": _focus_numbered,
    "login-user": _log_in,
    "login-user-popup": _log_in,
    "multi-layouts": _movie,
    "multi-orderings": _movie,
    "scroll-text-2": _to_an_end,
    "sign-agreement": _agreement,
}
