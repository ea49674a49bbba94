"""One pass over a published log's entries and tiles, bounded, believing nothing. Memory does not grow with the log.

Each bundle is hashed and held against the tiles on the way, so that nothing has to be kept but the tree's right edge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from aboveboard.audit.facts import Facts
from aboveboard.audit.source import FolderSource, Source, required
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.errors import AboveboardError, CheckFailed, Corrupt, Unavailable
from aboveboard.core.frontier import Frontier
from aboveboard.core.merkle import HASH_BYTES, leaf_hash, root_of_hashes
from aboveboard.core.tiles import WIDTH, TilePlace, encode_bundle, parse_bundle

ENTRIES_MAX = 100_000_000
BUNDLE_BYTES_MAX = WIDTH * (2 + 0xFFFF)
PROGRESS_ENTRIES = WIDTH * 400


@dataclass(slots=True)
class LogReading:
    """What the pass found. root: None when the entries could not be read to the end.

    roots: of the prefixes that were asked for, as far as the log reaches. found: of the entries looked for, those that
    are there. tiles: how many hash tiles are as the entries make them. problems: by check, what could not be had.
    """

    facts: Facts
    wanted_sizes: frozenset[int] = frozenset()
    wanted_entries: frozenset[bytes] = frozenset()
    root: bytes | None = None
    roots: dict[int, bytes] = field(default_factory=dict)
    found: set[bytes] = field(default_factory=set)
    first: bytes | None = None
    tiles: int = 0
    problems: dict[str, AboveboardError] = field(default_factory=dict)


class _Tiles:
    """Holds each hash tile against what the entries make. Stops at the first that differs: one is enough."""

    def __init__(self, source: Source, reading: LogReading) -> None:
        self._source, self._reading = source, reading
        self._edge: list[list[bytes]] = []  # per level from 1 on, the hashes of its last, partial tile
        self._done: list[int] = []  # per level from 1 on, how many full tiles were seen

    def take(self, index: int, entries: list[bytes], hashes: list[bytes]) -> None:
        """One bundle's entries, and the hashes of them."""
        self._compare_bundles(TilePlace(None, index, len(entries)), entries)
        self._compare(0, index, hashes)
        if len(hashes) == WIDTH:
            self._push(0, root_of_hashes(hashes))

    def _push(self, level: int, root: bytes) -> None:
        if level == len(self._edge):
            self._edge.append([])
            self._done.append(0)
        edge = self._edge[level]
        edge.append(root)
        if len(edge) == WIDTH:
            self._compare(level + 1, self._done[level], edge)
            self._done[level] += 1
            self._edge[level] = []
            self._push(level + 1, root_of_hashes(edge))

    def end(self) -> None:
        for level, edge in enumerate(self._edge):
            if edge:
                self._compare(level + 1, self._done[level], edge)

    def _compare_bundles(self, place: TilePlace, entries: list[bytes]) -> None:
        """Those of earlier sizes: the one for this size is what the entries were read from."""
        try:
            for each in _narrower(self._source, place):
                data = required(self._source, each.path(), BUNDLE_BYTES_MAX)
                if data != encode_bundle(entries[: each.width]):
                    raise CheckFailed(f"{each.path()} does not hold the entries of {place.path()}")
        except AboveboardError as error:
            self._reading.problems.setdefault("tiles", error)

    def _compare(self, level: int, index: int, hashes: list[bytes]) -> None:
        if "tiles" in self._reading.problems:
            return
        place, wanted = TilePlace(level, index, len(hashes)), b"".join(hashes)
        try:
            _check_tile(_read(self._source, place, WIDTH * HASH_BYTES), wanted, place.path())
            for each in _narrower(self._source, place):
                data = required(self._source, each.path(), WIDTH * HASH_BYTES)
                _check_tile(data, wanted[: each.width * HASH_BYTES], each.path())
            self._reading.tiles += 1
        except AboveboardError as error:
            self._reading.problems["tiles"] = error


def _read(source: Source, place: TilePlace, size_max: int) -> bytes:
    """A tile or bundle. A partial one may be gone once its full one is there: then what the full one begins with.

    Raises CheckFailed when neither is there, Corrupt when the full one is none.
    """
    data = source.get(place.path(), size_max)
    if data is None and place.width < WIDTH:
        full = source.get(replace(place, width=WIDTH).path(), size_max)
        if full is not None and place.level is None:
            return encode_bundle(parse_bundle(full, WIDTH)[: place.width])
        data = full[: place.width * HASH_BYTES] if full is not None else None
    if data is None:
        raise CheckFailed(f"{place.path()} is not published at {source.name}")
    return data


def _narrower(source: Source, place: TilePlace) -> list[TilePlace]:
    """A folder shows what it still holds for readers with an older checkpoint; a server does not."""
    return source.narrower(place) if isinstance(source, FolderSource) else []


def _check_tile(data: bytes, wanted: bytes, path: str) -> None:
    if len(data) != len(wanted):
        raise Corrupt(f"{path} has {len(data)} bytes, not {len(wanted)}")
    if data != wanted:
        at = next(i for i, (one, other) in enumerate(zip(data, wanted, strict=True)) if one != other)
        raise CheckFailed(f"hash {at // HASH_BYTES} of {path} is not that of the entries")


def read_log(
    source: Source,
    checkpoint: Checkpoint,
    facts: Facts,
    *,
    sizes: Iterable[int] = (),
    entries: Iterable[bytes] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> LogReading:
    """sizes: of which the root is wanted; entries: to be looked for. What goes wrong is in `problems`, by check."""
    reading = LogReading(facts, frozenset(sizes), frozenset(entries))
    if 0 in reading.wanted_sizes:
        reading.roots[0] = Frontier().root()
    try:
        if checkpoint.size > ENTRIES_MAX:
            raise Unavailable(f"the log has {checkpoint.size} entries; this audit reads {ENTRIES_MAX} at most")
        _pass(source, checkpoint.size, reading, progress)
    except AboveboardError as error:
        reading.problems["entries"] = error
    return reading


def _pass(source: Source, size: int, reading: LogReading, progress: Callable[[str], None]) -> None:
    frontier, tiles = Frontier(), _Tiles(source, reading)
    for start in range(0, size, WIDTH):
        count = min(WIDTH, size - start)
        place = TilePlace(None, start // WIDTH, count)
        entries = parse_bundle(_read(source, place, BUNDLE_BYTES_MAX), count)
        _take(entries, reading)
        hashes = [leaf_hash(entry) for entry in entries]
        for wanted in reading.wanted_sizes:
            if start < wanted <= start + count:
                before = frontier.copy()
                before.extend(hashes[: wanted - start])
                reading.roots[wanted] = before.root()
        frontier.extend(hashes)
        tiles.take(start // WIDTH, entries, hashes)
        if start and start % PROGRESS_ENTRIES == 0:
            progress(f"{start} of {size} entries read")
    tiles.end()
    reading.root = frontier.root()


def _take(entries: list[bytes], reading: LogReading) -> None:
    if reading.first is None:
        reading.first = entries[0]
    if reading.wanted_entries:
        reading.found.update(entry for entry in entries if entry in reading.wanted_entries)
    for entry in entries:
        reading.facts.take(entry)
