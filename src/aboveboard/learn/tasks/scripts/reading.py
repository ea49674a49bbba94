"""Finding something on the screen and typing, copying or marking it."""

from __future__ import annotations

from aboveboard.learn.tasks.actor import Actor, Script, one, quoted
from aboveboard.learn.tasks.scripts.words import SUBMIT, ordinal, word

_FIELD = one("#area input[type=text]")


def _copy_from(actor: Actor, source: str) -> None:
    actor.click(source)
    actor.press("a", "Control")
    actor.press("c", "Control")
    actor.click(one("#area input[type=text], #area #answer-input"))
    actor.press("v", "Control")
    actor.click(SUBMIT, "Submit")


def _copy(actor: Actor, instruction: str) -> None:
    _copy_from(actor, one("#area textarea"))


def _copy_numbered(actor: Actor, instruction: str) -> None:
    _copy_from(actor, one("#area textarea", ordinal(instruction) - 1))


def _type_in(actor: Actor, text: str) -> None:
    actor.click(_FIELD)
    actor.type(_FIELD, text)
    actor.click(SUBMIT, "Submit")


def _word_numbered(actor: Actor, instruction: str) -> None:
    words = str(actor.ask("document.querySelector('#area p').innerText")).split()
    _type_in(actor, words[ordinal(instruction) - 1].strip(".,"))


def _last_word(actor: Actor, instruction: str) -> None:
    area = "document.querySelector('#text-area')"
    actor.scroll(one("#text-area"), f"{area}.scrollTop + {area}.offsetHeight >= {area}.scrollHeight - 3", down=True)
    _type_in(actor, str(actor.ask(f"{area}.value")).split()[-1].strip(".,"))


def _cell(actor: Actor, label: str) -> str:
    return str(
        actor.ask(
            f"[...document.querySelectorAll('#area td')].find(e => e.innerText.trim() === {quoted(label)})"
            ".nextElementSibling.innerText.trim()"
        )
    )


def _value(actor: Actor, instruction: str) -> None:
    _type_in(actor, _cell(actor, word(r"value of (.+) into", instruction)))


def _two_values(actor: Actor, instruction: str) -> None:
    for number in (1, 2):
        label = str(actor.ask(f"document.querySelector('#ll{number}').innerText")).rstrip(": ")
        actor.click(one(f"#tt{number}"))
        actor.type(one(f"#tt{number}"), _cell(actor, label))
    actor.click(SUBMIT, "Submit")


def _letters(actor: Actor, instruction: str) -> None:
    _type_in(actor, str(actor.ask("document.querySelector('#captcha, #area #captcha').textContent")).strip())


def _mark(actor: Actor, instruction: str) -> None:
    actor.click(one("#area #container, #area p, #area div"), times=3)
    actor.click(SUBMIT, "Submit")


def _mark_numbered(actor: Actor, instruction: str) -> None:
    actor.click(one("#area p", ordinal(instruction) - 1), times=3)
    actor.click(SUBMIT, "Submit")


SCRIPTS: dict[str, Script] = {
    "copy-paste": _copy,
    "copy-paste-2": _copy_numbered,
    "find-word": _word_numbered,
    "highlight-text": _mark,
    "highlight-text-2": _mark_numbered,
    "read-table": _value,
    "read-table-2": _two_values,
    "scroll-text": _last_word,
    "text-transform": _letters,
}
