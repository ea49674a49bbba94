"""A segment as it arrives: everything that can be checked of it from outside the seal, without asking anybody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from aboveboard.collector.storage.blobs import BlobName
from aboveboard.core.errors import BadInput, Corrupt, Refused, SignatureError
from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.signing import VerifyKey
from aboveboard.core.vault import SignedDeviceCert, check_device_cert
from aboveboard.wire.segment import CONTEXT, FILE_BYTES_MAX, HEAD_BYTES_MAX, SIZE_CLASSES, Head, Manifest, parse_head

AGE_HEADER_BYTES_MAX = 16 << 10
_START_BYTES = HEAD_BYTES_MAX + AGE_HEADER_BYTES_MAX + 200
_PAYLOADS = frozenset(16 + size + 16 * -(-size // 65536) for size in SIZE_CLASSES)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A segment that is good by itself: whole, its device's, of a size class. Whether it may come now is another
    question. pieces: the file's bytes, in order; token_sha256: of the token it came with."""

    manifest: Manifest
    manifest_bytes: bytes
    segment: SegmentId
    pieces: tuple[bytes, ...]
    token_sha256: str

    @property
    def blob(self) -> BlobName:
        return BlobName(self.manifest.contributor, self.manifest.epoch, self.segment)


def check_arrival(cert: SignedDeviceCert, token_sha256: str, seq: int, pieces: list[bytes], digest: str) -> Arrival:
    """digest: SHA-256 of the whole as the sender computed it, hex. A body is never copied together: it is hashed, and
    later written, piece by piece.

    A file that is good proves itself, every byte of it: by the device's signature, and the hash of the sealed part
    under it. So `digest` is looked at only when the file is not good, to tell which of the two it is.

    Raises BadInput (damaged on the way, or another's), Corrupt or SignatureError (sent like this), Refused (not of a
    size class).
    """
    pieces = _with_start(pieces)
    size = sum(map(len, pieces))
    try:
        if size > FILE_BYTES_MAX:
            raise Corrupt(f"a segment file is at most {FILE_BYTES_MAX} bytes")
        head = parse_head(pieces[0])
        _device_key(cert).verify(CONTEXT, head.manifest_bytes, head.signature)
        _check_sealed(head, pieces, size - head.size)
    except (Corrupt, SignatureError) as error:
        if _sha256(pieces) != digest:
            raise BadInput("the body is not what its Content-Digest says: send it again", "segment") from error
        raise
    manifest = head.manifest
    if (manifest.device, manifest.contributor, manifest.seq) != (cert.cert.device, cert.cert.contributor, seq):
        raise BadInput("the segment is another device's, or another number", "segment")
    check_size_class(pieces[0][head.size : head.size + _START_BYTES], size - head.size)
    segment = SegmentId(sha256_hex(head.manifest_bytes))
    return Arrival(manifest, head.manifest_bytes, segment, tuple(pieces), token_sha256)


def _sha256(pieces: Iterable[bytes | memoryview]) -> str:
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()


def _with_start(pieces: list[bytes]) -> list[bytes]:
    """The first piece holds everything that is looked into."""
    count, length = 0, 0
    while count < len(pieces) and length < _START_BYTES:
        length += len(pieces[count])
        count += 1
    return pieces if count == 1 else [b"".join(pieces[:count]), *pieces[count:]]


@lru_cache(maxsize=2_000)
def _device_key(cert: SignedDeviceCert) -> VerifyKey:
    return check_device_cert(cert)


def _check_sealed(head: Head, pieces: list[bytes], size: int) -> None:
    sealed = _sha256((memoryview(pieces[0])[head.size :], *pieces[1:]))
    if size != head.manifest.sealed_size or sealed != head.manifest.sealed_sha256:
        raise Corrupt(f"segment {head.manifest.seq}: the sealed bytes are not those of its manifest")


def check_size_class(start: bytes, size: int) -> None:
    """start: the sealed part's beginning; size: its length. Raises Refused unless the age file is as long as one of a
    size class: its size would say how much happened.

    Its header is text that ends with a line `--- <mac>`, and its length says nothing (age adds "grease" to it). Behind
    that, as in the age specification: 16 bytes of nonce, and chunks of 64 KiB with 16 bytes each.
    """
    end = start.find(b"\n--- ", 0, AGE_HEADER_BYTES_MAX)
    payload = start.find(b"\n", end + 1, end + 100) + 1 if end >= 0 else 0
    if not payload or size - payload not in _PAYLOADS:
        raise Refused("size", "the sealed part has the size of no size class")
