"""The sealed segment: the only form in which recorded data leaves the laptop. Specified in docs/spec/segment.md.

    file      = "ABV1" || u32 (big-endian) length of manifest || manifest || 64-byte signature || age file
    manifest  = canonical JSON; signed by the device in context "segment"
    age file  = to the epoch's recipient, of: u32 (big-endian) length of body || body || zero padding to a size class
    body      = zstd of MessagePack of SegmentBody

Nothing outside the seal tells a time, an app, or how much happened: sizes are classes, times are inside.
"""

from __future__ import annotations

import re
import struct

import msgspec
import pyrage
import zstandard

from aboveboard.core.canonical import canonical
from aboveboard.core.errors import BadInput, ChainError, Corrupt, SignatureError
from aboveboard.core.events import KeptEvent, Redacted
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, EpochId, PolicyId, SegmentId, sha256_hex
from aboveboard.core.signing import SigningKey, VerifyKey

MAGIC = b"ABV1"
CONTEXT = "segment"
SIZE_CLASSES = tuple(1 << k for k in range(12, 23))  # 4 KiB to 4 MiB of plaintext
BODY_BYTES_MAX = 32 << 20  # unpacked
MANIFEST_BYTES_MAX = 4096
HEAD_BYTES_MAX = 8 + MANIFEST_BYTES_MAX + 64
FILE_BYTES_MAX = 5 << 20
GENESIS = "0" * 64  # "prev" of a device's first segment
SEQ_MAX = (1 << 53) - 1
# Names of 32 or 64 hex digits: there is no room in an open manifest for anything that says something.
_NAMES = {"contributor": 32, "device": 32, "epoch": 32, "prev": 64, "policy": 64, "consent": 64, "sealed_sha256": 64}
_HEX = re.compile(r"[0-9a-f]*")


class SegmentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the seal holds: every instant from start_us to end_us is covered by events or by a Gap.

    session: random hex, new at every start of the recorder: placeholders mean the same within one only.
    start_us of a device's segment equals end_us of the one before it within a session.
    """

    session: str
    start_us: int
    end_us: int
    events: tuple[KeptEvent, ...]
    v: int = 1


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The open part. seq counts from 0 per device; prev is the segment ID before it, GENESIS for the first;
    sealed_sha256 and sealed_size are those of the age file."""

    contributor: ContributorId
    device: DeviceId
    seq: int
    prev: str
    epoch: EpochId
    policy: PolicyId
    consent: ConsentId
    sealed_sha256: str
    sealed_size: int
    v: int = 1

    def to_bytes(self) -> bytes:
        return canonical(msgspec.to_builtins(self))

    def check(self) -> None:
        """Raises Corrupt for a version, number or name that the specification does not allow."""
        if self.v != 1:
            raise Corrupt(f"the segment's version {self.v} is not known")
        if not 0 <= self.seq <= SEQ_MAX or not 0 < self.sealed_size <= FILE_BYTES_MAX:
            raise Corrupt("a number of the segment's manifest is out of its range")
        for name, digits in _NAMES.items():
            value = getattr(self, name)
            if len(value) != digits or not _HEX.fullmatch(value):
                raise Corrupt(f"the manifest's {name} is not {digits} hex digits")

    @property
    def segment_id(self) -> SegmentId:
        return SegmentId(sha256_hex(self.to_bytes()))

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """From untrusted bytes, which have to be the canonical ones with every field: one manifest has one hash. Raises
        Corrupt."""
        if len(data) > MANIFEST_BYTES_MAX:
            raise Corrupt(f"a segment's manifest is at most {MANIFEST_BYTES_MAX} bytes")
        try:
            manifest = _manifest_decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Corrupt(f"the segment's manifest can't be read: {error}") from error
        manifest.check()
        # Of hex digits and whole numbers RFC 8785 asks no more than the fields in order. Whatever was given twice, left
        # out or written in another way is not what comes out here.
        if _manifest_encoder.encode(manifest) != data:
            raise Corrupt("the segment's manifest is not in canonical form (RFC 8785), or lacks a field")
        return manifest


class SealedSegment(msgspec.Struct, frozen=True):
    """A parsed segment file; signature not yet verified."""

    manifest: Manifest
    signature: bytes
    sealed: bytes

    def to_bytes(self) -> bytes:
        manifest = self.manifest.to_bytes()
        return MAGIC + struct.pack(">I", len(manifest)) + manifest + self.signature + self.sealed

    def verify(self, device_key: VerifyKey) -> None:
        """Raises SignatureError or Corrupt: the manifest is the device's and the sealed bytes are the manifest's."""
        device_key.verify(CONTEXT, self.manifest.to_bytes(), self.signature)
        if len(self.sealed) != self.manifest.sealed_size or sha256_hex(self.sealed) != self.manifest.sealed_sha256:
            raise Corrupt(f"segment {self.manifest.seq}: the sealed bytes are not those of its manifest")


_manifest_decoder = msgspec.json.Decoder(Manifest)
_manifest_encoder = msgspec.json.Encoder(order="sorted")
_body_encoder = msgspec.msgpack.Encoder()
_body_decoder = msgspec.msgpack.Decoder(SegmentBody)


def seal(
    events: list[Redacted],
    *,
    session: str,
    start_us: int,
    end_us: int,
    seq: int,
    prev: str,
    contributor: ContributorId,
    device: DeviceId,
    epoch: EpochId,
    recipient: str,
    policy: PolicyId,
    consent: ConsentId,
    device_key: SigningKey,
) -> SealedSegment:
    """Seals redacted events to the age `recipient`. Raises BadInput when they don't fit the largest size class."""
    body = SegmentBody(session, start_us, end_us, tuple(item.event for item in events))
    packed = zstandard.ZstdCompressor(level=9).compress(_body_encoder.encode(body))
    plaintext = struct.pack(">I", len(packed)) + packed
    size = next((s for s in SIZE_CLASSES if s >= len(plaintext)), None)
    if size is None:
        raise BadInput(f"{len(plaintext)} bytes are over the largest size class: seal fewer events at once")
    sealed = pyrage.encrypt(plaintext.ljust(size, b"\0"), [pyrage.x25519.Recipient.from_str(recipient)])
    manifest = Manifest(contributor, device, seq, prev, epoch, policy, consent, sha256_hex(sealed), len(sealed))
    return SealedSegment(manifest, device_key.sign(CONTEXT, manifest.to_bytes()), sealed)


def parse(data: bytes) -> SealedSegment:
    """Splits a segment file from untrusted bytes. Raises Corrupt. Verifies no signature: call verify()."""
    if len(data) > FILE_BYTES_MAX:
        raise Corrupt(f"a segment file is at most {FILE_BYTES_MAX} bytes")
    head = parse_head(data)
    return SealedSegment(head.manifest, head.signature, data[head.size :])


class Head(msgspec.Struct, frozen=True):
    """What stands before the age file. manifest_bytes: as they came, and so what was signed; size: of all of it."""

    manifest: Manifest
    manifest_bytes: bytes
    signature: bytes
    size: int


def parse_head(data: bytes) -> Head:
    """From the beginning of a segment file, HEAD_BYTES_MAX of it at least, or all. Raises Corrupt."""
    if data[:4] != MAGIC or len(data) < 8:
        raise Corrupt("not a segment file")
    (length,) = struct.unpack(">I", data[4:8])
    if length > MANIFEST_BYTES_MAX or len(data) < 8 + length + 64:
        raise Corrupt("the segment file is cut off or its manifest is too long")
    signed = data[8 : 8 + length]
    return Head(Manifest.parse(signed), signed, data[8 + length : 72 + length], 72 + length)


def unseal(segment: SealedSegment, identity: str) -> SegmentBody:
    """Opens the seal with the epoch's age secret (`AGE-SECRET-KEY-1...`). Raises Corrupt or SignatureError."""
    try:
        plaintext = pyrage.decrypt(segment.sealed, [pyrage.x25519.Identity.from_str(identity)])
    except pyrage.DecryptError as error:
        raise SignatureError(f"segment {segment.manifest.seq} can't be opened with this key") from error
    if len(plaintext) not in SIZE_CLASSES:
        raise Corrupt("the sealed content has no known size class")
    (length,) = struct.unpack(">I", plaintext[:4])
    if length > len(plaintext) - 4:
        raise Corrupt("the sealed content is cut off")
    if any(plaintext[4 + length :]):
        raise Corrupt("the sealed content's padding is not zero")
    try:
        reader = zstandard.ZstdDecompressor().stream_reader(plaintext[4 : 4 + length])
        packed = reader.read(BODY_BYTES_MAX + 1)
        if len(packed) > BODY_BYTES_MAX:
            raise Corrupt("the sealed content unpacks to too much")
        return _body_decoder.decode(packed)
    except (zstandard.ZstdError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Corrupt(f"the sealed content can't be read: {error}") from error


def check_chain(manifests: list[Manifest]) -> None:
    """Raises ChainError unless these are one device's segments from the first on: none dropped, inserted, reordered."""
    prev = GENESIS
    for seq, manifest in enumerate(manifests):
        if manifest.device != manifests[0].device:
            raise ChainError(f"segment {seq} is of another device")
        if manifest.seq != seq:
            raise ChainError(f"segment {seq} is missing: number {manifest.seq} stands in its place")
        if manifest.prev != prev:
            raise ChainError(f"segment {seq} does not follow the one before it")
        prev = manifest.segment_id
