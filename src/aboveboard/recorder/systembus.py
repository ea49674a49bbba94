"""Properties of system services over D-Bus: asked now and then, never waited for long, None where nobody can tell."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from jeepney import DBusAddress, MessageType, Properties
from jeepney.io.blocking import open_dbus_connection

ANSWER_S_MAX = 2.0


def properties(*asked: DBusAddress) -> list[Mapping[str, Any] | None]:
    """All properties of each object's interface; None for one that is not there or does not answer in time."""
    found: list[Mapping[str, Any] | None] = [None] * len(asked)
    # A bus that is not there and one that ends while it is asked mean the same here.
    with contextlib.suppress(OSError, KeyError, ValueError):
        connection = open_dbus_connection("SYSTEM")
        try:
            for number, address in enumerate(asked):
                with contextlib.suppress(TimeoutError):
                    reply = connection.send_and_get_reply(Properties(address).get_all(), timeout=ANSWER_S_MAX)
                    if reply.header.message_type is MessageType.method_return:
                        found[number] = {name: value for name, (_signature, value) in reply.body[0].items()}
        finally:
            connection.close()
    return found
