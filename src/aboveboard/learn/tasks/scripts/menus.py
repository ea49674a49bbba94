"""Menus whose parents open under the pointer."""

from __future__ import annotations

from aboveboard.learn.tasks.actor import Actor, Script, one, quoted
from aboveboard.learn.tasks.scripts.words import word


def _item(name: str) -> str:
    return (
        "[...document.querySelectorAll('#menu li > div')].find(e => "
        f"e.innerText.trim() === {quoted(name)} && e.offsetParent !== null)"
    )


def _path(actor: Actor, instruction: str) -> None:
    *parents, leaf = word(r"Select (.+)$", instruction).split(">")
    for name in parents:
        actor.hover(_item(name), name, s=0.6)
    actor.click(_item(leaf), leaf)


def _playback(actor: Actor, instruction: str) -> None:
    icon = str(actor.ask("(document.querySelector('#query .ui-icon') || {}).className || ''"))
    if icon:
        picture = icon.split()[-1]
        name = str(actor.ask(f"document.querySelector('#menu .{picture}').parentElement.textContent.trim()"))
    else:
        name = word(r'labeled "(.+)"', instruction)
    actor.click(one("#open-menu"), "Menu")
    if name in ("Prev", "Stop", "Play", "Next"):
        actor.hover(_item("Playback"), "Playback", s=0.6)
    actor.click(_item(name), name)


SCRIPTS: dict[str, Script] = {
    "click-menu": _path,
    "click-menu-2": _playback,
}
