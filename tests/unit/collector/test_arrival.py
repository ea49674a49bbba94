"""A segment is judged alike however its bytes were cut on the way, and any bytes at all get a clear error."""

from __future__ import annotations

import hashlib
import itertools

import msgspec
import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.collector.arrival import check_arrival
from aboveboard.core.errors import AboveboardError, BadInput, CheckFailed, Corrupt
from aboveboard.core.events import Button, Redacted
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, EpochId, PolicyId, key_id_of
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import DeviceCert, sign_device_cert
from aboveboard.wire.segment import GENESIS, SealedSegment, seal

PERSON, DEVICE = SigningKey.generate("contributor"), SigningKey.generate("device")
CONTRIBUTOR, DEVICE_ID = (key_id_of(key.verify_key.public) for key in (PERSON, DEVICE))
CERT = sign_device_cert(
    DeviceCert(ContributorId(CONTRIBUTOR), PERSON.verify_key.encode(), DeviceId(DEVICE_ID), DEVICE.verify_key.encode()),
    PERSON,
)
SEGMENT: SealedSegment = seal(
    [Redacted(Button(2, 1, 2, 1, True))], session="5" * 32, start_us=1, end_us=9, seq=3, prev=GENESIS,
    contributor=ContributorId(CONTRIBUTOR), device=DeviceId(DEVICE_ID), epoch=EpochId("e" * 32),
    recipient=str(pyrage.x25519.Identity.generate().to_public()), policy=PolicyId("a" * 64),
    consent=ConsentId("c" * 64), device_key=DEVICE,
)  # fmt: skip
DATA = SEGMENT.to_bytes()
DIGEST = hashlib.sha256(DATA).hexdigest()


def _cut(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(st.lists(st.integers(0, 1 << 20), max_size=12))
def test_however_it_is_cut_it_is_the_same_segment(cuts: list[int]) -> None:
    arrival = check_arrival(CERT, "t", 3, _cut(DATA, cuts), DIGEST)
    assert (arrival.segment, b"".join(arrival.pieces)) == (SEGMENT.manifest.segment_id, DATA)
    assert arrival.manifest == SEGMENT.manifest


@given(st.integers(0, len(DATA) * 8 - 1), st.lists(st.integers(0, 1 << 20), max_size=3), st.booleans())
def test_a_flipped_bit_is_refused_whatever_the_digest_says(bit: int, cuts: list[int], sent_so: bool) -> None:
    """So the digest need not be computed for a file that is good."""
    data = bytearray(DATA)
    data[bit // 8] ^= 1 << bit % 8
    digest = hashlib.sha256(data).hexdigest() if sent_so else DIGEST
    with pytest.raises((Corrupt, CheckFailed) if sent_so else BadInput):
        check_arrival(CERT, "t", 3, _cut(bytes(data), cuts), digest)


@given(st.binary(max_size=400), st.binary(max_size=400), st.integers(0, len(DATA)))
def test_any_bytes_are_an_error_of_ours(before: bytes, after: bytes, at: int) -> None:
    data = before + DATA[at:] + after
    if data != DATA:
        with pytest.raises(AboveboardError):
            check_arrival(CERT, "t", 3, [data], hashlib.sha256(data).hexdigest())


def test_more_or_less_than_the_file_is_refused() -> None:
    for data in (DATA + b"\0", DATA[:-1], b"", DATA[:7]):
        with pytest.raises(Corrupt):
            check_arrival(CERT, "t", 3, [data], hashlib.sha256(data).hexdigest())
    with pytest.raises(BadInput, match="another number"):
        check_arrival(CERT, "t", 4, [DATA], DIGEST)
    other = msgspec.structs.replace(SEGMENT.manifest, sealed_size=SEGMENT.manifest.sealed_size + 1)
    resigned = SealedSegment(other, DEVICE.sign("segment", other.to_bytes()), SEGMENT.sealed).to_bytes()
    with pytest.raises(Corrupt, match="not those of its manifest"):
        check_arrival(CERT, "t", 3, [resigned], hashlib.sha256(resigned).hexdigest())
