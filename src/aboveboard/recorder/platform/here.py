"""Which observer this system has, put together. Imports only what this system has."""

from __future__ import annotations

import sys

from aboveboard.core.errors import Unavailable
from aboveboard.recorder.platform.source import Observer


def check_system() -> None:
    """Raises Unavailable where nothing may be recorded yet. Windows and macOS have sources, but no indicator, and
    nothing is ever recorded unseen."""
    if sys.platform != "linux":
        raise Unavailable(
            f"on {sys.platform} Aboveboard has no indicator that could be seen, and without one nothing is recorded: "
            "it records X11 sessions of Linux only"
        )


def native_observer(browsers: frozenset[str]) -> Observer:
    """Of Windows or macOS. Raises Unavailable for what is missing: a package, a permission."""
    from aboveboard.recorder.platform.native import Feed, NativeObserver

    feed = Feed()
    if sys.platform == "win32":
        from aboveboard.recorder.platform.windows.desk import WindowsDesk
        from aboveboard.recorder.platform.windows.winapi import WindowsInput

        return NativeObserver(feed, WindowsInput(feed), WindowsDesk(), browsers)
    if sys.platform == "darwin":
        from aboveboard.recorder.platform.macos.desk import MacDesk
        from aboveboard.recorder.platform.macos.events import Decoder
        from aboveboard.recorder.platform.macos.tap import PyobjcQuartz, Tap, check_permissions

        try:
            import AppKit
            import ApplicationServices
            import Quartz
        except ImportError as error:
            raise Unavailable("pyobjc is missing: pip install 'aboveboard[macos]'; nothing is recorded") from error
        check_permissions(Quartz, ApplicationServices)
        tap = Tap(feed, Quartz, Decoder(PyobjcQuartz(Quartz)))
        return NativeObserver(feed, tap, MacDesk(Quartz, ApplicationServices, AppKit), browsers)
    raise Unavailable(f"{sys.platform} has another source")
