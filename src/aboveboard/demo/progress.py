"""Says what is happening, on the terminal's error stream, with the time each stage took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Stages by name; `seconds` holds how long each took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = time.monotonic()

    @contextmanager
    def stage(self, name: str, what: str) -> Iterator[None]:
        """Announces a stage and times it, also when it fails."""
        begun = time.monotonic()
        print(f"[{begun - self._begun:6.1f} s] {what}", file=sys.stderr, flush=True)
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - begun, 2)

    def say(self, what: str) -> None:
        """A line within a stage."""
        print(f"           {what}", file=sys.stderr, flush=True)

    @property
    def total_s(self) -> float:
        return time.monotonic() - self._begun
