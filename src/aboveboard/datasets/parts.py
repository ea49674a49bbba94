"""What a build has worked out so far: one file a session, so that it can go on after a cut; and an index.

    file = u32 (little-endian) length of head || head || the episodes' rows, one after another

Head and each episode's rows are sealed apart, so that one episode is read without the others.
"""

from __future__ import annotations

import struct
from itertools import accumulate
from pathlib import Path

import msgspec
import pyarrow as pa

from aboveboard.core.errors import AboveboardError, CheckFailed
from aboveboard.datasets.schema import with_correction, with_split
from aboveboard.datasets.session import Result, Summary, seal, table_in, unseal

_LENGTH = struct.Struct("<I")


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """sizes[i]: bytes of the sealed rows of the episode that summaries[i] is of."""

    summaries: tuple[Summary, ...]
    sizes: tuple[int, ...]


class Parts:
    """Episodes stay on the disk, sealed; summaries by episode ID are in memory, of this build's sources only."""

    def __init__(self, folder: Path, seal_key: bytes) -> None:
        """Forgets what another reader or spec left, or a write that was cut off."""
        self._folder, self._key = folder, seal_key
        self.summaries: dict[str, Summary] = {}
        self._where: dict[str, tuple[str, int, int]] = {}  # file, first byte, how many
        self._corrected: dict[str, tuple[str, str]] = {}  # what its contributor says now, and in which segment

    def __contains__(self, name: str) -> bool:
        """Whether all of it can be read: a part that a power cut spoilt fails its seal, and is made again."""
        try:
            data = (self._folder / name).read_bytes()
            head, at = self._head(data)
            for size in head.sizes:
                unseal(data[at : at + size], self._key, bytes)
                at += size
        except (AboveboardError, OSError, struct.error):
            return False
        return at == len(data)

    def take(self, name: str) -> None:
        """Counts a session of an earlier run in."""
        self._index(name, *self._head((self._folder / name).read_bytes()))

    def put(self, name: str, sealed: bytes) -> Result:
        """Keeps a session's result, unless it says why there is none."""
        result = unseal(sealed, self._key, Result)
        if not result.why:
            head = Head(result.summaries, tuple(map(len, result.episodes)))
            written = seal(head, self._key)
            unfinished = self._folder / f"{name}.unfinished"
            unfinished.write_bytes(b"".join((_LENGTH.pack(len(written)), written, *result.episodes)))  # not synced
            unfinished.replace(self._folder / name)
            self._index(name, head, _LENGTH.size + len(written))
        return result

    def correct(self, episode_id: str, instruction: str, segment: str) -> None:
        """From now on the episode is one of these words, and made from that segment too."""
        known = self.summaries[episode_id]
        self._corrected[episode_id] = (instruction, segment)
        self.summaries[episode_id] = msgspec.structs.replace(
            known, instruction=instruction, flags=tuple(sorted({*known.flags, "corrected"})),
            segments=tuple(sorted({*known.segments, segment})),
        )  # fmt: skip

    def episode(self, episode_id: str, split: str) -> pa.Table:
        """Its rows. Raises CheckFailed when they are not what was written."""
        name, at, size = self._where[episode_id]
        with (self._folder / name).open("rb") as file:
            file.seek(at)
            rows = table_in(file.read(size), self._key)
        if rows["episode_id"][0].as_py() != episode_id:
            raise CheckFailed("what was kept of this build was put into another order since")
        if episode_id in self._corrected:
            rows = with_correction(rows, *self._corrected[episode_id])
        return with_split(rows, split)

    def _head(self, data: bytes) -> tuple[Head, int]:
        """And where the episodes begin."""
        (length,) = _LENGTH.unpack_from(data)
        at = _LENGTH.size + length
        return unseal(data[_LENGTH.size : at], self._key, Head), at

    def _index(self, name: str, head: Head, at: int) -> None:
        for summary, size, begun in zip(head.summaries, head.sizes, accumulate(head.sizes, initial=at), strict=False):
            self.summaries[summary.episode_id] = summary
            self._where[summary.episode_id] = (name, begun, size)
