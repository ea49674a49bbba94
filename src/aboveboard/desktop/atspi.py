"""The accessibility bus (AT-SPI 2) by plain D-Bus: pipelined calls with a budget of time, and change events.

Calls go out many at once and their answers are collected as they come: a tree is read in as many round trips as it is
deep. A program that does not answer costs the budget, never more.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any, TypeAlias

from jeepney import DBusAddress, MatchRule, MessageType, Properties, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from aboveboard.core.errors import Unavailable

Node: TypeAlias = tuple[str, str]  # bus name, object path

CALL_S_MAX = 2.0
IN_FLIGHT_MAX = 256
_A11Y = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
_REGISTRY = DBusAddress("/org/a11y/atspi/registry", "org.a11y.atspi.Registry", "org.a11y.atspi.Registry")
ROOT: Node = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
ACCESSIBLE, COMPONENT = "org.a11y.atspi.Accessible", "org.a11y.atspi.Component"
TEXT, DOCUMENT = "org.a11y.atspi.Text", "org.a11y.atspi.Document"

# AtspiStateType, in the order of its bits.
STATES = (
    "invalid", "active", "armed", "busy", "checked", "collapsed", "defunct", "editable", "enabled",
    "expandable", "expanded", "focusable", "focused", "has-tooltip", "horizontal", "iconified", "modal",
    "multi-line", "multiselectable", "opaque", "pressed", "resizable", "selectable", "selected", "sensitive",
    "showing", "single-line", "stale", "transient", "vertical", "visible", "manages-descendants",
    "indeterminate", "required", "truncated", "animated", "invalid-entry", "supports-autocompletion",
    "selectable-text", "is-default", "visited", "checkable", "has-popup", "read-only",
)  # fmt: skip


def method(node: Node, interface: str, name: str, signature: str | None = None, body: tuple[Any, ...] = ()) -> Any:
    """A method call on a node."""
    return new_method_call(DBusAddress(node[1], node[0], interface), name, signature, body)


def prop(node: Node, interface: str, name: str) -> Any:
    """A request for a property; its answer is ((signature, value),)."""
    return Properties(DBusAddress(node[1], node[0], interface)).get(name)


def states_of(words: Sequence[int]) -> frozenset[str]:
    """Names of the bits set in GetState's two 32-bit words."""
    bits = words[0] | (words[1] << 32 if len(words) > 1 else 0)
    return frozenset(name for i, name in enumerate(STATES) if bits >> i & 1)


class Bus:
    """One connection to the accessibility bus. Not for several threads at once."""

    def __init__(self, session_bus: str) -> None:
        """session_bus: the session bus's address. Raises Unavailable with what to do."""
        try:
            with contextlib.closing(open_dbus_connection(bus=session_bus)) as session:
                reply = session.send_and_get_reply(new_method_call(_A11Y, "GetAddress"), timeout=CALL_S_MAX)
            if reply.header.message_type != MessageType.method_return:
                raise Unavailable("there is no accessibility bus: install at-spi2-core and log in anew")
            self.connection: DBusConnection = open_dbus_connection(bus=reply.body[0])
        except (OSError, TimeoutError, ValueError) as error:
            raise Unavailable("the accessibility bus can't be reached: is at-spi2-core running?") from error

    def calls(self, messages: Sequence[Any], s_max: float = CALL_S_MAX) -> list[Any]:
        """The answers' bodies in order; None for an error or for what did not answer in time.

        Raises Unavailable when the connection is gone.
        """
        answers: list[Any] = [None] * len(messages)
        waiting: dict[int, int] = {}
        deadline = time.monotonic() + s_max
        sent = 0
        try:
            while sent < len(messages) or waiting:
                while sent < len(messages) and len(waiting) < IN_FLIGHT_MAX:
                    serial = next(self.connection.outgoing_serial)
                    self.connection.send(messages[sent], serial=serial)
                    waiting[serial] = sent
                    sent += 1
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                reply = self.connection.receive(timeout=left)
                place = waiting.pop(reply.header.fields.get(5, -1), None)  # 5: REPLY_SERIAL
                if place is not None and reply.header.message_type == MessageType.method_return:
                    answers[place] = reply.body
        except TimeoutError:
            pass
        except OSError as error:
            raise Unavailable("the accessibility bus is gone") from error
        return answers

    def listen(self, events: Sequence[str]) -> None:
        """Asks programs for these events, such as "object:state-changed:focused"; they come by `next_event`."""
        for kind in ("Object", "Document", "Window"):
            rule = MatchRule(type="signal", interface=f"org.a11y.atspi.Event.{kind}")
            self.connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=CALL_S_MAX)
        for event in events:
            message = new_method_call(_REGISTRY, "RegisterEvent", "s", (event,))
            self.connection.send_and_get_reply(message, timeout=CALL_S_MAX)

    def next_event(self, s_max: float) -> tuple[str, Node, tuple[Any, ...]] | None:
        """(member, source node, body) of the next event; None when there is none in time."""
        deadline = time.monotonic() + s_max
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = self.connection.receive(timeout=left)
            except TimeoutError:
                return None
            except OSError as error:
                raise Unavailable("the accessibility bus is gone") from error
            if message.header.message_type == MessageType.signal:
                fields = message.header.fields  # 1: PATH, 3: MEMBER, 7: SENDER
                return str(fields.get(3, "")), (str(fields.get(7, "")), str(fields.get(1, ""))), message.body
        return None

    def pid_of(self, name: str) -> int | None:
        """The process behind a bus name."""
        reply = self.connection.send_and_get_reply(message_bus.GetConnectionUnixProcessID(name), timeout=CALL_S_MAX)
        return int(reply.body[0]) if reply.header.message_type == MessageType.method_return else None

    def close(self) -> None:
        self.connection.close()
