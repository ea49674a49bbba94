"""A listen-only CGEventTap on a run loop of its own, and the permissions it needs.

`Tap` is given what it calls, so that its callback is tested with recorded events; `pyobjc` gives the real thing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from aboveboard.core.errors import Unavailable
from aboveboard.recorder.platform.macos.events import (
    DISABLED_BY_TIMEOUT,
    DISABLED_BY_USER_INPUT,
    HEARD,
    Decoder,
)
from aboveboard.recorder.platform.native import Feed

START_S_MAX = 5.0
_WHERE = "System Settings, Privacy & Security"
Callback = Callable[[Any, int, Any, Any], Any]


class Framework(Protocol):
    """The functions of Quartz and ApplicationServices that capture calls, by their own names."""

    def __getattr__(self, name: str) -> Any: ...


def check_permissions(quartz: Framework, services: Framework) -> None:
    """Raises Unavailable, naming each permission that the person has not given and where it is given."""
    missing = []
    if not quartz.CGPreflightListenEventAccess():
        quartz.CGRequestListenEventAccess()
        missing.append("Input Monitoring")
    if not services.AXIsProcessTrusted():
        missing.append("Accessibility")
    if missing:
        raise Unavailable(f"macOS does not let Aboveboard see input: allow it under {_WHERE}, {' and '.join(missing)}, "
                          "then start it again; nothing is recorded")  # fmt: skip


class PyobjcQuartz:
    """See events.Quartz. offset_us: µs since 1970 of the clock that events are stamped by (since the start, in ns)."""

    def __init__(self, quartz: Framework) -> None:
        self._quartz = quartz
        # What CGEventGetTimestamp counts by is a clock that only macOS has.
        clock = getattr(time, "CLOCK_UPTIME_RAW", time.CLOCK_MONOTONIC)
        self._offset_us = (time.time_ns() - time.clock_gettime_ns(clock)) // 1000

    def location(self, event: Any) -> tuple[float, float]:
        point = self._quartz.CGEventGetLocation(event)
        return float(point.x), float(point.y)

    def time_us(self, event: Any) -> int:
        return int(self._quartz.CGEventGetTimestamp(event)) // 1000 + self._offset_us

    def number(self, event: Any, field: int) -> int:
        return int(self._quartz.CGEventGetIntegerValueField(event, field))

    def flags(self, event: Any) -> int:
        return int(self._quartz.CGEventGetFlags(event))

    def text(self, event: Any) -> str:
        _length, text = self._quartz.CGEventKeyboardGetUnicodeString(event, 8, None, None)
        return str(text or "")


class Tap:
    """Hears all input of the session until close()."""

    def __init__(self, feed: Feed, quartz: Framework, decoder: Decoder) -> None:
        """Raises Unavailable when macOS gives no tap."""
        self._feed, self._quartz, self._decoder = feed, quartz, decoder
        self._tap: Any = None
        self._loop: Any = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="event-tap", daemon=True)
        self._thread.start()
        self._ready.wait(START_S_MAX)
        if self._tap is None:
            raise Unavailable(f"macOS gives no event tap: allow Input Monitoring under {_WHERE}; nothing is recorded")

    def _run(self) -> None:
        q = self._quartz
        mask = sum(1 << kind for kind in HEARD)
        self._tap = q.CGEventTapCreate(
            q.kCGSessionEventTap, q.kCGTailAppendEventTap, q.kCGEventTapOptionListenOnly, mask, self.heard, None
        )
        if self._tap is not None:
            source = q.CFMachPortCreateRunLoopSource(None, self._tap, 0)
            self._loop = q.CFRunLoopGetCurrent()
            q.CFRunLoopAddSource(self._loop, source, q.kCFRunLoopCommonModes)
            q.CGEventTapEnable(self._tap, True)
        self._ready.set()
        if self._tap is not None:
            q.CFRunLoopRun()
            self._feed.lose("the input source was closed")

    def heard(self, _proxy: Any, kind: int, event: Any, _info: Any) -> Any:
        """The tap's callback. As short as can be: macOS turns off one that is slow, and then it is turned on again."""
        if kind & 0xFFFFFFFF in (DISABLED_BY_TIMEOUT, DISABLED_BY_USER_INPUT):
            self._decoder.missed()
            self._quartz.CGEventTapEnable(self._tap, True)
            return event
        for each in self._decoder.decode(kind, event):
            self._feed.put(each)
        return event

    def close(self) -> None:
        if self._loop is not None:
            self._quartz.CGEventTapEnable(self._tap, False)
            self._quartz.CFRunLoopStop(self._loop)
        self._thread.join(2.0)
