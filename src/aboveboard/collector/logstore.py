"""The tree as plain files, C2SP tlog-tiles: what any web server can serve and any auditor can read.

    tile/<L>/<N>[.p/<W>]        256 (or W) hashes; level 0: of entries, above: of full tiles of the level below
    tile/entries/<N>[.p/<W>]    the entries themselves
    .state/tree                 "<size>\\n<base64 of root>\\n": how far the tiles are whole

`extend` writes bundles and hash tiles, then `.state/tree`; a crash in between leaves files that the next run
writes again with the same content, since the entries are already in the journal.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aboveboard.collector.tilenodes import TILE_BYTES, TileNodes, fold
from aboveboard.core.errors import Corrupt
from aboveboard.core.frontier import Frontier
from aboveboard.core.merkle import EMPTY_ROOT, HASH_BYTES, consistency_path, inclusion_path, leaf_hash, range_root
from aboveboard.core.tiles import WIDTH, encode_bundle, entries_path, parse_bundle, parse_tile_path, tile_path
from aboveboard.wire.durable import make_folders, read_bounded, write_durable, write_files_durable

BUNDLE_BYTES_MAX = WIDTH * (2 + 65535)


@dataclass(slots=True)
class _Edge:
    """What is not full yet. bundle: the last entries; levels: per level the hashes of its last tile, one string."""

    size: int = 0
    bundle: list[bytes] = field(default_factory=list)
    levels: list[bytes] = field(default_factory=lambda: [b""])


class LogStore:
    """One writer, checked by the caller. `size` entries are whole in tiles; the rest is the caller's."""

    def __init__(self, folder: Path) -> None:
        """Raises Corrupt when the tiles do not make the root that was written down."""
        self.folder = folder
        self._edge = _Edge()
        self._nodes = TileNodes(folder)
        self._outgrown: list[Path] = []  # folders of partial tiles whose full tile is there
        make_folders(folder / ".state")
        self._recover()

    @property
    def size(self) -> int:
        return self._edge.size

    def _recover(self) -> None:
        data = read_bounded(self.folder / ".state" / "tree", 200)
        if data is None:
            return
        try:
            size_line, root_line = data.decode("ascii").splitlines()
            size, root = int(size_line), base64.b64decode(root_line, validate=True)
        except ValueError as error:
            raise Corrupt(f"{self.folder}/.state/tree can't be read: restore the log's folder from a copy") from error
        self._edge.size = size
        self._edge.levels = self._read_levels(size)
        self._edge.bundle = self._read_bundle(size // WIDTH, size % WIDTH) if size % WIDTH else []
        if self.root() != root or b"".join(map(leaf_hash, self._edge.bundle)) != self._edge.levels[0]:
            raise Corrupt(f"the log's tiles in {self.folder} do not make its root: restore the folder from a copy")

    def _read_levels(self, size: int) -> list[bytes]:
        levels: list[bytes] = []
        while size or not levels:
            width = size % WIDTH
            data = self._read(tile_path(len(levels), size // WIDTH, width), TILE_BYTES) if width else b""
            if len(data) != width * HASH_BYTES:
                raise Corrupt(f"the log's last tile of level {len(levels)} is damaged: restore the folder from a copy")
            levels.append(data)
            size //= WIDTH
        return levels

    def _read(self, path: str, size_max: int) -> bytes:
        data = read_bounded(self.folder / path, size_max)
        if data is None:
            raise Corrupt(f"the log's file {path} is missing: restore the folder from a copy")
        return data

    def _read_bundle(self, index: int, width: int) -> list[bytes]:
        path = entries_path(index, width % WIDTH)
        return parse_bundle(self._read(path, BUNDLE_BYTES_MAX), width or WIDTH)

    # ------------------------------------------------------------ writing

    def extend(self, entries: Sequence[bytes], hashes: Sequence[bytes]) -> None:
        """Adds entries, with their leaf hashes, to the tiles. Durable when it returns.

        On an error nothing is taken over: call it again with the same entries.
        """
        if not entries:
            return
        before, edge = self._edge, _Edge(self.size, list(self._edge.bundle), list(self._edge.levels))
        files: dict[str, bytes] = {}
        full: list[str] = []
        at = 0
        while at < len(entries):
            end = at + WIDTH - len(edge.bundle)
            edge.bundle += entries[at:end]
            edge.levels[0] += b"".join(hashes[at:end])
            edge.size += min(end, len(entries)) - at
            if len(edge.bundle) == WIDTH:
                path = entries_path(edge.size // WIDTH - 1)
                files[path] = encode_bundle(edge.bundle)
                full.append(path)
                edge.bundle = []
                self._carry(edge, files, full)
            at = end
        files |= _partial_files(edge)
        write_files_durable(self.folder, files)
        self._edge = edge
        try:
            state = f"{edge.size}\n{base64.b64encode(self.root()).decode('ascii')}\n"
            write_durable(self.folder / ".state" / "tree", state.encode("ascii"))
        except BaseException:
            self._edge = before
            raise
        self._outgrown += [found for path in full if (found := self.folder / f"{path}.p").is_dir()]

    def _carry(self, edge: _Edge, files: dict[str, bytes], full: list[str]) -> None:
        """Writes full tiles, from level 0 up, and hands their roots to the level above."""
        level = 0
        while len(edge.levels[level]) == TILE_BYTES:
            index = (edge.size >> (8 * (level + 1))) - 1
            path = tile_path(level, index)
            files[path] = edge.levels[level]
            full.append(path)
            if level + 1 == len(edge.levels):
                edge.levels.append(b"")
            edge.levels[level + 1] += self._nodes.complete(level, index, edge.levels[level])
            edge.levels[level] = b""
            level += 1

    def outgrown(self) -> list[Path]:
        """Folders of partial tiles that full ones have replaced at this size."""
        return list(self._outgrown)

    def prune(self, folders: Sequence[Path]) -> None:
        """Removes such folders: call it once the checkpoint that is served no longer needs them."""
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        self._outgrown = [folder for folder in self._outgrown if folder not in folders]

    # ------------------------------------------------------------ reading

    def entries(self, start: int, stop: int) -> list[bytes]:
        """Entries start .. stop-1 of those in tiles."""
        out: list[bytes] = []
        for index in range(start // WIDTH, -(-stop // WIDTH)):
            last = index == self.size // WIDTH
            bundle = self._edge.bundle if last else self._read_bundle(index, 0)
            out += bundle[max(start - index * WIDTH, 0) : stop - index * WIDTH]
        return out

    def _mth(self, low: int, high: int) -> bytes:
        return range_root(low, high, self._node)

    def _node(self, first: int, height: int) -> bytes:
        level, rest = divmod(height, 8)
        start = first >> (8 * level)
        if start // WIDTH < self.size >> (8 * (level + 1)):
            return self._nodes.node(level, start, rest)
        at = start % WIDTH * HASH_BYTES
        return fold(self._edge.levels[level][at : at + (HASH_BYTES << rest)])

    def root(self, size: int | None = None) -> bytes:
        """The tree's root at a size it has had."""
        size = self.size if size is None else size
        return self._mth(0, size) if size else EMPTY_ROOT

    def frontier(self) -> Frontier:
        """A tree of the same entries that can grow in memory."""
        roots, low = [], 0
        for bit in reversed(range(self.size.bit_length())):
            if self.size >> bit & 1:
                roots.append(self._mth(low, low + (1 << bit)))
                low += 1 << bit
        return Frontier(self.size, roots)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """RFC 6962 2.1.1 PATH(index, D[0:size])."""
        return inclusion_path(index, size, self._mth)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """RFC 6962 2.1.2 PROOF(old, D[0:new]); empty for old 0 or equal sizes."""
        return consistency_path(old, new, self._mth) if 0 < old < new else []


def read_tile(folder: Path, path: str) -> bytes | None:
    """What is served under a path: None when it is no tile's or isn't there.

    A partial tile that is gone is cut out of its full one, for readers who hold an older checkpoint.
    """
    place = parse_tile_path(path)
    if place is None:
        return None
    data = read_bounded(folder / path, BUNDLE_BYTES_MAX)
    if data is not None or place.width == WIDTH:
        return data
    whole = read_bounded(folder / replace(place, width=WIDTH).path(), BUNDLE_BYTES_MAX)
    if whole is None:
        return None
    if place.level is None:
        return encode_bundle(parse_bundle(whole, WIDTH)[: place.width])
    return whole[: place.width * HASH_BYTES]


def _partial_files(edge: _Edge) -> dict[str, bytes]:
    """The last bundle and the last tile of each level, as far as there is anything in them."""
    files = {}
    if edge.bundle:
        files[entries_path(edge.size // WIDTH, len(edge.bundle))] = encode_bundle(edge.bundle)
    for level, hashes in enumerate(edge.levels):
        if hashes:
            files[tile_path(level, edge.size >> (8 * (level + 1)), len(hashes) // HASH_BYTES)] = hashes
    return files
