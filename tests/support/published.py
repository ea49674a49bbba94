"""A published log in memory, as files by path, so that tests can change a byte of one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from aboveboard.audit.facts import Facts
from aboveboard.audit.log_reader import LogReading, read_log
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.errors import Corrupt
from aboveboard.core.merkle import leaf_hash, root_of_hashes
from aboveboard.core.tiles import WIDTH, encode_bundle, entries_path, tile_path


class MemorySource:
    """`files` by path; counts what was asked for."""

    name = "memory"

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[str] = []

    def get(self, path: str, size_max: int) -> bytes | None:
        self.asked.append(path)
        data = self.files.get(path)
        if data is not None and len(data) > size_max:
            raise Corrupt(f"{path} is over {size_max} bytes")
        return data


def log_files(entries: Sequence[bytes]) -> dict[str, bytes]:
    """Bundles and tiles, as C2SP tlog-tiles lays them out; written apart from the code under test."""
    files: dict[str, bytes] = {}
    for start in range(0, len(entries), WIDTH):
        part = entries[start : start + WIDTH]
        files[entries_path(start // WIDTH, len(part))] = encode_bundle(part)
    level, hashes = 0, [leaf_hash(entry) for entry in entries]
    while hashes:
        for start in range(0, len(hashes), WIDTH):
            part = hashes[start : start + WIDTH]
            files[tile_path(level, start // WIDTH, len(part))] = b"".join(part)
        whole = len(hashes) // WIDTH
        level, hashes = level + 1, [root_of_hashes(hashes[i * WIDTH : (i + 1) * WIDTH]) for i in range(whole)]
    return files


def checkpoint_of(entries: Sequence[bytes], origin: str = "example.org/log") -> Checkpoint:
    return Checkpoint(origin, len(entries), root_of_hashes([leaf_hash(entry) for entry in entries]))


def reading_of(entries: Sequence[bytes], sizes: Collection[int] = (), wanted: Collection[bytes] = ()) -> LogReading:
    """One pass over these entries."""
    source = MemorySource(log_files(entries))
    return read_log(source, checkpoint_of(entries), Facts(), sizes=sizes, entries=wanted)
