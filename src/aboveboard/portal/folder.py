"""A bounded folder of small records by name, durable when a write returns; safe for several threads of one process."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

from aboveboard.core.errors import Refused
from aboveboard.ui.language import message
from aboveboard.wire.durable import make_folders, read_bounded, remove_durable, write_durable

NAME = re.compile(r"[0-9a-f]{64}")


class Folder:
    """Names are 64 hex digits. lock: held by whoever reads, decides and writes."""

    def __init__(self, path: Path, *, files_max: int, bytes_max: int) -> None:
        self._path, self._files_max, self._bytes_max = path, files_max, bytes_max
        self.lock = threading.RLock()
        make_folders(path, 0o700)

    def names(self) -> list[str]:
        return sorted(each.stem for each in self._path.glob("*.json"))[: self._files_max]

    def get(self, name: str) -> bytes | None:
        """None for what is not here, and for what is no name."""
        return read_bounded(self._path / f"{name}.json", self._bytes_max) if NAME.fullmatch(name) else None

    def all(self) -> Iterator[tuple[str, bytes]]:
        for name in self.names():
            if (data := self.get(name)) is not None:
                yield name, data

    def put(self, name: str, data: bytes) -> None:
        """Raises Refused when no place is left."""
        with self.lock:
            path = self._path / f"{name}.json"
            if not path.exists() and len(self.names()) >= self._files_max:
                raise Refused("full", message("no place is left here: finish or remove some first"))
            write_durable(path, data, 0o600)

    def remove(self, name: str) -> None:
        with self.lock:
            if NAME.fullmatch(name):
                remove_durable(self._path / f"{name}.json")
