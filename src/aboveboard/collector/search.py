"""Looks for canaries in everything a collector keeps: files, rows, objects. It changes nothing and shows no canary."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from aboveboard.collector.storage.blobs import Blobs, pieces
from aboveboard.collector.storage.sql import Database
from aboveboard.collector.storage.tables import metadata
from aboveboard.core.errors import BadInput

CANARY_CHARACTERS_MIN, CANARY_CHARACTERS_MAX = 6, 400  # any spelling is shorter than the pieces' overlap


def spellings(canary: str) -> set[bytes]:
    """How it may lie in bytes: UTF-8, UTF-16, hex, and base64 at each of its three alignments."""
    plain = canary.encode()
    found = {plain, canary.encode("utf-16-le"), canary.encode("utf-16-be"), plain.hex().encode(),
             plain.hex().upper().encode()}  # fmt: skip
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        inner = coded[-(-shift * 8 // 6) : len(coded) - 4 if (shift + len(plain)) % 3 else len(coded)]
        found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return {each for each in found if len(each) >= CANARY_CHARACTERS_MIN}


@dataclass
class Search:
    """found: (number of the canary from 1, where). Counts what was looked at."""

    canaries: list[str]
    found: set[tuple[int, str]] = field(default_factory=set)
    files: int = 0
    rows: int = 0
    objects: int = 0
    _needles: list[tuple[int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number, canary in enumerate(self.canaries, 1):
            if not CANARY_CHARACTERS_MIN <= len(canary) <= CANARY_CHARACTERS_MAX:
                raise BadInput(f"has {CANARY_CHARACTERS_MIN} to {CANARY_CHARACTERS_MAX} characters", f"canary {number}")
            self._needles += [(number, each) for each in spellings(canary)]

    def look(self, data: bytes, where: str) -> None:
        self.found.update((number, where) for number, needle in self._needles if needle in data)

    def trees(self, roots: Iterable[Path]) -> None:
        """Every file and every file's name below each. Raises BadInput for one that isn't there."""
        for root in roots:
            if not root.exists():
                raise BadInput("is not there", str(root))
            for path in [root] if root.is_file() else sorted(root.rglob("*")):
                self.look(str(path).encode(), f"the name of {path}")
                if path.is_file():
                    self.files += 1
                    with path.open("rb") as file:
                        for piece in pieces(file.read):
                            self.look(piece, str(path))

    def tables(self, database: Database) -> None:
        """Every value of every row of every table: on PostgreSQL, whose files are elsewhere, the way to look."""
        with database.snapshot() as tx:
            for table in metadata.sorted_tables:
                for row in tx.execute(select(table).execution_options(yield_per=500)):
                    self.rows += 1
                    for name, value in zip(table.columns.keys(), row, strict=True):
                        if isinstance(value, bytes | str):
                            self.look(value if isinstance(value, bytes) else value.encode(), f"{table.name}.{name}")

    def store(self, blobs: Blobs) -> None:
        """Every object and its name."""
        seen: set[str] = set()
        for path, data in blobs.raw():
            if path not in seen:
                seen = {path}
                self.objects += 1
                self.look(path.encode(), f"the name of {path}")
            self.look(data, f"{blobs}/{path}")
