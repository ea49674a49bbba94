"""The log's journal: what was acknowledged but is not yet in tiles. One wait for the disk an append.

    frame = "ABJ1" || u64 index of the first entry || u32 number of entries || u32 length of payload
            || payload || SHA-256 of everything before in the frame           (integers big-endian)
    payload = entries, each with its length as u16 in front (as in a C2SP entry bundle)

A frame counts whole or not at all. Room for frames is written ahead as zeros, so that an append changes neither the
file's length nor where it lies, and the disk has only the frame itself to keep. A last frame that is torn was never
acknowledged and is dropped at the next start; a bad frame with a good one behind it is damage, and the log stops.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Sequence
from pathlib import Path

from aboveboard.core.errors import Corrupt, Unavailable
from aboveboard.wire.durable import pwrite_all, sync_folder

MAGIC = b"ABJ1"
HEAD = struct.Struct(">4sQII")
DIGEST_BYTES = 32
ENTRY_BYTES_MAX = 65535
PAYLOAD_BYTES_MAX = 64 << 20
ROOM_BYTES = 1 << 20


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


def _frame_at(data: bytes, at: int) -> tuple[int, list[bytes], int] | None:
    """(first index, entries, where the next frame begins), None when no whole frame stands there."""
    if len(data) - at < HEAD.size:
        return None
    magic, first, count, length = HEAD.unpack_from(data, at)
    end = at + HEAD.size + length
    if magic != MAGIC or length > PAYLOAD_BYTES_MAX or end + DIGEST_BYTES > len(data):
        return None
    if hashlib.sha256(data[at:end]).digest() != data[end : end + DIGEST_BYTES]:
        return None
    return first, _decode_payload(data[at + HEAD.size : end], count), end + DIGEST_BYTES


def decode_frames(data: bytes) -> tuple[list[tuple[int, list[bytes]]], int]:
    """(frames as (first index, entries), length of the good part). Raises Corrupt for damage before the last frame."""
    frames: list[tuple[int, list[bytes]]] = []
    at = 0
    while (frame := _frame_at(data, at)) is not None:
        frames.append(frame[:2])
        at = frame[2]
    # After a power cut any sector of the last write may be missing, so all that tells it from damage is what follows.
    behind = data.find(MAGIC, at + 1)
    while behind >= 0:
        if _frame_at(data, behind) is not None:
            raise Corrupt(f"the log's journal is damaged at byte {at}: restore the log's folder from a copy")
        behind = data.find(MAGIC, behind + 1)
    return frames, at


class Journal:
    """Open for one writer. After a failed write that can't be undone it takes nothing more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._length = 0  # of the frames
        self._room = 0  # of the file: frames, then zeros
        self._broken = False

    def open(self) -> list[tuple[int, list[bytes]]]:
        """What it holds; cuts off a torn last frame. Raises Corrupt or Unavailable."""
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            frames, good = decode_frames(self._path.read_bytes())
            if good != os.fstat(self._descriptor).st_size:
                os.ftruncate(self._descriptor, good)
            os.fsync(self._descriptor)
            sync_folder(self._path.parent)
        except OSError as error:
            raise Unavailable(f"can't open the log's journal {self._path}: {error.strerror}") from error
        self._length = self._room = good
        return frames

    def append(self, first: int, entries: Sequence[bytes]) -> None:
        """Durable when it returns. Raises Unavailable: then nothing was added."""
        if self._broken:
            raise Unavailable("the log's journal could not be written: mend the disk, then start the collector again")
        frame = encode_frame(first, entries)
        self._broken = True  # until all of it is done: after a failed fsync nobody knows what the disk holds
        try:
            self._write(frame)
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise Unavailable(f"the log can't be written: {error.strerror}") from error
        self._length += len(frame)
        self._broken = False

    def _write(self, frame: bytes) -> None:
        end = self._length + len(frame)
        try:
            if end > self._room:
                room = end + ROOM_BYTES
                pwrite_all(self._descriptor, bytes(room - self._room), self._room)
                os.fsync(self._descriptor)
                self._room = room
            pwrite_all(self._descriptor, frame, self._length)
        except OSError:  # a full disk: take back the half that was written, then others may try again later
            os.ftruncate(self._descriptor, self._length)
            self._room = self._length
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
            self._length = self._room = 0

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
