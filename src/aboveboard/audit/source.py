"""Where published files come from: a collector's URL or a folder with the same layout. Neither is trusted."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from aboveboard.core.errors import BadInput, CheckFailed, Unavailable
from aboveboard.core.tiles import WIDTH, TilePlace
from aboveboard.wire.client import Client
from aboveboard.wire.durable import read_bounded

EXCHANGE_S_MAX = 20.0  # one request and its answer
AUDIT_S_MAX = 4 * 3600.0  # all of them: a server that answers each just in time must not hold an auditor for weeks


class Source(Protocol):
    """`get` returns a file's bytes, None when it isn't there. Raises Unavailable or Corrupt (too large, no file)."""

    @property
    def name(self) -> str: ...

    def get(self, path: str, size_max: int) -> bytes | None: ...


def required(source: Source, path: str, size_max: int) -> bytes:
    """Raises CheckFailed when it is not there."""
    data = source.get(path, size_max)
    if data is None:
        raise CheckFailed(f"{path} is not published at {source.name}")
    return data


class FolderSource:
    """A copy on disk: `checkpoint`, `tile/`, `published/`; or a collector's home, where they lie in `log/`."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder / "log" if (folder / "log" / "tile").is_dir() else folder

    def get(self, path: str, size_max: int) -> bytes | None:
        return read_bounded(self._folder / path, size_max)

    def narrower(self, place: TilePlace) -> list[TilePlace]:
        """The partial tiles of earlier sizes that a log's folder still holds beside this one, narrowest first."""
        folder = self._folder / f"{replace(place, width=WIDTH).path()}.p"
        try:
            names = [name for name in os.listdir(folder) if name.isascii() and name.isdigit()]
        except OSError:
            return []
        return [replace(place, width=width) for width in sorted(map(int, names)) if 0 < width < place.width]


class HttpSource:
    """A collector, or any web server over its files. headers: of every request, e.g. a device's token."""

    def __init__(self, url: str, headers: dict[str, str] | None = None, audit_s_max: float = AUDIT_S_MAX) -> None:
        self.name = url
        self._client = Client(url, EXCHANGE_S_MAX)
        self._headers = headers or {}
        self._s_max = audit_s_max
        self._since = time.monotonic()

    def begin(self) -> None:
        """A new audit, with all its time before it."""
        self._since = time.monotonic()

    def get(self, path: str, size_max: int) -> bytes | None:
        if time.monotonic() - self._since >= self._s_max:
            raise Unavailable(f"{self.name} takes longer than {self._s_max:.0f} s to answer one audit")
        answer = self._client.request("GET", f"/{path}", size_max=size_max, headers=self._headers)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise Unavailable(f"{self.name}/{path} answers {answer.status}")
        return answer.body

    def close(self) -> None:
        self._client.close()


def open_source(text: str) -> FolderSource | HttpSource:
    """Raises BadInput when it is neither an address nor a folder."""
    if text.startswith(("http://", "https://")):
        return HttpSource(text)
    if not Path(text).is_dir():
        raise BadInput(f"{text} is neither the address of a collector (http...) nor a folder with its published files")
    return FolderSource(Path(text))
