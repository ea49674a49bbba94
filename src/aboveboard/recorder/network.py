"""Whether the connection is paid by volume, as NetworkManager knows it."""

from __future__ import annotations

import time

from jeepney import DBusAddress

from aboveboard.recorder.systembus import properties

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
    (manager,) = properties(_MANAGER)
    return manager is not None and manager.get("Metered") in (_YES, _GUESS_YES)
