"""Vectors of sealed segments (docs/spec/segment.md): files to open, columns to decode, files to refuse.

age seals differently each time, so the sealed bytes are kept once made, as long as they open to the body below.
"""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyrage

from aboveboard.core.canonical import canonical
from aboveboard.core.columns import encode_column
from aboveboard.core.errors import AboveboardError
from aboveboard.core.events import (
    Box,
    Button,
    Correction,
    Crop,
    Element,
    Focus,
    Gap,
    KeptEvent,
    Key,
    PointerPath,
    Redacted,
    Scene,
    Scroll,
    Task,
    Text,
)
from aboveboard.core.frames import encode_frame
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, PolicyId, epoch_id_of, key_id_of
from aboveboard.core.signing import SigningKey
from aboveboard.wire.segment import CONTEXT, GENESIS, MAGIC, SealedSegment, SegmentBody, parse, seal, unseal

FILE = Path(__file__).parents[1] / "segment.json"
IDENTITY = "AGE-SECRET-KEY-1N95NQ0CUFM63ATCQFWATY79HKGZP55KFMFLF7C0KDU09JPHMEJ6SLALRVR"
DEVICE = SigningKey("device", bytes(range(32)))
CONTRIBUTOR = ContributorId(key_id_of(SigningKey("contributor", bytes(range(32, 64))).verify_key.public))
POLICY, CONSENT = PolicyId("a" * 64), ConsentId("b" * 64)
NOON_US = 1_800_014_400_000_000
BOX: Box = (10, 20, 120, 30)
COLUMNS: tuple[tuple[int, ...], ...] = (
    (),
    (0,),
    (5, 5, 5),
    (-1, 0, 1),
    (640, 642, 650, 650, 600),
    (0, 2**31 - 1, 0),
    tuple(range(0, 400_000, 4000)),
)


def _coarse() -> npt.NDArray[np.uint8]:
    """50 x 38 samples: one colour, two, four and many in its four tiles."""
    levels = np.zeros((38, 50, 3), dtype=np.uint8)
    levels[:32, 32:, 0] = 15
    levels[:8, 32:, 1] = 3
    levels[32:, :32] = (np.arange(32) // 8)[None, :, None]
    levels[32:, 32:, 2] = np.arange(18) % 16
    return levels * 16 + 8


def events() -> list[Redacted]:
    """One of each kind, but for a correction, which stands in a body of its own."""
    entry = Element("entry", "E-mail", BOX, ("focused",), (0, 3))
    path = [encode_column(np.array(each, dtype=np.int64)) for each in ((0, 8000, 16000), (5, 6, 8), (7, 7, 9))]
    kept: list[KeptEvent] = [
        Focus(NOON_US, "chromium", "https://example.org", "Sign up", (0, 0, 1280, 720)),
        Scene(NOON_US, (entry,)),
        Task(NOON_US, "start", "sign up with the address you were given"),
        PointerPath(NOON_US + 1000, 3, *path),
        Button(NOON_US + 20_000, 8, 9, 1, True, (), entry),
        Button(NOON_US + 90_000, 8, 9, 1, False),
        Text(NOON_US + 200_000, NOON_US + 900_000, "<EMAIL_1>", entry, 17),
        Text(NOON_US + 950_000, NOON_US + 950_000, "<SECRET>"),
        Key(NOON_US + 1_000_000, "Return", (), entry),
        Scroll(NOON_US + 1_100_000, 8, 9, 0, 1),
        encode_frame(NOON_US + 1_150_000, NOON_US + 10_000, (0, 0, 200, 150), _coarse()),
        Crop(NOON_US + 1_160_000, NOON_US + 10_000, NOON_US + 20_000, (8, 4, 60, 40), withheld="readable"),
        Gap(NOON_US + 1_200_000, NOON_US + 1_900_000, "paused"),
        Task(NOON_US + 1_950_000, "stop", "", "success"),
    ]
    return [Redacted(event) for event in kept]


def _made(
    what: list[Redacted], session: str, start_us: int, end_us: int, seq: int = 0, prev: str = GENESIS
) -> SealedSegment:
    recipient = str(pyrage.x25519.Identity.from_str(IDENTITY).to_public())
    return seal(
        what, session=session, start_us=start_us, end_us=end_us, seq=seq, prev=prev,
        contributor=CONTRIBUTOR, device=DeviceId(key_id_of(DEVICE.verify_key.public)), epoch=epoch_id_of(recipient),
        recipient=recipient, policy=POLICY, consent=CONSENT, device_key=DEVICE,
    )  # fmt: skip


def _kept() -> list[SealedSegment]:
    """The committed files while they still are what these events make, else new ones."""
    first = _known_or(0, _made(events(), "5" * 32, NOON_US, NOON_US + 2_000_000))
    later_us = NOON_US + 3_600_000_000
    better = [Redacted(Correction(later_us, "5" * 32, NOON_US, "sign up with the address on the card"))]
    made = _made(better, "6" * 32, later_us, later_us + 1, 1, first.manifest.segment_id)
    return [first, _known_or(1, made)]


def _known_or(number: int, made: SealedSegment) -> SealedSegment:
    try:
        known = parse(base64.b64decode(json.loads(FILE.read_text("utf-8"))["good"][number]["file"]))
        known.verify(DEVICE.verify_key)
        if unseal(known, IDENTITY) == unseal(made, IDENTITY) and known.manifest.prev == made.manifest.prev:
            return known
    except (AboveboardError, OSError, KeyError, IndexError, ValueError):
        pass
    return made


def _file(segment: SealedSegment, manifest: dict[str, Any] | bytes | None = None) -> bytes:
    """The segment with another manifest, signed by the device all the same."""
    if manifest is None:
        return segment.to_bytes()
    data = manifest if isinstance(manifest, bytes) else canonical(manifest)
    return MAGIC + struct.pack(">I", len(data)) + data + DEVICE.sign(CONTEXT, data) + segment.sealed


def _bad(good: SealedSegment) -> dict[str, bytes]:
    fields = msgspec.to_builtins(good.manifest)
    data = good.to_bytes()
    flipped = data[:-1] + bytes([data[-1] ^ 1])
    loose = json.dumps(fields).encode()
    return {
        "another magic": b"ABV2" + data[4:],
        "cut off in the manifest": data[:100],
        "a manifest length beyond the file": data[:4] + b"\0\0\x0f\xff" + data[8:200],
        "a field no one has seen": _file(good, {**fields, "hours": 7}),
        "a missing field": _file(good, {k: v for k, v in fields.items() if k != "consent"}),
        "a manifest that is not canonical": _file(good, loose),
        "a name that is not hex": _file(good, {**fields, "contributor": "Jane Doe, 7 hours on Monday, tired"[:32]}),
        "an unknown version": _file(good, {**fields, "v": 2}),
        "a flipped bit in the sealed bytes": flipped,
        "a signature by another device": data[: 8 + len(good.manifest.to_bytes())]
        + SigningKey("device", bytes(32)).sign(CONTEXT, good.manifest.to_bytes()) + good.sealed,
        "another number under the same signature": data.replace(b'"seq":0', b'"seq":1', 1),
    }  # fmt: skip


def _body(body: SegmentBody) -> Any:
    """As JSON: byte strings in hex."""
    return msgspec.to_builtins(body, enc_hook=lambda value: value, builtin_types=(bytes,))


def _hex(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _hex(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hex(each) for each in value]
    return value


def make() -> dict[str, Any]:
    """All of them, JSON values only."""
    kept = _kept()
    return {
        "about": "docs/spec/segment.md. Files are base64; the device's key and the age identity open the good ones. "
        "A reader has to refuse every bad one. Columns: hex.",
        "identity": IDENTITY,
        "device_key": DEVICE.verify_key.encode(),
        "good": [
            {
                "file": base64.b64encode(good.to_bytes()).decode("ascii"),
                "segment_id": good.manifest.segment_id,
                "manifest": good.manifest.to_bytes().decode("ascii"),
                "body": _hex(_body(unseal(good, IDENTITY))),
            }
            for good in kept
        ],
        "bad": [
            {"why": why, "file": base64.b64encode(data).decode("ascii")} for why, data in sorted(_bad(kept[0]).items())
        ],
        "columns": [
            {"values": list(values), "bytes": encode_column(np.array(values, dtype=np.int64)).hex()}
            for values in COLUMNS
        ],
    }
