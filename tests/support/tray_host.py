"""A desktop's tray on a private bus: a StatusNotifierWatcher with a host that shows items and clicks on their menus."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    Properties,
    message_bus,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import open_dbus_connection

WATCHER = "org.kde.StatusNotifierWatcher"
_AT = DBusAddress("/StatusNotifierWatcher", interface=WATCHER)
MENU = "com.canonical.dbusmenu"


class TrayHost:
    """`with TrayHost(bus) as tray`; hosted: whether somebody shows the items; kill() ends it as a crash does."""

    def __init__(self, bus: str, *, hosted: bool = True) -> None:
        self.hosted = hosted
        self.items: list[str] = []
        self.heard: list[str] = []  # signals of items
        self._bus = open_dbus_connection(bus=bus)
        self._client = open_dbus_connection(bus=bus)
        self.stopping = False
        self._read, self._write = os.pipe()
        name = self._bus.send_and_get_reply(message_bus.RequestName(WATCHER), timeout=10)
        assert name.body == (1,), "another watcher is on this bus"
        for rule in ("type='signal',interface='org.kde.StatusNotifierItem'", f"type='signal',interface='{MENU}'"):
            self._bus.send_and_get_reply(message_bus.AddMatch(rule), timeout=10)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> TrayHost:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._client.close()

    def kill(self) -> None:
        if not self.stopping:
            self.stopping = True
            os.write(self._write, b"\0")
            self._thread.join()

    # ------------------------------------------------------------ the watcher

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while not self.stopping:
                select.select([self._bus.sock, self._read], [], [])
                with contextlib.suppress(TimeoutError):
                    while not self.stopping:
                        self._take(self._bus.receive(timeout=0))
        self._bus.close()

    def _take(self, message: Message) -> None:
        member = message.header.fields.get(HeaderFields.member, "")
        if message.header.message_type is MessageType.signal:
            self.heard.append(member)
            return
        if message.header.message_type is not MessageType.method_call:
            return
        if member == "RegisterStatusNotifierItem":
            self.items.append(message.body[0])
            reply = new_method_return(message)
            self._bus.send(new_signal(_AT, "StatusNotifierItemRegistered", "s", message.body))
        elif member == "GetAll":
            reply = new_method_return(message, "a{sv}", (self._properties(),))
        else:
            reply = new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "s", (member,))
        self._bus.send(reply)

    def _properties(self) -> dict[str, tuple[str, Any]]:
        return {
            "RegisteredStatusNotifierItems": ("as", [f"{each}/StatusNotifierItem" for each in self.items]),
            "IsStatusNotifierHostRegistered": ("b", self.hosted), "ProtocolVersion": ("i", 0),
        }  # fmt: skip

    def host_goes(self) -> None:
        """The panel's part that shows items ends, the watcher stays."""
        self.hosted = False
        self._bus.send(new_signal(_AT, "StatusNotifierHostUnregistered"))

    # ------------------------------------------------------------ the host

    def _ask(self, message: Message) -> Any:
        reply = self._client.send_and_get_reply(message, timeout=10)
        assert reply.header.message_type is MessageType.method_return, reply.body
        return reply.body

    def item(self) -> dict[str, Any]:
        """The newest item's properties."""
        at = DBusAddress("/StatusNotifierItem", self.items[-1], "org.kde.StatusNotifierItem")
        return {name: value for name, (_, value) in self._ask(Properties(at).get_all())[0].items()}

    def _menu(self) -> DBusAddress:
        return DBusAddress(self.item()["Menu"], self.items[-1], MENU)

    def labels(self) -> dict[str, tuple[int, bool]]:
        """What the menu shows when it is opened: words -> (number, can be clicked); submenus too."""
        at = self._menu()
        self._ask(new_method_call(at, "AboutToShow", "i", (0,)))
        _, root = self._ask(new_method_call(at, "GetLayout", "iias", (0, -1, [])))
        found: dict[str, tuple[int, bool]] = {}

        def walk(node: Any) -> None:
            number, properties, children = node
            if "label" in properties:
                found[properties["label"][1]] = (number, properties.get("enabled", ("b", True))[1])
            for _, child in children:
                walk(child)

        walk(root)
        return found

    def click(self, words: str) -> None:
        number, enabled = self.labels()[words]
        assert enabled, words
        self._ask(new_method_call(self._menu(), "Event", "isvu", (number, "clicked", ("i", 0), 0)))

    def call(self, member: str, signature: str, body: tuple[Any, ...]) -> Message:
        """Any call of the menu; its reply, error or not."""
        return self._client.send_and_get_reply(new_method_call(self._menu(), member, signature, body), timeout=10)


def until(holds: Any, what: str = "it did not come about", seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
