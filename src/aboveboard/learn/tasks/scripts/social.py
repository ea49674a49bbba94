"""Posts of many people: the right button below the right person's."""

from __future__ import annotations

from aboveboard.learn.tasks.actor import Actor, Script, one, quoted
from aboveboard.learn.tasks.scripts.words import quotes, word

_CLASSES = {"Reply": "reply", "Retweet": "retweet", "Like": "like", "Share": "share"}
_IN_MENU = {
    "Share via DM": "share", "Copy link to Tweet": "copy", "Embed Tweet": "embed", "Mute": "menu-user",
    "Block": "block-user", "Report": "report",
}  # fmt: skip


def _posts(user: str) -> str:
    return (
        "[...document.querySelectorAll('#area .media')].filter(e => "
        f"e.querySelector('.username').innerText === {quoted(user)})"
    )


def _one_user(actor: Actor, instruction: str) -> None:
    user, name = word(r"user (@\S+),", instruction), quotes(instruction)[0]
    if name in _CLASSES:
        actor.click(f"{_posts(user)}[0].querySelector('.{_CLASSES[name]}')")
        return
    actor.click(f"{_posts(user)}[0].querySelector('.more')")
    actor.click(f"{_posts(user)}[0].querySelector('li.{_IN_MENU[name]}')", name)


def _posts_of(actor: Actor, instruction: str, number: int) -> None:
    user, kind = word(r"by (@\S+)", instruction), _CLASSES[quotes(instruction)[0]]
    for i in range(number):
        actor.click(f"{_posts(user)}[{i}].querySelector('.{kind}')")
    actor.click(one("#submitRow button"), "Submit")


def _all(actor: Actor, instruction: str) -> None:
    theirs = _posts(word(r"by (@\S+)", instruction))
    _posts_of(actor, instruction, int(actor.ask(f"{theirs}.length")))


def _some(actor: Actor, instruction: str) -> None:
    _posts_of(actor, instruction, int(word(r"on (\d+) post", instruction)))


SCRIPTS: dict[str, Script] = {
    "social-media": _one_user,
    "social-media-all": _all,
    "social-media-some": _some,
}
