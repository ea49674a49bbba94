"""A chunk of the spool: redacted events of one stretch of time, encrypted and authenticated on disk.

    file = 12-byte nonce || ChaCha20-Poly1305 (RFC 8439) of zstd of MessagePack of Chunk
    associated data: the file's name

The name counts up and tells no time.
"""

from __future__ import annotations

import os

import msgspec
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aboveboard.core.errors import Corrupt
from aboveboard.core.events import Gap, GapReason, KeptEvent, Redacted, Text

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
    return event.t_us, event.end_us if isinstance(event, Gap | Text) else event.t_us


def without(chunk: Chunk, from_us: int, until_us: int, app: str | None, reason: GapReason) -> Chunk:
    """The chunk without what lies in [from_us, until_us) (of one app, if given), and a Gap in its place."""
    start, end = max(chunk.start_us, from_us), min(chunk.end_us, until_us)
    pairs = list(zip(chunk.events, chunk.apps, strict=True))
    doomed = [
        (event, its) for event, its in pairs
        if (app is None or its == app) and times_of(event)[1] >= start and times_of(event)[0] < max(end, start + 1)
        and not isinstance(event, Gap)
    ]  # fmt: skip
    if not doomed:
        return chunk
    if app is not None:
        start = min(times_of(event)[0] for event, _ in doomed)
        end = max(times_of(event)[1] for event, _ in doomed) + 1
    gone = {id(event) for event, _ in doomed}
    kept = [pair for pair in pairs if id(pair[0]) not in gone]
    kept.append((Gap(t_us=start, end_us=min(max(end, start), chunk.end_us), reason=reason), ""))
    kept.sort(key=lambda pair: pair[0].t_us)
    return msgspec.structs.replace(
        chunk, events=tuple(event for event, _ in kept), apps=tuple(its for _, its in kept)
    )  # fmt: skip


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Chunk)


def lock_up(chunk: Chunk, name: str, key: bytes) -> bytes:
    """The file's bytes."""
    packed = zstandard.ZstdCompressor(level=3).compress(_encoder.encode(chunk))
    nonce = os.urandom(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, packed, name.encode())


def unlock(data: bytes, name: str, key: bytes) -> Chunk:
    """Raises Corrupt for bytes that are not a chunk of ours under that name."""
    try:
        packed = ChaCha20Poly1305(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], name.encode())
        plain = zstandard.ZstdDecompressor().stream_reader(packed).read(UNPACKED_BYTES_MAX + 1)
        if len(plain) > UNPACKED_BYTES_MAX:
            raise Corrupt(f"spool chunk {name} is too large")
        return _decoder.decode(plain)
    except (InvalidTag, ValueError, zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise Corrupt(f"spool chunk {name} can't be read: it is left where it is, and is not sent") from error
