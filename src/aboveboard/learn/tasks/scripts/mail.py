"""A small mail program: star, delete, reply, forward; asked for in set phrases or in people's own words."""

from __future__ import annotations

import re
from typing import cast

from aboveboard.core.errors import BadInput
from aboveboard.learn.tasks.actor import Actor, Script, one, quoted
from aboveboard.learn.tasks.scripts.words import quotes


def _thread(sender: str) -> str:
    return (
        "[...document.querySelectorAll('#main .email-thread')].find(e => "
        f"e.querySelector('.email-sender').innerText.trim() === {quoted(sender)})"
    )


def _senders(actor: Actor) -> list[str]:
    return cast("list[str]", actor.ask("[...document.querySelectorAll('#main .email-sender')].map(e => e.innerText)"))


def _do(actor: Actor, instruction: str) -> None:
    present = [name for name in _senders(actor) if re.search(rf"\b{re.escape(name)}(?:'?s)?\b", instruction)]
    if not present:
        raise BadInput(f"no sender that is to be seen is named in {instruction!r}")
    lower = instruction.lower()
    answers = re.search(r"repl|respond|answer|write .*back", lower) is not None
    answers |= bool(quotes(instruction)) and re.search(r"\bback\b|\btell\b|^text ", lower) is not None
    forward = (
        not answers and re.search(r"forward|send|sent to|give|wants|waiting|receive\b|pass|share", lower) is not None
    )
    others = [each for each in re.findall(r"\b[A-Z][\w-]+", instruction) if each not in present] or [""]
    if forward:
        sender, to = _from_and_to(instruction, present)
        actor.click(f"({_thread(sender)}).querySelector('.email-left')", sender)
        actor.click(one(".email-forward"), "Forward")
        actor.click(one(".forward-sender"))
        actor.type(one(".forward-sender"), to or others[-1])
        actor.click(one("#send-forward"))
    elif answers:
        actor.click(f"({_thread(present[0])}).querySelector('.email-left')", present[0])
        actor.click(one(".email-reply"), "Reply")
        actor.click(one("#reply-text"))
        actor.type(one("#reply-text"), quotes(instruction)[-1])
        actor.click(one("#send-reply"))
    elif re.search(r"delete|trash|throw|remove|discard|erase|rid", lower):
        actor.click(f"({_thread(present[0])}).querySelector('.trash')")
    else:
        actor.click(f"({_thread(present[0])}).querySelector('.star')")


def _from_and_to(instruction: str, present: list[str]) -> tuple[str, str]:
    """Whose mail goes to whom. The one after "to" gets it; "X wants the email from Y" is the other way round."""
    to = re.search(r"\bto ([A-Z][\w-]+)", instruction)
    if to is None:
        to = re.search(
            r"\b([A-Z][\w-]+) (?:wants|would like|needs|should|receive|is waiting|to (?:get|have))", instruction
        )
    if to is None:
        to = re.search(r"(?:Give|Send|Forward|Pass|give|send|forward|pass)\w* ([A-Z][\w-]+)", instruction)
    receiver = to[1] if to is not None else ""
    senders = [name for name in present if name != receiver] or present
    return senders[0], receiver


_VARIANTS = (
    "", "-delete", "-forward", "-forward-nl", "-forward-nl-turk", "-important", "-nl-turk", "-noscroll", "-reply",
    "-star-reply",
)  # fmt: skip
SCRIPTS: dict[str, Script] = {f"email-inbox{variant}": _do for variant in _VARIANTS}
