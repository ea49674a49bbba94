"""Dates and times: calendars that are clicked through, and fields that are typed into."""

from __future__ import annotations

from aboveboard.learn.tasks.actor import Actor, Script, one
from aboveboard.learn.tasks.scripts.words import SUBMIT, found

_MONTHS_MAX = 14


def _calendar(actor: Actor, instruction: str) -> None:
    month, day, year = (int(each) for each in found(r"(\d+)/(\d+)/(\d+)", instruction))
    actor.click(one("#datepicker"))
    actor.watch(0.35)
    shown = "$('#datepicker').datepicker('widget').find('td[data-month]')[0]"
    for _ in range(_MONTHS_MAX):
        at = int(actor.ask(f"12 * +{shown}.dataset.year + +{shown}.dataset.month"))
        wanted = 12 * year + month - 1
        if at == wanted:
            break
        way = "next" if wanted > at else "prev"
        actor.click(one(f".ui-datepicker-{way}"), way.title())
    days = "[...document.querySelectorAll('.ui-datepicker-calendar a')]"
    actor.click(f"{days}.find(e => e.innerText === '{day}')", str(day))
    actor.watch(0.3)
    actor.click(SUBMIT, "Submit")


def _typed_date(actor: Actor, instruction: str) -> None:
    field = one("#area input")
    actor.click(field, across=0.06)  # at its left end: the month
    actor.type(field, "".join(found(r"(\d+)/(\d+)/(\d+)", instruction)))
    actor.click(SUBMIT, "Submit")


def _typed_time(actor: Actor, instruction: str) -> None:
    hours, minutes, half = found(r"(\d+):(\d+) (AM|PM)", instruction)
    field = one("#area input")
    actor.click(field, across=0.06)
    actor.type(field, f"{hours:0>2}{minutes}{half}")
    actor.click(SUBMIT, "Submit")


SCRIPTS: dict[str, Script] = {
    "choose-date": _calendar,
    "choose-date-easy": _calendar,
    "choose-date-medium": _calendar,
    "choose-date-nodelay": _calendar,
    "enter-date": _typed_date,
    "enter-time": _typed_time,
}
