"""Signs that what the program in front shows has changed, and no more of them than somebody needs.

A program may say thousands of times a second what it does. What it says is never looked at here: that it said something
is enough, and until somebody wants to know even that, it lies in the socket and wakes nobody.
"""

from __future__ import annotations

import select

from aboveboard.desktop.atspi import ROOT, Bus

EVENTS = (
    "object:state-changed", "object:children-changed", "object:text-changed", "object:bounds-changed",
    "object:property-change", "document:load-complete", "document:reload",
)  # fmt: skip
# Editors say of each key that "undo" can be done, and of each menu's tooltip: nobody acts on anything else for that.
STATES = ("focused", "showing", "visible", "checked", "selected", "expanded", "pressed", "active", "editable", "busy")
PROPERTIES = ("accessible-name", "accessible-value")
# What must be known at once, whoever says it: another page, and that a program came or went.
NEWS = (
    "type='signal',interface='org.a11y.atspi.Event.Document',member='LoadComplete'",
    "type='signal',interface='org.a11y.atspi.Event.Document',member='Reload'",
    f"type='signal',sender='{ROOT[0]}',path='{ROOT[1]}',interface='org.a11y.atspi.Event.Object',member='ChildrenChanged'",
)
_OBJECT = "interface='org.a11y.atspi.Event.Object'"


def _shapes(sender: str) -> list[str]:
    """Rules for what changes a tree, but for what is written in its fields."""
    of = f"type='signal',sender='{sender}',{_OBJECT},member="
    return [
        of + "'ChildrenChanged'",
        of + "'BoundsChanged'",
        *(of + f"'StateChanged',arg0='{state}'" for state in STATES),
        *(of + f"'PropertyChange',arg0='{name}'" for name in PROPERTIES),
    ]


def _texts(sender: str) -> list[str]:
    return [f"type='signal',sender='{sender}',{_OBJECT},member='TextChanged'"]


class Signs:
    """Of one program at a time. Not for several threads at once, but for `wake`. All raise Unavailable when the
    connection is gone."""

    def __init__(self, session_bus: str) -> None:
        self._shapes = Bus(session_bus)
        try:
            self._texts = Bus(session_bus)
        except BaseException:
            self._shapes.close()
            raise
        self._shapes.ask_for(EVENTS)
        self._sender: str | None = None
        self._polls: dict[tuple[bool, bool], select.poll] = {}

    def close(self) -> None:
        self._shapes.close()
        self._texts.close()

    def wake(self) -> None:
        """Ends a wait."""
        self._shapes.wake()

    def follow(self, sender: str | None) -> None:
        """sender: the program's name on the bus; None: nobody's signs are wanted."""
        if sender == self._sender:
            return
        before, self._sender = self._sender, sender
        for bus, rules in ((self._shapes, _shapes), (self._texts, _texts)):
            bus.match(rules(sender) if sender else [], rules(before) if before else [])

    def clear(self, *, shapes: bool = True) -> None:
        """What was said so far counts no more; without `shapes`, what of texts."""
        if shapes:
            self._shapes.hush()
        self._texts.hush()

    def wait(self, s_max: float | None, *, shapes: bool, texts: bool) -> tuple[bool, bool]:
        """Until one of the kinds asked for comes, or s_max has passed (None: no bound), or `wake`: which have come."""
        poll = self._polls.get((shapes, texts))
        if poll is None:
            poll = self._polls[shapes, texts] = select.poll()
            wanted = [self._shapes.wakeno(), *([self._shapes.fileno()] if shapes else [])]
            for descriptor in (*wanted, *([self._texts.fileno()] if texts else [])):
                poll.register(descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(None if s_max is None else s_max * 1000)}
        if self._shapes.wakeno() in ready:
            self._shapes.woken()
        return (
            self._shapes.fileno() in ready and self._shapes.hush(),
            self._texts.fileno() in ready and self._texts.hush(),
        )
