"""The guardian's own record of every share it gave: append-only, for representatives to count against the log.

    <home>/releases.jsonl: {"n","at_us","commitment","leaf_index","grant","purpose","prev"} a line, canonical JSON;
    n counts from 1; prev is the SHA-256 of the line before (64 zeros for the first), so that no line goes missing.

A line says nothing about whose key it was: the commitment is salted, and only the person has the salt. A commitment
stands here once, however often the reader asks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.core.canonical import canonical, parse_canonical
from aboveboard.core.errors import BadInput, Corrupt, Unavailable
from aboveboard.core.ids import sha256_hex
from aboveboard.wire.durable import sync_folder, write_all

LINE_BYTES_MAX = 4096
FIRST = "0" * 64


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line. at_us: the guardian's clock; leaf_index: of the key_released entry in the log."""

    n: int
    at_us: int
    commitment: str
    leaf_index: int
    grant: str
    purpose: str
    prev: str


@dataclass(frozen=True, slots=True)
class Giving:
    """What is about to be given."""

    commitment: str
    leaf_index: int
    grant: str
    purpose: str


class Releases:
    """Not for several threads or processes at once: the caller locks."""

    def __init__(self, home: Path) -> None:
        """Reads the record; a last line cut off by a crash was never acted on and goes. Raises Corrupt."""
        self._path = home / "releases.jsonl"
        self._last = FIRST
        self.count = 0
        self._given: set[str] = set()
        good = 0
        for release, line in _lines(self._path):
            self._take(release, line)
            good += len(line) + 1
        if self._path.exists() and self._path.stat().st_size != good:
            os.truncate(self._path, good)

    def _take(self, release: Release, line: bytes) -> None:
        if release.n != self.count + 1 or release.prev != self._last:
            raise Corrupt(f"{self._path} was changed at line {self.count + 1}: keep it as evidence, restore a copy")
        self._last, self.count = sha256_hex(line), release.n
        self._given.add(release.commitment)

    def record(self, giving: Giving, at_us: int) -> None:
        """Durable when it returns; nothing to do for what stands there. Raises Unavailable: then don't give."""
        if giving.commitment in self._given:
            return
        release = Release(
            self.count + 1, at_us, giving.commitment, giving.leaf_index, giving.grant, giving.purpose, self._last
        )
        line = canonical(msgspec.to_builtins(release))
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                length = os.fstat(descriptor).st_size
                try:
                    write_all(descriptor, line + b"\n")
                    os.fsync(descriptor)
                except OSError:
                    os.ftruncate(descriptor, length)
                    raise
            finally:
                os.close(descriptor)
            sync_folder(self._path.parent)
        except OSError as error:
            raise Unavailable(f"the release can't be recorded, so no share is given: {error.strerror}") from error
        self._take(release, line)


def _lines(path: Path) -> list[tuple[Release, bytes]]:
    if not path.exists():
        return []
    *whole, _torn = path.read_bytes().split(b"\n")
    try:
        return [(msgspec.convert(parse_canonical(line, str(path), LINE_BYTES_MAX), Release), line) for line in whole]
    except (BadInput, msgspec.ValidationError) as error:
        raise Corrupt(f"{path} can't be read: keep it as evidence, restore a copy") from error


def read_releases(home: Path) -> list[Release]:
    """The whole record, checked. Raises Corrupt."""
    lines = _lines(home / "releases.jsonl")
    last = FIRST
    for n, (release, line) in enumerate(lines, 1):
        if release.n != n or release.prev != last:
            raise Corrupt(f"{home / 'releases.jsonl'} was changed at line {n}")
        last = sha256_hex(line)
    return [release for release, _ in lines]
