"""A chunk of the spool: redacted events of one stretch of time, encrypted and authenticated on disk.

    <n>.chunk = 12-byte nonce || ChaCha20-Poly1305 (RFC 8439) of zstd of MessagePack of Chunk
    associated data: the file's name
    <n>.open  = frames: u32 (little-endian) length || the same without zstd, of a stretch
    associated data: "<n>.open/<number of frame>"

A chunk grows in an .open file, frame by frame; then it is written as a whole, with pointer paths that follow each other
joined. Frames after the first leave out the terms. The name counts up and tells no time.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from functools import lru_cache

import msgspec
import numpy as np
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aboveboard.core.columns import VALUES_MAX, decode_column, encode_column, last_value
from aboveboard.core.errors import Corrupt
from aboveboard.core.events import (
    Correction,
    Crop,
    Frame,
    Gap,
    GapReason,
    KeptEvent,
    PointerPath,
    Redacted,
    Task,
    Text,
    only_corrects,
)
from aboveboard.core.frames import whole_again

UNPACKED_BYTES_MAX = 32 << 20
NONCE_BYTES = 12


class Chunk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Covers [start_us, end_us) of a session. apps: the app of each event, for deleting by app."""

    session: str
    policy: str
    consent: str
    epoch: str
    start_us: int
    end_us: int
    events: tuple[KeptEvent, ...]
    apps: tuple[str, ...]

    def redacted(self) -> list[Redacted]:
        """The events as what they were when they were spooled: this chunk was authenticated as our own."""
        return [Redacted(event, app) for event, app in zip(self.events, self.apps, strict=True)]


def times_of(event: KeptEvent) -> tuple[int, int]:
    """First and last moment an event speaks of."""
    if isinstance(event, PointerPath):
        return event.t_us, event.t_us + last_value(event.t, event.n)
    return event.t_us, event.end_us if isinstance(event, Gap | Text) else event.t_us


def without(chunk: Chunk, from_us: int, until_us: int, app: str | None, reason: GapReason) -> tuple[Chunk, int]:
    """The chunk without what lies in [from_us, until_us) (of one app, if given), and a Gap in its place; and how many
    events that was. Of a pointer's path, what lies outside stays."""
    if only_corrects(chunk.events):
        return _fewer_corrections(chunk, from_us, until_us) if app is None else (chunk, 0)
    start, end = max(chunk.start_us, from_us), min(chunk.end_us, until_us)
    last = max(end, start + 1) if until_us > start else start  # of a chunk after the span, nothing but frames can go
    kept: list[tuple[KeptEvent, str]] = []
    doomed: list[tuple[int, int]] = []
    gone: list[KeptEvent] = []
    for event, its in zip(chunk.events, chunk.apps, strict=True):
        first_us, last_us = times_of(event)
        if isinstance(event, Frame | Crop):
            # It may show what was to be seen in an earlier chunk. A frame shows every app there was.
            if event.seen_us < until_us and event.t_us >= from_us and (app in (None, its) or isinstance(event, Frame)):
                doomed.append((first_us, last_us))
                gone.append(event)
            else:
                kept.append((event, its))
            continue
        if isinstance(event, Gap) or last_us < start or first_us >= last or (app is not None and its != app):
            kept.append((event, its))
            continue
        doomed.append((first_us, last_us))
        if isinstance(event, PointerPath):
            kept += [(part, its) for part in _outside(event, start, last)]
    if not doomed:
        return chunk, 0
    if app is not None:
        start = max(start, min(first_us for first_us, _ in doomed))
        end = min(end, max(last_us for _, last_us in doomed) + 1)
    kept.append((Gap(t_us=start, end_us=min(max(end, start), chunk.end_us), reason=reason), ""))
    kept.sort(key=lambda pair: pair[0].t_us)
    events = whole_again([event for event, _ in kept], gone)
    less = msgspec.structs.replace(chunk, events=events, apps=tuple(its for _, its in kept))
    return less, len(doomed)


def _fewer_corrections(chunk: Chunk, from_us: int, until_us: int) -> tuple[Chunk, int]:
    """Without those made in the span, or of a task that was begun in it: none stays behind what it speaks of."""
    kept = tuple(
        event for event in chunk.events
        if not (isinstance(event, Correction) and any(from_us <= at < until_us for at in (event.t_us, event.task_us)))
    )  # fmt: skip
    return msgspec.structs.replace(chunk, events=kept, apps=("",) * len(kept)), len(chunk.events) - len(kept)


def corrected(chunk: Chunk, better: Correction) -> tuple[Chunk, int]:
    """The chunk with `better` in the place of the description that it corrects, and of earlier corrections of it; and
    in how many places that was."""
    events, count = list(chunk.events), 0
    for n, event in enumerate(events):
        match event:
            case Task(phase="start") if (chunk.session, event.t_us) == (better.session, better.task_us):
                events[n] = msgspec.structs.replace(event, description=better.description)
            case Correction() if (event.session, event.task_us) == (better.session, better.task_us):
                events[n] = better
            case _:
                continue
        count += 1
    return msgspec.structs.replace(chunk, events=tuple(events)), count


def _outside(path: PointerPath, from_us: int, until_us: int) -> list[PointerPath]:
    """What of a path lies before and after the span."""
    t, x, y = (decode_column(column, path.n) for column in (path.t, path.x, path.y))
    times = t + path.t_us
    found = []
    for part in (times < from_us, times >= until_us):
        if part.any():
            first = int(times[part][0])
            columns = (encode_column(column) for column in (times[part] - first, x[part], y[part]))
            found.append(PointerPath(first, int(part.sum()), *columns))
    return found


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Chunk)


@lru_cache(maxsize=2)
def _cipher(key: bytes) -> ChaCha20Poly1305:
    """Making one costs three times as much as using it."""
    return ChaCha20Poly1305(key)


_LEVEL = 9  # of zstd: once for a minute's chunk
_FRAME = struct.Struct("<I")


def _sealed(plain: bytes, name: str, key: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, plain, name.encode())


def _opened(data: bytes, name: str, key: bytes) -> bytes:
    return _cipher(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], name.encode())


def lock_up(chunk: Chunk, name: str, key: bytes) -> bytes:
    """The file's bytes. What compresses takes megabytes, and is gone when it returns."""
    return _sealed(zstandard.ZstdCompressor(level=_LEVEL).compress(_encoder.encode(chunk)), name, key)


def unlock(data: bytes, name: str, key: bytes) -> Chunk:
    """Raises Corrupt for bytes that are not a chunk of ours under that name."""
    try:
        packed = _opened(data, name, key)
        plain = zstandard.ZstdDecompressor().stream_reader(packed).read(UNPACKED_BYTES_MAX + 1)
        if len(plain) > UNPACKED_BYTES_MAX:
            raise Corrupt(f"spool chunk {name} is too large")
        return _decoder.decode(plain)
    except (InvalidTag, ValueError, zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise Corrupt(f"spool chunk {name} can't be read: it is left where it is, and is not sent") from error


def frame(chunk: Chunk, name: str, number: int, key: bytes) -> bytes:
    """The bytes that add a stretch to an open chunk as its frame `number`. Not compressed: for so little, setting that
    up costs more than all the rest, and the file is gone within a minute."""
    if number:
        chunk = msgspec.structs.replace(chunk, session="", policy="", consent="", epoch="")
    data = _sealed(_encoder.encode(chunk), f"{name}/{number}", key)
    return _FRAME.pack(len(data)) + data


def whole_frames(data: bytes, name: str, key: bytes) -> list[Chunk]:
    """The stretches of an open chunk, up to where a crash cut it off."""
    found: list[Chunk] = []
    at = 0
    while at + _FRAME.size <= len(data):
        (size,) = _FRAME.unpack_from(data, at)
        at += _FRAME.size
        if at + size > len(data):
            break
        try:
            found.append(_decoder.decode(_opened(data[at : at + size], f"{name}/{len(found)}", key)))
        except (InvalidTag, ValueError, msgspec.MsgspecError):
            break
        at += size
    return found


def joined(parts: Sequence[Chunk]) -> Chunk:
    """One chunk of stretches that follow each other; the terms are the first one's."""
    events: list[KeptEvent] = []
    apps: list[str] = []
    run: list[PointerPath] = []
    for part in parts:
        for event, app in zip(part.events, part.apps, strict=True):
            if isinstance(event, PointerPath):
                if run and not (apps[-1] == app and _goes_on(run, event)):
                    events[-1], run = _one_path(run), []
                if not run:
                    events.append(event)
                    apps.append(app)
                run.append(event)
                continue
            if run:
                events[-1], run = _one_path(run), []
            events.append(event)
            apps.append(app)
    if run:
        events[-1] = _one_path(run)
    return msgspec.structs.replace(parts[0], end_us=parts[-1].end_us, events=tuple(events), apps=tuple(apps))


def _goes_on(run: Sequence[PointerPath], path: PointerPath) -> bool:
    """Whether a path can be one with those before it: not too long, and in step with the display's milliseconds."""
    short = sum(each.n for each in run) + path.n <= VALUES_MAX and path.t_us - run[0].t_us < 1 << 31
    return short and (path.t_us - run[0].t_us) % 1000 == 0


def _one_path(run: Sequence[PointerPath]) -> PointerPath:
    first = run[0]
    if len(run) == 1:
        return first
    t = np.concatenate([decode_column(each.t, each.n) + (each.t_us - first.t_us) for each in run])
    x = np.concatenate([decode_column(each.x, each.n) for each in run])
    y = np.concatenate([decode_column(each.y, each.n) for each in run])
    return PointerPath(first.t_us, len(t), encode_column(t), encode_column(x), encode_column(y))
