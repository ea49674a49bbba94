"""The tree as plain files, C2SP tlog-tiles: what any web server can serve and any auditor can read.

    tile/<L>/<N>[.p/<W>]        256 (or W) hashes; level 0: of entries, above: of full tiles of the level below
    tile/entries/<N>[.p/<W>]    the entries themselves
    .state/tree                 "<size>\\n<base64 of root>\\n": how far the tiles are whole

`extend` writes bundles, then hash tiles, then `.state/tree`; a crash in between leaves files that the next run
writes again with the same content, since the entries are already in the journal.
"""

from __future__ import annotations

import base64
import shutil
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from aboveboard.core.errors import AboveboardError, Corrupt
from aboveboard.core.merkle import EMPTY_ROOT, leaf_hash, node_hash
from aboveboard.core.tiles import WIDTH, encode_bundle, entries_path, parse_bundle, tile_path
from aboveboard.wire.durable import make_folders, read_bounded, write_durable

HASH_BYTES = 32
TILE_BYTES_MAX = WIDTH * HASH_BYTES
BUNDLE_BYTES_MAX = WIDTH * (2 + 65535)
TILES_CACHED_MAX = 64  # 512 KiB


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over 2**k hashes of complete subtrees."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def _split(n: int) -> int:
    """The largest power of two below n (n >= 2)."""
    return 1 << (n - 1).bit_length() - 1


class LogStore:
    """One writer, checked by the caller. `size` entries are whole in tiles; the rest is the caller's."""

    def __init__(self, folder: Path) -> None:
        """Raises Corrupt when the tiles do not make the root that was written down."""
        self.folder = folder
        self.size = 0
        self._entries: list[bytes] = []  # of the last, partial bundle
        self._edge: list[list[bytes]] = [[]]  # per level, the hashes of its last, partial tile
        self._cache: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        make_folders(folder / ".state")
        self._recover()

    def _recover(self) -> None:
        data = read_bounded(self.folder / ".state" / "tree", 200)
        if data is None:
            return
        try:
            size_line, root_line = data.decode("ascii").splitlines()
            size, root = int(size_line), base64.b64decode(root_line, validate=True)
        except ValueError as error:
            raise Corrupt(f"{self.folder}/.state/tree can't be read: restore the log's folder from a copy") from error
        self.size = size
        self._edge = self._read_edge(size)
        self._entries = self._read_bundle(size // WIDTH, size % WIDTH) if size % WIDTH else []
        if self.root() != root or [leaf_hash(entry) for entry in self._entries] != self._edge[0]:
            raise Corrupt(f"the log's tiles in {self.folder} do not make its root: restore the folder from a copy")

    def _read_edge(self, size: int) -> list[list[bytes]]:
        edge, level = [], 0
        while size or not level:
            width = size % WIDTH
            data = self._read(tile_path(level, size // WIDTH, width), TILE_BYTES_MAX) if width else b""
            if len(data) != width * HASH_BYTES:
                raise Corrupt(f"the log's last tile of level {level} is damaged: restore the folder from a copy")
            edge.append([data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)])
            size //= WIDTH
            level += 1
        return edge

    def _read(self, path: str, size_max: int) -> bytes:
        data = read_bounded(self.folder / path, size_max)
        if data is None:
            raise Corrupt(f"the log's file {path} is missing: restore the folder from a copy")
        return data

    def _read_bundle(self, index: int, width: int) -> list[bytes]:
        path = entries_path(index, width % WIDTH)
        return list(parse_bundle(self._read(path, BUNDLE_BYTES_MAX), width or WIDTH))

    # ------------------------------------------------------------ writing

    def extend(self, entries: Sequence[bytes]) -> None:
        """Adds entries to the tiles. Durable when it returns. On an error nothing is taken over: call it again."""
        if not entries:
            return
        bundle, edge, size = list(self._entries), [list(level) for level in self._edge], self.size
        done: list[str] = []  # tiles that became full
        files: dict[str, bytes] = {}
        for entry in entries:
            bundle.append(entry)
            size += 1
            _push(edge, files, done, leaf_hash(entry), 0, size)
            if len(bundle) == WIDTH:
                path = entries_path(size // WIDTH - 1, 0)
                files[path] = encode_bundle(bundle)
                done.append(path)
                bundle = []
        if bundle:
            files[entries_path(size // WIDTH, len(bundle))] = encode_bundle(bundle)
        for level, hashes in enumerate(edge):
            if hashes:
                index = (size >> (8 * level)) // WIDTH
                files[tile_path(level, index, len(hashes))] = b"".join(hashes)
        for path, data in files.items():
            target = self.folder / path
            make_folders(target.parent)
            write_durable(target, data)
        before = self._entries, self._edge, self.size
        self._entries, self._edge, self.size = bundle, edge, size
        try:
            state = f"{size}\n{base64.b64encode(self.root()).decode('ascii')}\n"
            write_durable(self.folder / ".state" / "tree", state.encode("ascii"))
        except AboveboardError:
            self._entries, self._edge, self.size = before
            raise
        for path in done:  # C2SP: partial tiles may go once the full one is there
            shutil.rmtree(self.folder / f"{path}.p", ignore_errors=True)

    # ------------------------------------------------------------ reading

    def entries(self, start: int, stop: int) -> list[bytes]:
        """Entries start .. stop-1 of those in tiles."""
        out: list[bytes] = []
        for index in range(start // WIDTH, -(-stop // WIDTH)):
            last = index == self.size // WIDTH
            bundle = self._entries if last else self._read_bundle(index, 0)
            out += bundle[max(start - index * WIDTH, 0) : stop - index * WIDTH]
        return out

    def _hash(self, level: int, index: int) -> bytes:
        tile, at = divmod(index, WIDTH)
        if tile == (self.size >> (8 * level)) // WIDTH:
            return self._edge[level][at]
        data = self._cache.get((level, tile))
        if data is None:
            data = self._read(tile_path(level, tile, 0), TILE_BYTES_MAX)
            if len(data) != TILE_BYTES_MAX:
                raise Corrupt(f"the log's tile {tile} of level {level} is damaged: restore the folder from a copy")
            self._cache[level, tile] = data
            if len(self._cache) > TILES_CACHED_MAX:
                self._cache.popitem(last=False)
        return data[at * HASH_BYTES : (at + 1) * HASH_BYTES]

    def _mth(self, low: int, high: int) -> bytes:
        """RFC 6962 MTH(D[low:high]); low is a multiple of the largest power of two not above high - low."""
        count = high - low
        if count & (count - 1) == 0:
            level, rest = divmod(count.bit_length() - 1, 8)
            first = low >> (8 * level)
            return fold([self._hash(level, first + i) for i in range(1 << rest)])
        middle = low + _split(count)
        return node_hash(self._mth(low, middle), self._mth(middle, high))

    def root(self, size: int | None = None) -> bytes:
        """The tree's root at a size it has had."""
        size = self.size if size is None else size
        return self._mth(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """RFC 6962 2.1.1 PATH(index, D[0:size])."""
        return self._path(index, 0, size)

    def _path(self, index: int, low: int, high: int) -> list[bytes]:
        if high - low == 1:
            return []
        middle = low + _split(high - low)
        if index < middle:
            return [*self._path(index, low, middle), self._mth(middle, high)]
        return [*self._path(index, middle, high), self._mth(low, middle)]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """RFC 6962 2.1.2 PROOF(old, D[0:new]); empty for old 0 or equal sizes."""
        return self._subproof(old, 0, new, True) if 0 < old < new else []

    def _subproof(self, old: int, low: int, high: int, whole: bool) -> list[bytes]:
        if old == high:
            return [] if whole else [self._mth(low, high)]
        middle = low + _split(high - low)
        if old <= middle:
            return [*self._subproof(old, low, middle, whole), self._mth(middle, high)]
        return [*self._subproof(old, middle, high, False), self._mth(low, middle)]


def _push(
    edge: list[list[bytes]], files: dict[str, bytes], done: list[str], value: bytes, level: int, size: int
) -> None:
    """Adds one hash to a level's last tile; a tile that is full goes to `files` and its root a level up."""
    if level == len(edge):
        edge.append([])
    edge[level].append(value)
    if len(edge[level]) == WIDTH:
        path = tile_path(level, (size >> (8 * (level + 1))) - 1, 0)
        files[path] = b"".join(edge[level])
        done.append(path)
        full, edge[level] = edge[level], []
        _push(edge, files, done, fold(full), level + 1, size)
