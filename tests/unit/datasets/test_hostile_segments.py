"""What comes sealed and signed, and still is not what it should be: each is named, and harms no other."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pyrage
import pytest
import zstandard

from aboveboard.core.consent import ConsentRecord, SignedConsent, sign_consent
from aboveboard.core.errors import CheckFailed
from aboveboard.core.events import Button, Element, Focus, Frame, KeptEvent, Redacted, Scene, Task
from aboveboard.core.ids import (
    ConsentId,
    ContributorId,
    DeviceId,
    PolicyId,
    SegmentId,
    epoch_id_of,
    key_id_of,
    sha256_hex,
)
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import DeviceCert, sign_device_cert
from aboveboard.datasets import build as building
from aboveboard.datasets import session as sessions
from aboveboard.datasets.build import build, sessions_of
from aboveboard.datasets.corrections import Corrections
from aboveboard.datasets.reader import Bad, Opened, Reader
from aboveboard.datasets.session import BuildKeys, Part, Result, Session, seal, unseal, work
from aboveboard.datasets.spec import parse_spec
from aboveboard.wire.api import GrantedSegment, GrantedSegments
from aboveboard.wire.segment import CONTEXT, GENESIS, SIZE_CLASSES, Manifest, SealedSegment
from aboveboard.wire.segment import seal as sealed_of
from tests.support.datasets import SPEC, T, programme, session_events

POLICY = PolicyId("a" * 64)


@dataclass
class Laptop:
    """A person's, with what it sends."""

    key: SigningKey = field(default_factory=lambda: SigningKey.generate("contributor"))
    device_key: SigningKey = field(default_factory=lambda: SigningKey.generate("device"))
    identity: str = field(default_factory=lambda: str(pyrage.x25519.Identity.generate()))
    sent: list[SealedSegment] = field(default_factory=list)

    @property
    def contributor(self) -> ContributorId:
        return ContributorId(key_id_of(self.key.verify_key.public))

    @property
    def device(self) -> DeviceId:
        return DeviceId(key_id_of(self.device_key.verify_key.public))

    @property
    def recipient(self) -> str:
        return str(pyrage.x25519.Identity.from_str(self.identity).to_public())

    def consent(self) -> SignedConsent:
        verify = self.key.verify_key.encode()
        record = ConsentRecord(
            "given", self.contributor, verify, self.device, POLICY, ("pointer",), "0" * 64, T, "1" * 32
        )
        return sign_consent(record, self.key)

    def send(self, events: list[KeptEvent], **changes: Any) -> SealedSegment:
        """Signs and seals them as the next in the chain. changes: of what is said of it."""
        said: dict[str, Any] = {
            "session": "5" * 32, "start_us": events[0].t_us, "end_us": events[-1].t_us + 1, "seq": len(self.sent),
            "prev": self.sent[-1].manifest.segment_id if self.sent else GENESIS, "contributor": self.contributor,
            "device": self.device, "epoch": epoch_id_of(self.recipient), "recipient": self.recipient, "policy": POLICY,
            "consent": self.consent().record.consent_id, "device_key": self.device_key, **changes,
        }  # fmt: skip
        self.sent.append(sealed_of([Redacted(each) for each in events], **said))
        return self.sent[-1]

    def send_plain(self, plaintext: bytes) -> SealedSegment:
        """Any bytes under the device's own seal and signature."""
        honest = self.send(session_events(1)).manifest
        sealed = pyrage.encrypt(plaintext, [pyrage.x25519.Recipient.from_str(self.recipient)])
        manifest = msgspec.structs.replace(honest, sealed_sha256=sha256_hex(sealed), sealed_size=len(sealed))
        self.sent[-1] = SealedSegment(manifest, self.device_key.sign(CONTEXT, manifest.to_bytes()), sealed)
        return self.sent[-1]

    def granted(self, segment: SealedSegment) -> GrantedSegment:
        verify = self.key.verify_key.encode()
        cert = DeviceCert(self.contributor, verify, self.device, self.device_key.verify_key.encode())
        m: Manifest = segment.manifest
        return GrantedSegment(
            m.segment_id, m.device, m.seq, m.contributor, m.epoch, m.policy, m.consent,
            sign_device_cert(cert, self.key), (self.consent(),),
        )  # fmt: skip


def found_by(listed: list[tuple[GrantedSegment, bytes]], *laptops: Laptop) -> list[Opened | Bad]:
    """What the reader makes of what a collector lists and gives: (entry, the file's bytes)."""
    reader = Reader.__new__(Reader)
    reader._grant = cast("Any", SimpleNamespace(grant=SimpleNamespace(grant_id="9" * 64)))
    reader._secrets = {epoch_id_of(each.recipient): each.identity for each in laptops}
    files: dict[str, bytes] = {entry.segment: data for entry, data in listed}

    def ask(method: str, path: str, body: bytes | None = None, size_max: int = 0) -> Any:
        if path.endswith("/segments"):
            return SimpleNamespace(body=GrantedSegments(tuple(entry for entry, _ in listed)).to_bytes())
        return SimpleNamespace(body=files[SegmentId(path.rpartition("/")[2])])

    reader.ask = ask  # type: ignore[method-assign]
    return list(reader.segments())


def _padded(packed: bytes, said: int | None = None) -> bytes:
    plain = struct.pack(">I", len(packed) if said is None else said) + packed
    return plain.ljust(next(size for size in SIZE_CLASSES if size >= len(plain)), b"\0")


def _bomb() -> bytes:
    return _padded(zstandard.ZstdCompressor(level=1).compress(bytes(100 << 20)))


def _wide_window() -> bytes:
    """A frame that asks for two gigabytes to be unpacked in (RFC 8878, 3.1.1.1.2: window descriptor)."""
    return _padded(b"\x28\xb5\x2f\xfd" + b"\x00" + bytes((21 << 3,)) + b"\x01\x00\x00" + bytes(64))


@pytest.mark.parametrize(("plain", "why"), [
    (_bomb, "unpacks to too much"),
    (_wide_window, "can't be read"),
    (lambda: _padded(b"no frame at all"), "can't be read"),
    (lambda: _padded(zstandard.compress(b"\x81" * 999)), "can't be read"),
    (lambda: _padded(zstandard.compress(b"\x91" * 100_000)), "can't be read"),  # lists in lists
    (lambda: _padded(b"", said=1 << 30), "cut off"),
    (lambda: b"too short", "size class"),
    (lambda: _padded(zstandard.compress(b"{}")) [:-1] + b"x", "padding"),
])  # fmt: skip
def test_what_a_device_signs_and_seals_may_still_be_anything(plain: Callable[[], bytes], why: str) -> None:
    bad, good = Laptop(), Laptop()
    bad.send_plain(plain())
    good.send(session_events(2))
    listed = [(each.granted(each.sent[0]), each.sent[0].to_bytes()) for each in (bad, good)]
    found = {
        each.segment if isinstance(each, Bad) else each.granted.segment: each for each in found_by(listed, bad, good)
    }
    named = found[bad.sent[0].manifest.segment_id]
    assert isinstance(named, Bad)
    assert why in named.why
    assert isinstance(found[good.sent[0].manifest.segment_id], Opened), "the other is used all the same"


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flipped(data: bytes) -> bytes:
    return data[:-9] + bytes((data[-9] ^ 1,)) + data[-8:]


@pytest.mark.parametrize(
    "spoil", [_cut, _flipped, lambda data: b"", lambda data: data + b"more", lambda _: os.urandom(999)]
)
def test_corrupt_and_truncated_files_are_named(spoil: Callable[[bytes], bytes]) -> None:
    laptop = Laptop()
    one, two = laptop.send(session_events(1)), laptop.send(session_events(2))
    bad, good = found_by([(laptop.granted(one), spoil(one.to_bytes())), (laptop.granted(two), two.to_bytes())], laptop)
    assert isinstance(bad, Bad)
    assert bad.segment == one.manifest.segment_id
    assert isinstance(good, Opened)


def test_replayed_reordered_and_foreign_ones_are_named() -> None:
    mine, other = Laptop(), Laptop()
    one, two = mine.send(session_events(1)), mine.send(session_events(2))
    fork = mine.send(session_events(3), seq=1, prev=one.manifest.segment_id)
    loose = mine.send(session_events(4), seq=2, prev="f" * 64)
    theirs = other.send(session_events(5))
    honest = [(mine.granted(each), each.to_bytes()) for each in (one, two)]
    assert [type(each) for each in found_by(honest, mine)] == [Opened, Opened]
    assert [type(each) for each in found_by(honest[::-1], mine)] == [Opened, Opened], "any order of the list will do"

    def whys(*listed: tuple[GrantedSegment, bytes]) -> list[str]:
        return [each.why if isinstance(each, Bad) else "" for each in found_by(list(listed), mine, other)]

    assert [why[:32] for why in whys(*honest, honest[1])] == ["", "", "the device has a segment number "]
    assert ["number 1 already" in why for why in whys(*honest, (mine.granted(fork), fork.to_bytes()))] == [
        False,
        False,
        True,
    ]
    assert "does not follow" in whys(*honest, (mine.granted(loose), loose.to_bytes()))[2]
    assert "not the one that was named" in whys((mine.granted(one), two.to_bytes()))[0]
    assert "signature by device does not hold" in whys((mine.granted(one), theirs.to_bytes()))[0]
    stolen = msgspec.structs.replace(other.granted(theirs), contributor=mine.contributor)
    assert whys((stolen, theirs.to_bytes()))[0] != "", "another person's"
    forged = mine.send(session_events(6), device_key=other.device_key)
    assert whys((mine.granted(forged), forged.to_bytes()))[0] != "", "signed by another device"
    unsaid = mine.send(session_events(7), consent=ConsentId("e" * 64))
    assert "consent was not shown" in whys((mine.granted(unsaid), unsaid.to_bytes()))[0]
    strange = Laptop()
    assert "was not released" in whys((strange.granted(strange.send(session_events(8))), strange.sent[0].to_bytes()))[0]


def test_a_small_segment_that_would_become_terabytes_of_rows_is_refused_before_they_are_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tuple(Element("entry", "", (0, 0, 9, 9), (), (0, n)) for n in range(20_000))
    events: list[KeptEvent] = [Task(T, "start", "x"), Focus(T, "gedit", None, "", (0, 0, 9, 9)), Scene(T + 1, seen)]
    for n in range(1, 440):
        at = T + n * 1_000_000
        events += [Button(at, 3, 3, 1, True, (), seen[0]), Button(at + 9, 3, 3, 1, False)]
    keys = BuildKeys(b"s" * 32, b"k" * 32)

    def never(*episodes: object) -> None:
        raise AssertionError("made into rows")

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "table_of", never)
        part = Part("1" * 64, tuple(events))
        result = unseal(work(seal(Session("c", "s", (part,)), keys.seal), keys), keys.seal, Result)
    assert (result.episodes, "would take more than" in result.why) == ((), True)
    monkeypatch.setattr(building, "run", lambda _, given, keys, __: (work(each, keys) for each in given))
    reader = programme()
    name = reader.add("f" * 32, events, seq=8, session="x")
    with pytest.raises(CheckFailed, match=name):
        build(reader.as_reader(), parse_spec(SPEC, "spec"), SPEC, tmp_path / "a", skip_bad=False)
    manifest = build(reader.as_reader(), parse_spec(SPEC, "spec"), SPEC, tmp_path / "b", skip_bad=True)
    assert manifest.left_out == {"bad segments": 1}
    assert "bad segments: 1" in (tmp_path / "b" / "README.md").read_text("utf-8")


def test_a_session_that_never_ends_is_cut_between_two_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = programme(0)
    events = session_events(1)
    for n in range(6):
        reader.add("a" * 32, events, n)
    one = cast("Opened", reader.found[0])
    follow = [cast("Opened", each) for each in reader.found]
    for n, each in enumerate(follow):
        body = msgspec.structs.replace(each.body, start_us=one.body.start_us + n, end_us=one.body.start_us + n + 1)
        object.__setattr__(each, "body", body)
    assert [len(each.parts) for each in sessions_of(follow, Corrections(b""))] == [6]
    monkeypatch.setattr(building, "EVENTS_MAX", 2 * sessions.events_of(Part("", one.body.events)))
    assert [len(each.parts) for each in sessions_of(follow, Corrections(b""))] == [2, 2, 2]


@pytest.mark.parametrize("event", [
    Focus(T, "a" * 20_000, None, "", (0, 0, 1, 1)), Focus(T, "a", "https://" + "b" * 20_000, "", (0, 0, 1, 1)),
    Task(T, "start", "x" * 20_000), Scene(T, (Element("r" * 20_000, "", (0, 0, 1, 1), (), ()),)),
    Scene(T, (Element("r", "n" * 200_000, (0, 0, 1, 1), (), ()),)),
    Scene(T, (Element("r", "", (0, 0, 1, 1), ("s",) * 99, ()),)),
    Scene(T, (Element("r", "", (0, 0, 1, 1), (), (0,) * 999),)),
])  # fmt: skip
def test_names_that_every_row_would_repeat_are_bounded(event: Focus | Task | Scene | Frame) -> None:
    laptop = Laptop()
    laptop.send([*session_events(1), event])
    [bad] = found_by([(laptop.granted(laptop.sent[0]), laptop.sent[0].to_bytes())], laptop)
    assert isinstance(bad, Bad)
