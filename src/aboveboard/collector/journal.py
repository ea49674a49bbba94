"""The log's journal: what was acknowledged but is not yet in tiles. One fsync an append.

    frame = "ABJ1" || u64 index of the first entry || u32 number of entries || u32 length of payload
            || payload || SHA-256 of everything before in the frame           (integers big-endian)
    payload = entries, each with its length as u16 in front (as in a C2SP entry bundle)

A frame counts whole or not at all. A last frame that is cut off was never acknowledged and is dropped at the
next start; a bad frame with others behind it is damage, and the log stops.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Sequence
from pathlib import Path

from aboveboard.core.errors import Corrupt, Unavailable
from aboveboard.wire.durable import sync_folder, write_all

MAGIC = b"ABJ1"
HEAD = struct.Struct(">4sQII")
DIGEST_BYTES = 32
ENTRY_BYTES_MAX = 65535
PAYLOAD_BYTES_MAX = 64 << 20


def encode_frame(first: int, entries: Sequence[bytes]) -> bytes:
    payload = b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)
    frame = HEAD.pack(MAGIC, first, len(entries), len(payload)) + payload
    return frame + hashlib.sha256(frame).digest()


def _decode_payload(payload: bytes, count: int) -> list[bytes]:
    entries, at = [], 0
    for _ in range(count):
        (length,) = struct.unpack_from(">H", payload, at)
        entries.append(payload[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(payload):
        raise Corrupt("a frame of the log's journal holds more than it says")
    return entries


def decode_frames(data: bytes) -> tuple[list[tuple[int, list[bytes]]], int]:
    """(frames as (first index, entries), length of the good part). Raises Corrupt for damage before the last frame."""
    frames: list[tuple[int, list[bytes]]] = []
    at = 0
    while at < len(data):
        rest = len(data) - at
        if rest < HEAD.size:
            break  # cut off in the head
        magic, first, count, length = HEAD.unpack_from(data, at)
        if magic != MAGIC or length > PAYLOAD_BYTES_MAX:
            if not any(data[at:]):
                break  # a file grown by the system whose bytes never came
            raise Corrupt(f"the log's journal is damaged at byte {at}: restore the log's folder from a copy")
        whole = HEAD.size + length + DIGEST_BYTES
        if rest < whole:
            break  # cut off in the payload
        body, digest = data[at : at + whole - DIGEST_BYTES], data[at + whole - DIGEST_BYTES : at + whole]
        if hashlib.sha256(body).digest() != digest:
            if rest == whole:
                break  # the last write, torn
            raise Corrupt(f"the log's journal is damaged at byte {at}: restore the log's folder from a copy")
        frames.append((first, _decode_payload(body[HEAD.size :], count)))
        at += whole
    return frames, at


class Journal:
    """Open for one writer. After a failed write that can't be undone it takes nothing more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._length = 0
        self._broken = False

    def open(self) -> list[tuple[int, list[bytes]]]:
        """What it holds; cuts off a torn last frame. Raises Corrupt or Unavailable."""
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            frames, good = decode_frames(self._path.read_bytes())
            if good != os.fstat(self._descriptor).st_size:
                os.ftruncate(self._descriptor, good)
            os.fsync(self._descriptor)
            sync_folder(self._path.parent)
        except OSError as error:
            raise Unavailable(f"can't open the log's journal {self._path}: {error.strerror}") from error
        self._length = good
        return frames

    def append(self, first: int, entries: Sequence[bytes]) -> None:
        """Durable when it returns. Raises Unavailable: then nothing was added."""
        if self._broken:
            raise Unavailable("the log's journal could not be written: mend the disk, then start the collector again")
        frame = encode_frame(first, entries)
        self._broken = True  # until all of it is done: after a failed fsync nobody knows what the disk holds
        try:
            self._write(frame)
            os.fsync(self._descriptor)
        except OSError as error:
            raise Unavailable(f"the log can't be written: {error.strerror}") from error
        self._length += len(frame)
        self._broken = False

    def _write(self, frame: bytes) -> None:
        try:
            write_all(self._descriptor, frame)
        except OSError:  # a full disk: take back the half that was written, then others may try again later
            os.ftruncate(self._descriptor, self._length)
            self._broken = False
            raise

    def empty(self) -> None:
        """Forgets everything. Frames that come back after a crash are known by their index."""
        if self._length:
            try:
                os.ftruncate(self._descriptor, 0)
                os.fsync(self._descriptor)
            except OSError as error:
                self._broken = True
                raise Unavailable(f"the log can't be written: {error.strerror}") from error
            self._length = 0

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
