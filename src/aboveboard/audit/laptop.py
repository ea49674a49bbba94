"""Reads a recorder's folder for its owner's monitor. Layout: docs/spec/recorder-home.md. Opens what their keys open."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from aboveboard.audit.spans import Interval, Span
from aboveboard.core.canonical import parse_object
from aboveboard.core.consent import SignedConsent
from aboveboard.core.errors import AboveboardError, BadInput, Corrupt
from aboveboard.core.events import only_corrects
from aboveboard.core.ids import ContributorId, DeviceId, key_id_of
from aboveboard.core.proof import BatchProof
from aboveboard.core.signing import SigningKey, VerifyKey
from aboveboard.wire.api import Access, Given, MyAccesses, MyGiven, MySegments
from aboveboard.wire.api import parse as parse_reply
from aboveboard.wire.durable import read_bounded
from aboveboard.wire.segment import FILE_BYTES_MAX, Manifest, SealedSegment, SegmentBody, parse, unseal

SMALL_BYTES_MAX = 1 << 20
HELD_BYTES_MAX = 64 << 20
FOREVER_US = 1 << 62
T = TypeVar("T", bound=msgspec.Struct)


@dataclass(slots=True)
class OwnSegment:
    """One segment as the laptop keeps it. body: None when its key does not open it (the reason is in problems)."""

    seq: int
    sealed: SealedSegment
    start_us: int
    end_us: int
    proof: BatchProof | None
    body: SegmentBody | None

    @property
    def span(self) -> Span | None:
        """None for corrections too, which cover no time."""
        body = self.body
        if body is None or only_corrects(body.events):
            return None
        return Span(self.seq, body.session, body.start_us, body.end_us, body.events)


@dataclass(slots=True)
class Laptop:
    """person: their key, to ask the guardian with. problems: files that can't be read, each a sentence.

    held, accesses, given: what collector and guardian said when an archive was made (`aboveboard download`); None in a
    recorder's own folder.
    """

    contributor: ContributorId
    device: DeviceId
    device_key: VerifyKey
    consents: list[tuple[SignedConsent, BatchProof | None]]
    segments: list[OwnSegment]
    pauses: list[Interval]
    token: str
    collector: str
    guardians: tuple[str, ...] = ()
    guardians_needed: int = 1
    person: SigningKey | None = None
    held: tuple[Manifest, ...] | None = None
    accesses: tuple[Access, ...] | None = None
    given: tuple[Given, ...] | None = None
    problems: list[str] = field(default_factory=list)


def _read(path: Path, size_max: int = SMALL_BYTES_MAX) -> bytes:
    data = read_bounded(path, size_max)
    if data is None:
        raise BadInput("is missing: is this a recorder's folder?", str(path))
    return data


def _key(path: Path) -> SigningKey:
    return SigningKey.decode(_read(path).decode("ascii"))


def _proof(fields: Any, where: str) -> BatchProof:
    try:
        return msgspec.convert(fields, BatchProof)
    except msgspec.ValidationError as error:
        raise Corrupt(f"{where}: the proof can't be read: {error}") from error


def _consents(home: Path) -> list[tuple[SignedConsent, BatchProof | None]]:
    found = []
    for path in sorted(home.glob("consents/*.json")):
        if path.name.endswith(".proof.json"):
            continue
        signed = SignedConsent.parse(_read(path))
        data = read_bounded(path.with_suffix(".proof.json"), SMALL_BYTES_MAX)
        proof = None if data is None else _proof(parse_object(data, path.name, SMALL_BYTES_MAX), str(path))
        found.append((signed, proof))
    return sorted(found, key=lambda each: each[0].record.at_us)


def _segment(home: Path, path: Path) -> OwnSegment:
    sealed = parse(_read(path, FILE_BYTES_MAX))
    note = parse_object(_read(path.with_suffix(".json")), path.name, SMALL_BYTES_MAX)
    proof = _proof(note["proof"], str(path)) if note.get("proof") is not None else None
    key = _read(home / "epochs" / f"{sealed.manifest.epoch}.key").decode("ascii").strip()
    start_us, end_us = note.get("start_us"), note.get("end_us")
    if not isinstance(start_us, int) or not isinstance(end_us, int):
        raise Corrupt(f"{path}: its note says no times")
    return OwnSegment(sealed.manifest.seq, sealed, start_us, end_us, proof, unseal(sealed, key))


def read_laptop(home: Path) -> Laptop:
    """Raises BadInput when `home` is no recorder's folder. Single files that can't be read are in `problems`."""
    archived = read_bounded(home / "person.json", SMALL_BYTES_MAX)
    if archived is not None:
        return _archived(home, parse_object(archived, "person.json", SMALL_BYTES_MAX))
    contributor, device = _key(home / "contributor.key"), _key(home / "device.key")
    config = parse_object(_read(home / "config.json"), str(home / "config.json"), SMALL_BYTES_MAX)
    token = (read_bounded(home / "token", SMALL_BYTES_MAX) or b"").decode("ascii", "replace").strip()
    laptop = Laptop(
        ContributorId(key_id_of(contributor.verify_key.public)), DeviceId(key_id_of(device.verify_key.public)),
        device.verify_key, _consents(home), [], _pauses(home), token, str(config.get("collector", "")),
        _guardians(config), int(config.get("guardians_needed", 1)), contributor,
    )  # fmt: skip
    return _with_segments(home, laptop)


def _archived(home: Path, who: dict[str, Any]) -> Laptop:
    """An archive, unpacked: it has no key that speaks in the person's name."""
    device = VerifyKey.decode(str(who.get("device_key", "")))
    if key_id_of(device.public) != who.get("device"):
        raise BadInput("the device's ID is not its key's", str(home / "person.json"))

    def told(name: str, kind: type[T]) -> T:
        return parse_reply(_read(home / "held" / name, HELD_BYTES_MAX), name, kind, HELD_BYTES_MAX)

    config = parse_object(_read(home / "config.json"), str(home / "config.json"), SMALL_BYTES_MAX)
    laptop = Laptop(
        ContributorId(str(who.get("contributor", ""))), DeviceId(str(who["device"])), device, _consents(home), [],
        _pauses(home), "", str(config.get("collector", "")), held=told("segments.json", MySegments).segments,
        accesses=told("accesses.json", MyAccesses).accesses, given=told("given.json", MyGiven).given,
    )  # fmt: skip
    return _with_segments(home, laptop)


def _with_segments(home: Path, laptop: Laptop) -> Laptop:
    for path in sorted([*home.glob("sent/*.seg"), *home.glob("outbox/*.seg")], key=lambda each: each.name):
        try:
            laptop.segments.append(_segment(home, path))
        except AboveboardError as error:
            laptop.problems.append(f"{path.name}: {error}")
    return laptop


def _guardians(config: dict[str, Any]) -> tuple[str, ...]:
    urls = [config.get("guardian", ""), *config.get("spare_guardians", [])]
    return tuple(str(each) for each in urls if each)


def _pauses(home: Path) -> list[Interval]:
    data = read_bounded(home / "pauses.jsonl", SMALL_BYTES_MAX) or b""
    found = []
    for number, line in enumerate(data.splitlines(), 1):
        fields = parse_object(line, f"pauses.jsonl:{number}", SMALL_BYTES_MAX)
        until = fields.get("until_us")
        if not isinstance(fields.get("from_us"), int) or not (until is None or isinstance(until, int)):
            raise Corrupt(f"pauses.jsonl:{number}: says no times")
        found.append(Interval(fields["from_us"], FOREVER_US if until is None else until, "paused"))
    return found
