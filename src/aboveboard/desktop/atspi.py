"""The accessibility bus (AT-SPI 2): calls on nodes with a budget of time, and change events.

Calls go out many at once and their answers are collected as they come: a tree is read in as many round trips as it is
deep. A program that does not answer costs the budget, never more.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TypeAlias

from aboveboard.core.errors import Unavailable
from aboveboard.desktop.dbusbody import (
    from_variant,
    nothing,
    string,
    to_box,
    to_node,
    to_nodes,
    to_number,
    to_numbers,
    to_string,
)
from aboveboard.desktop.dbuswire import BUS, Form, Wire

Node: TypeAlias = tuple[str, str]  # bus name, object path

_A11Y: Node = ("org.a11y.Bus", "/org/a11y/bus")
_REGISTRY: Node = ("org.a11y.atspi.Registry", "/org/a11y/atspi/registry")
ROOT: Node = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
_ACCESSIBLE, _DBUS = "org.a11y.atspi.Accessible", "org.freedesktop.DBus"
VALUE_CHARS_MAX = 4000


def _property(interface: str, name: str) -> Form:
    return Form("org.freedesktop.DBus.Properties", "Get", "v", from_variant, "ss", _two_strings(interface, name))


def _two_strings(one: str, other: str) -> bytes:
    first = string(one)
    return first + b"\0" * (-len(first) % 4) + string(other)


ROLE = Form(_ACCESSIBLE, "GetRoleName", "s", to_string)
NAME = _property(_ACCESSIBLE, "Name")
CHILD_COUNT = _property(_ACCESSIBLE, "ChildCount")
STATE = Form(_ACCESSIBLE, "GetState", "au", to_numbers)
CHILDREN = Form(_ACCESSIBLE, "GetChildren", "a(so)", to_nodes)
EXTENTS = Form("org.a11y.atspi.Component", "GetExtents", "(iiii)", to_box, "u", bytes(4))  # 0: on the screen
COUNT = _property("org.a11y.atspi.Text", "CharacterCount")


def content(chars: int) -> Form:
    """The first characters of a text. Qt gives nothing when fewer are there; GTK and Chromium give what they have."""
    return Form("org.a11y.atspi.Text", "GetText", "s", to_string, "ii", bytes(4) + chars.to_bytes(4, "little"))


CONTENT = content(VALUE_CHARS_MAX)
ACTION = Form("org.a11y.atspi.Action", "GetName", "s", to_string, "i", bytes(4))  # the first one's


def at_point(x: int, y: int) -> Form:
    """What the toolkit's own hit test finds in a component, at a place on the screen."""
    body = struct.pack("<iiI", x, y, 0)
    return Form("org.a11y.atspi.Component", "GetAccessibleAtPoint", "(so)", to_node, "iiu", body)


URI = Form("org.a11y.atspi.Document", "GetAttributeValue", "s", to_string, "s", string("URI"))

# AtspiStateType, in the order of its bits.
STATES = (
    "invalid", "active", "armed", "busy", "checked", "collapsed", "defunct", "editable", "enabled",
    "expandable", "expanded", "focusable", "focused", "has-tooltip", "horizontal", "iconified", "modal",
    "multi-line", "multiselectable", "opaque", "pressed", "resizable", "selectable", "selected", "sensitive",
    "showing", "single-line", "stale", "transient", "vertical", "visible", "manages-descendants",
    "indeterminate", "required", "truncated", "animated", "invalid-entry", "supports-autocompletion",
    "selectable-text", "is-default", "visited", "checkable", "has-popup", "read-only",
)  # fmt: skip


_states: dict[tuple[int, ...], frozenset[str]] = {}


def states_of(words: tuple[int, ...]) -> frozenset[str]:
    """Names of the bits set in GetState's two 32-bit words."""
    found = _states.get(words)
    if found is None:
        bits = words[0] | (words[1] << 32 if len(words) > 1 else 0) if words else 0
        found = frozenset(name for i, name in enumerate(STATES) if bits >> i & 1)
        if len(_states) < 1024:
            _states[words] = found
    return found


class Bus(Wire):
    """One connection to the accessibility bus. Not for several threads at once."""

    def __init__(self, session_bus: str) -> None:
        """session_bus: the session bus's address. Raises Unavailable with what to do."""
        session = Wire(session_bus)
        try:
            [address] = session.calls([(_A11Y, Form("org.a11y.Bus", "GetAddress", "s", to_string))])
        finally:
            session.close()
        if not address:
            raise Unavailable("there is no accessibility bus: install at-spi2-core and log in anew")
        super().__init__(address)

    def ask_for(self, events: Sequence[str]) -> None:
        """Has programs send these events, such as "object:state-changed:focused"; those that `match` come."""
        form = ("org.a11y.atspi.Registry", "RegisterEvent", "", nothing, "s")
        self.calls([(_REGISTRY, Form(*form, string(event))) for event in events])

    def match(self, rules: Sequence[str], instead_of: Sequence[str] = ()) -> None:
        """What comes from now on, as rules of D-Bus, and does not any more."""
        asked = [(BUS, Form(_DBUS, "RemoveMatch", "", nothing, "s", string(rule))) for rule in instead_of]
        asked += [(BUS, Form(_DBUS, "AddMatch", "", nothing, "s", string(rule))) for rule in rules]
        self.say(asked)

    def pid_of(self, name: str) -> int | None:
        """The process behind a bus name."""
        form = Form(_DBUS, "GetConnectionUnixProcessID", "u", to_number, "s", string(name))
        found: int | None = self.calls([(BUS, form)])[0]
        return found
