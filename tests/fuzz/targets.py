"""What is fuzzed: every parser that a stranger's bytes reach, with what has to hold of what it lets through.

A target takes any bytes. An error raised on purpose is an answer; any other exception is a fault, and so is a record
that is taken and then not the same bytes again: it would have two hashes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec
import pyrage
import zstandard

from aboveboard.collector.arrival import check_arrival
from aboveboard.collector.http.requests import bearer_token, digest_of
from aboveboard.core.access import SignedDeletion, SignedGrant
from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import CharterBundle, SignedCharter
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.consent import SignedConsent
from aboveboard.core.errors import AboveboardError
from aboveboard.core.exemption import SignedExemption
from aboveboard.core.leaves import parse_leaf
from aboveboard.core.notes import Note
from aboveboard.core.policy import Policy, SignedPolicy
from aboveboard.core.proof import BatchProof, LogProof
from aboveboard.core.records import Record
from aboveboard.core.signing import SigningKey
from aboveboard.core.tiles import encode_bundle, parse_bundle, parse_tile_path
from aboveboard.core.tlogpolicy import TrustPolicy
from aboveboard.core.vault import DeviceCert, SignedDeposit, SignedDeviceCert, sign_device_cert
from aboveboard.wire import api
from aboveboard.wire.segment import SIZE_CLASSES, Manifest, SealedSegment, parse, unseal
from aboveboard.witness.server import parse_request

Target = Callable[[bytes], None]
IDENTITY = pyrage.x25519.Identity.from_str(
    "AGE-SECRET-KEY-1N95NQ0CUFM63ATCQFWATY79HKGZP55KFMFLF7C0KDU09JPHMEJ6SLALRVR"  # of tests/vectors/segment.json
)
DEVICE = SigningKey("device", bytes(range(32)))
PERSON = SigningKey("person", bytes(32))
_MANIFEST = Manifest("0" * 32, "0" * 32, 0, "0" * 64, "0" * 32, "0" * 64, "0" * 64, "0" * 64, 1)  # type: ignore[arg-type]
_CERT = sign_device_cert(
    DeviceCert("0" * 32, PERSON.verify_key.encode(), "0" * 32, DEVICE.verify_key.encode()), PERSON  # type: ignore[arg-type]
)  # fmt: skip


def segment(data: bytes) -> None:
    """A segment file, as the auditor and the reader take it."""
    found = parse(data)
    assert found.to_bytes() == data
    found.verify(DEVICE.verify_key)


def arrival(data: bytes) -> None:
    """A segment file, as the collector takes it, in pieces. The first byte says how large they are."""
    step = 1 + (data[0] if data else 0) * 7
    pieces = [data[1:][at : at + step] for at in range(0, max(len(data) - 1, 1), step)]
    check_arrival(_CERT, "", 0, pieces, "0" * 64)


def age(data: bytes) -> None:
    """The sealed part itself."""
    unseal(SealedSegment(_MANIFEST, b"", data), str(IDENTITY))


def _sealed(plaintext: bytes) -> None:
    size = next(size for size in SIZE_CLASSES if size >= len(plaintext))
    age(pyrage.encrypt(plaintext.ljust(size, b"\0"), [IDENTITY.to_public()]))


def plaintext(data: bytes) -> None:
    """What whoever holds the device may seal: length, compressed body, padding."""
    _sealed(data[: SIZE_CLASSES[-1]])


def body(data: bytes) -> None:
    """The same with the compression right, so that the body itself is reached."""
    packed = zstandard.ZstdCompressor().compress(data[: 1 << 20])
    _sealed(struct.pack(">I", len(packed)) + packed)


def leaf(data: bytes) -> None:
    """An entry of the log."""
    assert parse_leaf(data).encode() == data


def bundle(data: bytes) -> None:
    """Entries of the log. The first byte says how many are due."""
    if data:
        found = parse_bundle(data[1:], data[0])
        assert encode_bundle(found) == data[1:]
        for each in found:
            leaf(each)


def note(data: bytes) -> None:
    """A checkpoint, signed or not."""
    found = Note.parse(data.decode("utf-8", "surrogateescape"))
    assert found.encode().encode("utf-8") == data
    checkpoint = Checkpoint.parse_body(found.text)
    assert checkpoint.body() == found.text


def proof(data: bytes) -> None:
    """A tlog-proof."""
    text = data.decode("utf-8", "surrogateescape")
    assert LogProof.parse(text).encode() == text


def witness(data: bytes) -> None:
    """A request to a witness."""
    parse_request(data)


def words(data: bytes) -> None:
    """Headers, paths, and a log's policy."""
    text = data.decode("latin-1")
    parse_tile_path(text)
    for reads in (bearer_token, digest_of, TrustPolicy.parse):
        try:
            reads(text)
        except AboveboardError:
            continue


# Signed records. What they are hashed and signed as has its defaults written out, and is then the same bytes again.
RECORDS: tuple[Callable[[bytes], Record], ...] = (
    SignedConsent.parse, SignedDeposit.parse, SignedDeviceCert.parse, SignedDeletion.parse, SignedGrant.parse,
    SignedExemption.parse, SignedCharter.parse,
)  # fmt: skip
# Requests and replies: objects with the fields of one type.
OBJECTS: tuple[type[msgspec.Struct], ...] = (
    api.EnrolRequest, api.SignedInvitation, api.SignedRevocation, api.DatasetBuilt, api.ModelTrained,
    api.GuardianReleaseRequest, api.SignedGivenRequest, api.ReleaseReply, api.GrantedSegments, api.MyAccesses,
    api.CharterChain, api.Exemptions, api.SegmentReply,
)  # fmt: skip
OTHERS = (Charter.parse, CharterBundle.parse, BatchProof.parse, SignedPolicy.parse, Policy.parse)


def records(data: bytes) -> None:
    """Bodies of requests and replies. The first byte says which."""
    if not data:
        return
    which, rest = data[0], data[1:]
    if which < len(RECORDS):
        known = RECORDS[which](rest).to_bytes()
        assert RECORDS[which](known).to_bytes() == known
    elif which < len(RECORDS) + len(OBJECTS):
        kind = OBJECTS[which - len(RECORDS)]
        msgspec.json.encode(api.parse(rest, kind.__name__, kind))
    elif which < len(RECORDS) + len(OBJECTS) + len(OTHERS):
        OTHERS[which - len(RECORDS) - len(OBJECTS)](rest)


TARGETS: dict[str, Target] = {
    each.__name__: each
    for each in (segment, arrival, age, plaintext, body, leaf, bundle, note, proof, witness, words, records)
}
