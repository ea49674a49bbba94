"""The tray's icon: a StatusNotifierItem on the session bus (freedesktop's specification, KDE's names) with its menu.

It holds a lease, as the badge does: `alive` is true only while the watcher has said a moment ago, or says when asked,
that it has our item and that somebody shows it. A desktop without such a watcher has no tray: see indicator.py.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
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
from jeepney.wrappers import DBusErrorResponse

from aboveboard.core.errors import Unavailable
from aboveboard.recorder import dbusmenu
from aboveboard.recorder.lease import Lease
from aboveboard.recorder.menu import Menu, View, entries, headline
from aboveboard.recorder.shapes import icon

# While there is no tray, or none that has us: one that comes is announced, and this is for one that was not, or that
# was not ready for us. First after the lower, then ever less often.
AGAIN_S, AGAIN_S_MAX = 2.0, 120.0
ITEM_PATH, ITEM = "/StatusNotifierItem", "org.kde.StatusNotifierItem"
WATCHER = "org.kde.StatusNotifierWatcher"
SIZES = (22, 44)
_WATCHER = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)
_NOTIFY = DBusAddress("/org/freedesktop/Notifications", "org.freedesktop.Notifications",
                      "org.freedesktop.Notifications")  # fmt: skip
_PROPERTIES = "org.freedesktop.DBus.Properties"
_UNKNOWN = "org.freedesktop.DBus.Error.UnknownMethod"
_ARGUMENTS = "org.freedesktop.DBus.Error.InvalidArgs"
_XML = (
    '<node><interface name="org.kde.StatusNotifierItem"><property name="Menu" type="o" access="read"/></interface>'
    "</node>"
)


class Tray:
    """Its own thread and connection; any thread may call `show`, `say`, `alive` and `close`."""

    def __init__(self, bus: str, menu: Menu | None = None, on_change: Callable[[], None] = lambda: None) -> None:
        """on_change: told when the lease is won or lost. Raises Unavailable without a session bus."""
        self.menu = menu
        try:
            self._bus = open_dbus_connection(bus=bus)
        except (OSError, DBusErrorResponse, ValueError) as error:
            raise Unavailable(f"the session bus can't be used: {error}") from error
        self._name = f"{ITEM}-{os.getpid()}-{id(self) & 0xFFFF}"
        self._layout = dbusmenu.Layout()
        self._state, self._said = "off", ""
        self._lease, self._asked_for = Lease(self._look, on_change), False
        self._held, self._again_s = False, AGAIN_S
        self._asked: dict[int, str] = {}  # serial of a call -> what it asked
        self._stopping = False
        self._first = threading.Event()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="tray", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ from any thread

    def show(self, state: str) -> None:
        """Also where the state is the same and what the menu shows may be another."""
        self._state = state
        self._wake()

    def say(self, words: str) -> None:
        """A notification of the desktop's, where it has them."""
        self._said = words
        self._wake()

    def alive(self) -> bool:
        return self._lease.held()

    def settled(self, timeout_s: float) -> bool:
        """Waits until it is known whether there is a tray; whether there is."""
        self._first.wait(timeout_s)
        return self.alive()

    def close(self) -> None:
        self._stopping = True
        self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _look(self) -> None:
        self._asked_for = True
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full, so it is awake anyway; or closed
            os.write(self._wake_write, b"\0")

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        # Any failure ends the thread and with it the lease: capture stops, or the badge takes over.
        with contextlib.suppress(Exception):
            self._begin()
            shown: tuple[str, View] | None = None
            checked = 0.0
            while not self._stopping:
                if self._asked_for or (not self._held and time.monotonic() - checked >= self._again_s):
                    self._asked_for = False
                    self._ask_watcher()
                    checked, self._again_s = time.monotonic(), min(2 * self._again_s, AGAIN_S_MAX)
                if self._said:
                    self._notify(self._said)
                    self._said = ""
                view = self._view()
                if shown != (self._state, view):
                    self._tell(shown is None or shown[0] != self._state)
                    shown = (self._state, view)
                rest_s = None if self._held else max(checked + self._again_s - time.monotonic(), 0)
                select.select([self._bus.sock, self._wake_read], [], [], rest_s)
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
                self._take_in()
        self._say(held=False)
        self._first.set()
        with contextlib.suppress(OSError):
            self._bus.close()

    def _begin(self) -> None:
        self._call("name", message_bus.RequestName(self._name))
        rules = (
            MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged"),
            MatchRule(type="signal", interface=WATCHER),
        )
        rules[0].add_arg_condition(0, WATCHER)
        for rule in rules:
            self._call("match", message_bus.AddMatch(rule))
        self._register()

    def _registration(self) -> Message:
        return new_method_call(_WATCHER, "RegisterStatusNotifierItem", "s", (self._name,))

    def _register(self) -> None:
        self._call("register", self._registration())
        self._ask_watcher()

    def _ask_watcher(self) -> None:
        if len(self._asked) < 64:  # a watcher that never answers is asked no more, and counts as none
            self._call("watcher", Properties(_WATCHER).get_all())

    def _call(self, what: str, message: Message) -> None:
        serial = next(self._bus.outgoing_serial)
        self._asked[serial] = what
        self._bus.send(message, serial=serial)

    def _take_in(self) -> None:
        with contextlib.suppress(TimeoutError):
            while True:
                message = self._bus.receive(timeout=0)
                match message.header.message_type:
                    case MessageType.method_call:
                        self._answer(message)
                    case MessageType.signal:
                        self._heard(message)
                    case kind:
                        what = self._asked.pop(message.header.fields.get(HeaderFields.reply_serial, -1), "")
                        if what == "watcher":
                            self._judge(message.body if kind is MessageType.method_return else None)

    def _heard(self, signal: Message) -> None:
        member = signal.header.fields.get(HeaderFields.member)
        if member == "NameOwnerChanged":
            if signal.body[0] != WATCHER:
                return
            if signal.body[2]:
                self._again_s = AGAIN_S
                self._register()
            else:
                self._say(held=False)
        elif member in ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered",
                        "StatusNotifierItemRegistered", "StatusNotifierItemUnregistered"):  # fmt: skip
            self._ask_watcher()

    def _judge(self, body: Any) -> None:
        """The watcher's own word: it has our item, and somebody shows what it has."""
        held = False
        if body is not None:
            known = body[0]
            items = known.get("RegisteredStatusNotifierItems", ("as", []))[1]
            ours = any(self._name in each or each.split("/")[0] == self._bus.unique_name for each in items)
            if not ours:  # a watcher that has just started may have missed us
                self._call("register", self._registration())
            held = ours and known.get("IsStatusNotifierHostRegistered", ("b", False))[1] is True
        self._say(held=held)
        self._first.set()

    def _say(self, *, held: bool) -> None:
        if self._held and not held:
            self._again_s = AGAIN_S
        self._held = held
        self._lease.say(held=held)

    # ------------------------------------------------------------ what it looks like

    def _view(self) -> View:
        return View(self._state) if self.menu is None else self.menu.view()

    def _tell(self, anew: bool) -> None:
        """Says that the icon, if it is another, and the menu have changed."""
        item = DBusAddress(ITEM_PATH, interface=ITEM)
        if anew:
            for name in ("NewIcon", "NewTitle"):
                self._bus.send(new_signal(item, name))
        self._bus.send(new_signal(item, "NewToolTip"))
        if self._refresh():
            at = DBusAddress(dbusmenu.PATH, interface=dbusmenu.INTERFACE)
            self._bus.send(new_signal(at, "LayoutUpdated", "ui", (self._layout.revision, dbusmenu.ROOT)))

    def _refresh(self) -> bool:
        return self._layout.show(entries(self._view()))

    def _notify(self, words: str) -> None:
        arguments: tuple[Any, ...] = ("Aboveboard", 0, "", "Aboveboard", words, [], {}, 8000)
        self._call("notify", new_method_call(_NOTIFY, "Notify", "susssasa{sv}i", arguments))

    def properties(self) -> dbusmenu.Variants:
        """Of the item."""
        pixels = [(size, size, icon(self._state, size)) for size in SIZES]
        words = headline(self._view())
        return {
            "Category": ("s", "ApplicationStatus"), "Id": ("s", "aboveboard"), "Title": ("s", f"Aboveboard: {words}"),
            "Status": ("s", "Active"), "WindowId": ("i", 0), "IconName": ("s", ""), "IconThemePath": ("s", ""),
            "IconPixmap": ("a(iiay)", pixels), "OverlayIconName": ("s", ""), "OverlayIconPixmap": ("a(iiay)", []),
            "AttentionIconName": ("s", ""), "AttentionIconPixmap": ("a(iiay)", []), "AttentionMovieName": ("s", ""),
            "ToolTip": ("(sa(iiay)ss)", ("", [], "Aboveboard", words)), "ItemIsMenu": ("b", True),
            "Menu": ("o", dbusmenu.PATH),
        }  # fmt: skip

    # ------------------------------------------------------------ what is asked of it

    def _answer(self, call: Message) -> None:
        fields = call.header.fields
        path, interface, member = (
            fields.get(HeaderFields.path), fields.get(HeaderFields.interface), fields.get(HeaderFields.member, ""),
        )  # fmt: skip
        try:
            if interface == "org.freedesktop.DBus.Introspectable" and member == "Introspect":
                reply = new_method_return(call, "s", (_XML,))
            elif interface == _PROPERTIES:
                reply = self._property(call, path, member)
            elif path == ITEM_PATH and interface == ITEM:
                reply = self._item(call, member)
            elif path == dbusmenu.PATH and interface == dbusmenu.INTERFACE:
                reply = self._menu(call, member)
            else:
                reply = new_error(call, _UNKNOWN, "s", (f"no such method: {interface}.{member} at {path}",))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            reply = new_error(call, _ARGUMENTS, "s", (f"{member}: {type(error).__name__}",))
        self._bus.send(reply)

    def _property(self, call: Message, path: str | None, member: str) -> Message:
        known: dbusmenu.Variants = self.properties() if path == ITEM_PATH else {
            "Version": ("u", 3), "TextDirection": ("s", "ltr"), "Status": ("s", "normal"), "IconThemePath": ("as", []),
        }  # fmt: skip
        if member == "GetAll":
            return new_method_return(call, "a{sv}", (known,))
        if member == "Get":
            return new_method_return(call, "v", (known[call.body[1]],))
        return new_error(call, "org.freedesktop.DBus.Error.PropertyReadOnly", "s", ("nothing here can be set",))

    def _item(self, call: Message, member: str) -> Message:
        if member not in ("Activate", "SecondaryActivate", "ContextMenu", "Scroll", "ProvideXdgActivationToken"):
            return new_error(call, _UNKNOWN, "s", (f"no such method: {member}",))
        if member == "Activate" and self.menu is not None:  # a host that shows no menu at a click
            self.menu.choose("page:/")
        return new_method_return(call)

    def _menu(self, call: Message, member: str) -> Message:
        layout, body = self._layout, call.body
        match member:
            case "GetLayout":
                self._refresh()
                return new_method_return(
                    call, "u(ia{sv}av)", (layout.revision, layout.layout(body[0], body[1], body[2]))
                )
            case "GetGroupProperties":
                return new_method_return(call, "a(ia{sv})", (layout.group(body[0], body[1]),))
            case "GetProperty":
                return new_method_return(call, "v", (layout.properties(body[0])[body[1]],))
            case "Event":
                self._event(body[0], body[1])
                return new_method_return(call)
            case "EventGroup":
                for each in body[0]:
                    self._event(each[0], each[1])
                return new_method_return(call, "ai", ([],))
            case "AboutToShow":
                return new_method_return(call, "b", (self._refresh(),))
            case "AboutToShowGroup":
                changed = list(body[0]) if self._refresh() else []
                return new_method_return(call, "aiai", (changed, []))
        return new_error(call, _UNKNOWN, "s", (f"no such method: {member}",))

    def _event(self, number: int, what: str) -> None:
        if what == "clicked" and self.menu is not None and (key := self._layout.key(number)):
            self.menu.choose(key)
