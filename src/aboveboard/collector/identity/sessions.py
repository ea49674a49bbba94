"""Sessions in the server's memory: who is signed in, for how long, and when it ends.

In memory on purpose. A table of sessions would say when somebody looked at their own page, or worked as a steward, and
a backup would keep it. The price: a restart signs everybody out.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from aboveboard.core.ids import sha256_hex

ID_BYTES = 32
ID_LENGTH_MAX = 64
SESSIONS_MAX = 100_000
H = TypeVar("H")


@dataclass(slots=True)
class _Session(Generic[H]):
    holder: H
    ends_s: float
    seen_s: float


class Sessions(Generic[H]):
    """Who holds which session. Only hashes of their IDs are kept: whoever reads this memory can't use one."""

    def __init__(self, idle_s: float, whole_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        """idle_s: ends when nothing came for so long; whole_s: ends then, whatever came; now_s: a clock that nobody
        sets back."""
        self._idle_s, self._whole_s, self._now_s = idle_s, whole_s, now_s
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Session[H]] = OrderedDict()

    def open(self, holder: H, instead_of: str = "") -> str:
        """The ID of a new session. instead_of: what the browser sent, ended now, so that an ID planted there before is
        worth nothing afterwards."""
        name, now_s = secrets.token_urlsafe(ID_BYTES), self._now_s()
        with self._lock:
            self._open.pop(_key(instead_of), None)
            self._open[_key(name)] = _Session(holder, now_s + self._whole_s, now_s)
            if len(self._open) > SESSIONS_MAX:
                self._open.popitem(last=False)
        return name

    def holder(self, name: str) -> H | None:
        """Who holds it; None when there is no such session, or no longer."""
        if not 0 < len(name) <= ID_LENGTH_MAX:
            return None
        key, now_s = _key(name), self._now_s()
        with self._lock:
            found = self._open.get(key)
            if found is None:
                return None
            if now_s >= found.ends_s or now_s - found.seen_s >= self._idle_s:
                del self._open[key]
                return None
            found.seen_s = now_s
            return found.holder

    def take(self, name: str) -> H | None:
        """As holder(), and ends it: good once, also when two come at the same time."""
        with self._lock:
            found = self._open.pop(_key(name), None)
        now_s = self._now_s()
        alive = found is not None and now_s < found.ends_s and now_s - found.seen_s < self._idle_s
        return found.holder if found is not None and alive else None

    def close(self, name: str) -> None:
        with self._lock:
            self._open.pop(_key(name), None)


def _key(name: str) -> str:
    return sha256_hex(name.encode("utf-8", errors="replace"))
