"""Looks for canaries in every file a run left, sealed ones opened first.

Reads files in pieces that overlap, so memory stays bounded and no canary hides on an edge. Containers (zstd,
Parquet, PNG text) are not guessed at: the caller opens what it can open and hands in the plain bytes as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aboveboard.demo.canaries import Canary, encodings

PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """A canary's name and where it was found; never its value."""

    canary: str
    where: str


def pieces_of(path: Path, overlap: int) -> Iterator[bytes]:
    """The file in pieces of PIECE_BYTES, each beginning with the last `overlap` bytes of the one before."""
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield tail + piece
            tail = (tail + piece)[-overlap:]


class Search:
    """Counts what it read and collects what it found."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self._needles = [(canary.name, needle) for canary in canaries for needle in encodings(canary)]
        self._overlap = max((len(needle) for _, needle in self._needles), default=1)
        self.findings: set[Finding] = set()
        self.files = 0
        self.bytes = 0

    def plain(self, data: bytes, where: str) -> None:
        """Searches bytes that were opened by the caller."""
        self.bytes += len(data)
        self.findings.update(Finding(name, where) for name, needle in self._needles if needle in data)

    def tree(self, root: Path) -> None:
        """Searches every regular file below root, and every file's name."""
        for path in sorted(root.rglob("*")):
            self.plain(str(path.relative_to(root)).encode(), f"name of {path.relative_to(root)}")
            if path.is_file() and not path.is_symlink():
                self.files += 1
                for piece in pieces_of(path, self._overlap):
                    self.plain(piece, str(path.relative_to(root)))
