"""Reads a whole published log into memory, bounded, believing nothing: what can't be read is said, not guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from aboveboard.audit.source import Source
from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.errors import AboveboardError, CheckFailed, Corrupt, Unavailable
from aboveboard.core.merkle import HASH_BYTES
from aboveboard.core.notes import NOTE_BYTES_MAX
from aboveboard.core.tiles import WIDTH, entries_path, parse_bundle, tile_path, tiles_of

ENTRIES_MAX = 2_000_000
BUNDLE_BYTES_MAX = 17 << 20
POLICY_BYTES_MAX = 2 << 20
COUNTERS_BYTES_MAX = 1 << 16
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Published:
    """What a source gave. checkpoint: None unless the log and its quorum signed it; cosigned_s: by when they had.

    entries: the log's, as the bundles hold them. problems: why something could not be had, by check.
    """

    note: str = ""
    checkpoint: Checkpoint | None = None
    cosigned_s: int = 0
    charter: bytes | None = None
    entries: list[bytes] = field(default_factory=list)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    policies: dict[str, bytes] = field(default_factory=dict)
    counters: bytes | None = None
    problems: dict[str, AboveboardError] = field(default_factory=dict)

    def attempt(self, check: str, work: Callable[[], None]) -> None:
        """Notes what went wrong under the check's name."""
        try:
            work()
        except AboveboardError as error:
            self.problems[check] = error


def _required(source: Source, path: str, size_max: int) -> bytes:
    data = source.get(path, size_max)
    if data is None:
        raise CheckFailed(f"{path} is not published at {source.name}")
    return data


def read_log(source: Source, charter: Charter, progress: Callable[[str], None] = lambda _: None) -> Published:
    """The checkpoint, every entry and tile, and what is published beside them."""
    found = Published()

    def read_checkpoint() -> None:
        try:
            found.note = _required(source, "checkpoint", NOTE_BYTES_MAX).decode("utf-8")
        except UnicodeDecodeError as error:
            raise CheckFailed("the checkpoint is not UTF-8") from error
        found.checkpoint, found.cosigned_s = charter.check_checkpoint(found.note)

    def read_charter() -> None:
        found.charter = _required(source, "published/charter.json", CHARTER_BYTES_MAX)

    def read_counters() -> None:
        found.counters = _required(source, "published/counters.json", COUNTERS_BYTES_MAX)

    found.attempt("checkpoint", read_checkpoint)
    found.attempt("charter", read_charter)
    found.attempt("counters", read_counters)
    size = found.checkpoint.size if found.checkpoint is not None else 0
    if size > ENTRIES_MAX:
        found.problems["entries"] = Unavailable(f"the log has {size} entries; this audit reads {ENTRIES_MAX} at most")
        return found

    def read_entries() -> None:
        for start in range(0, size, WIDTH):
            count = min(WIDTH, size - start)
            path = entries_path(start // WIDTH, count)
            found.entries += parse_bundle(_required(source, path, BUNDLE_BYTES_MAX), count)
            if start % (WIDTH * 40) == 0 and start:
                progress(f"{start} of {size} entries read")

    def read_tiles() -> None:
        for level, index, width in tiles_of(size):
            data = _required(source, tile_path(level, index, width), WIDTH * HASH_BYTES)
            if len(data) != width * HASH_BYTES:
                raise Corrupt(f"{tile_path(level, index, width)} has {len(data)} bytes, not {width * HASH_BYTES}")
            found.tiles[level, index] = data

    found.attempt("entries", read_entries)
    found.attempt("tiles", read_tiles)
    return found


def read_policies(source: Source, found: Published, names: list[str]) -> None:
    """The published file of each policy that the log names."""

    def read_all() -> None:
        for name in names:
            if _HASH.fullmatch(name):
                found.policies[name] = _required(source, f"published/policies/{name}.json", POLICY_BYTES_MAX)

    found.attempt("policies_signed", read_all)
