"""UPower and NetworkManager on a system bus of the test's own: what they say is what they are told."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jeepney import HeaderFields, Message, MessageType, message_bus, new_error, new_method_return
from jeepney.io.blocking import open_dbus_connection

NM = "org.freedesktop.NetworkManager"
UPOWER = "org.freedesktop.UPower"


class Services:
    """objects: (path, interface) -> {property: (signature, value)}; silent: takes calls and answers none."""

    def __init__(self, address: str, *names: str) -> None:
        self.objects: dict[tuple[str, str], dict[str, tuple[str, Any]]] = {}
        self.silent = False
        self.asked = 0
        self._bus = open_dbus_connection(address)
        for name in names:
            assert self._bus.send_and_get_reply(message_bus.RequestName(name), timeout=10).body == (1,)
        self._read, self._write = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def metered(self, value: int) -> None:
        """NMMetered: 0 unknown, 1 yes, 2 no, 3 guessed yes, 4 guessed no."""
        self.objects["/org/freedesktop/NetworkManager", NM] = {"Metered": ("u", value)}

    def battery(self, percent: float | None, *, unplugged: bool = True) -> None:
        """None: none there."""
        self.objects["/org/freedesktop/UPower", UPOWER] = {"OnBattery": ("b", unplugged)}
        self.objects["/org/freedesktop/UPower/devices/DisplayDevice", f"{UPOWER}.Device"] = {
            "IsPresent": ("b", percent is not None), "Percentage": ("d", percent or 0.0),
        }  # fmt: skip

    def close(self) -> None:
        os.write(self._write, b"\0")
        self._thread.join()
        self._bus.close()
        os.close(self._read)
        os.close(self._write)

    def _run(self) -> None:
        while self._read not in select.select([self._bus.sock, self._read], [], [])[0]:
            with contextlib.suppress(TimeoutError):
                while True:
                    self._take(self._bus.receive(timeout=0))

    def _take(self, message: Message) -> None:
        if message.header.message_type is not MessageType.method_call or self.silent:
            return
        self.asked += 1
        fields = message.header.fields
        found = self.objects.get((fields[HeaderFields.path], message.body[0]))
        if fields[HeaderFields.member] != "GetAll" or found is None:
            self._bus.send(new_error(message, "org.freedesktop.DBus.Error.UnknownObject", "s", ("no",)))
        else:
            self._bus.send(new_method_return(message, "a{sv}", (found,)))


@contextlib.contextmanager
def system_bus(folder: Path) -> Iterator[str]:
    """Its address."""
    words = ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:path={folder}/system-bus"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        try:
            yield daemon.stdout.readline().strip()
        finally:
            daemon.terminate()
