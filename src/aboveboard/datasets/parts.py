"""What a build has worked out so far: one sealed file a session, so that it can go on after a cut; and an index."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from aboveboard.core.errors import AboveboardError
from aboveboard.datasets.schema import with_split
from aboveboard.datasets.session import Result, Summary, table_in, unseal


class Parts:
    """Episodes stay on the disk, sealed; summaries by episode ID are in memory, of this build's sources only."""

    def __init__(self, folder: Path, seal_key: bytes) -> None:
        """Forgets what another reader or spec left, or a write that was cut off."""
        self._folder, self._key = folder, seal_key
        self.summaries: dict[str, Summary] = {}
        self._where: dict[str, tuple[str, int]] = {}
        self._last: tuple[str, Result] | None = None

    def __contains__(self, name: str) -> bool:
        try:
            self._read(name)
        except (AboveboardError, OSError):
            return False
        return True

    def take(self, name: str) -> None:
        """Counts a session of an earlier run in."""
        self._index(name, self._read(name))

    def put(self, name: str, sealed: bytes) -> Result:
        """Keeps a session's result, unless it says why there is none."""
        result = unseal(sealed, self._key, Result)
        if not result.why:
            # Not synced: a part that a power cut spoils fails its seal, and is made again.
            unfinished = self._folder / f"{name}.unfinished"
            unfinished.write_bytes(sealed)
            unfinished.replace(self._folder / name)
            self._index(name, result)
        return result

    def episode(self, episode_id: str, split: str) -> pa.Table:
        """Its rows."""
        name, place = self._where[episode_id]
        return with_split(table_in(self._read(name).episodes[place], self._key), split)

    def _index(self, name: str, result: Result) -> None:
        for place, summary in enumerate(result.summaries):
            self.summaries[summary.episode_id] = summary
            self._where[summary.episode_id] = (name, place)

    def _read(self, name: str) -> Result:
        """The last one read stays in memory: a session's episodes are often asked for one after another."""
        if self._last is None or self._last[0] != name:
            self._last = (name, unseal((self._folder / name).read_bytes(), self._key, Result))
        return self._last[1]
