"""Whether the connection is paid by volume, as NetworkManager knows it."""

from __future__ import annotations

import contextlib
import time

from jeepney import DBusAddress, Properties
from jeepney.io.blocking import open_dbus_connection

ANSWER_S_MAX = 2.0
CHECK_S = 30.0
_YES, _GUESS_YES = 1, 3  # NMMetered of NetworkManager's D-Bus interface
_MANAGER = DBusAddress(
    "/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager", "org.freedesktop.NetworkManager"
)


class Network:
    """Looks now and then. For one thread."""

    def __init__(self) -> None:
        self._seen: tuple[float, bool] = (-1e9, False)

    def metered(self) -> bool:
        """Whether the connection is paid by volume, as it was known a moment ago."""
        at, known = self._seen
        if time.monotonic() - at > CHECK_S:
            known = _metered()
            self._seen = (time.monotonic(), known)
        return known


def _metered() -> bool:
    """False where nobody can tell: without NetworkManager there is no such mark to go by."""
    # A system bus that is not there, does not answer or answers otherwise all mean the same here.
    with contextlib.suppress(OSError, TimeoutError, KeyError, ValueError, TypeError, IndexError):
        connection = open_dbus_connection("SYSTEM")
        try:
            reply = connection.send_and_get_reply(Properties(_MANAGER).get("Metered"), timeout=ANSWER_S_MAX)
            return reply.body[0][1] in (_YES, _GUESS_YES)
        finally:
            connection.close()
    return False
