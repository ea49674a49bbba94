"""Guarantee 10: no per-person metric in any route or page; nothing outside the seal tells an hour or an amount."""

from __future__ import annotations

import random
import re
from importlib.resources import files
from typing import get_args

import msgspec
import numpy as np
import pyrage
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.columns import encode_column
from aboveboard.core.events import Button, PointerPath, Redacted
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, EpochId, PolicyId
from aboveboard.core.leaves import DAY_US, Leaf, Purpose, due_day_us
from aboveboard.core.proof import make_batch
from aboveboard.core.signing import SigningKey
from aboveboard.wire.segment import GENESIS, SIZE_CLASSES, Manifest, SealedSegment, seal

IDENTITY = pyrage.x25519.Identity.generate()
DEVICE = SigningKey.generate("device")


def test_the_log_has_no_field_for_a_person_or_an_hour() -> None:
    fields = {name for kind in get_args(Leaf) for name in kind.__struct_fields__}
    known = "charter policy what root size commitment grant purpose manifest model dataset due_us"
    assert fields == {*known.split(), "day_us", "exemption", "version", "wheel", "source", "role", "given"}
    assert due_day_us(random.Random(1).randrange(10**15), 30) % DAY_US == 0


def _seal(events: list[Redacted], start_us: int) -> SealedSegment:
    return seal(
        events, session="5" * 32, start_us=start_us, end_us=start_us + 10**9, seq=0, prev=GENESIS,
        contributor=ContributorId("c" * 32), device=DeviceId("d" * 32), epoch=EpochId("e" * 32),
        recipient=str(IDENTITY.to_public()), policy=PolicyId("p" * 64), consent=ConsentId("f" * 64), device_key=DEVICE,
    )  # fmt: skip


def _payload(segment: SealedSegment) -> int:
    """Bytes of the age file behind its header: nonce, and chunks of 64 KiB with 16 of authentication each. The header
    holds random bytes of random length ("grease"), which say nothing."""
    data = segment.sealed
    return len(data) - data.index(b"\n", data.index(b"\n---") + 1) - 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 300), st.integers(10**15, 2 * 10**15))
def test_a_segments_open_part_tells_neither_time_nor_amount(n: int, start_us: int) -> None:
    sealed = _seal([Redacted(Button(start_us + i, i, i, 1, True)) for i in range(n)], start_us)
    assert set(Manifest.__struct_fields__) == {"contributor", "device", "seq", "prev", "epoch", "policy", "consent",
                                               "sealed_sha256", "sealed_size", "v"}  # fmt: skip
    assert _payload(sealed) in {16 + size + 16 * -(-size // 65536) for size in SIZE_CLASSES}
    assert str(start_us)[:9].encode() not in sealed.to_bytes()


def test_an_hour_of_little_and_of_twice_as_much_look_alike() -> None:
    rng = np.random.default_rng(3)

    def path(n: int) -> Redacted:
        column = encode_column(np.cumsum(rng.integers(0, 9, n)).astype(np.int64))
        return Redacted(PointerPath(10**15, n, column, column, column))

    assert _payload(_seal([path(100)], 10**15)) == _payload(_seal([path(300)], 10**15))


def test_a_batch_of_one_and_of_ten_look_alike() -> None:
    rng = random.Random(5)
    one, ten = (make_batch([rng.randbytes(32) for _ in range(n)], "rights", rng) for n in (1, 10))
    assert one.leaf.size == ten.leaf.size == 16


def test_no_page_shows_a_figure_about_a_person() -> None:
    """The person's own page and laptop apart, templates know no contributor, device or activity."""
    figures = re.compile(r"\b(contributor_id|device_id|activity|productivity|idle|score|ranking|per_person)\b")
    for template in (files("aboveboard.portal") / "templates").iterdir():
        if template.name != "me.html":
            assert not figures.search(template.read_text("utf-8")), template.name


def test_no_purpose_can_be_named_that_judges_people() -> None:
    assert not [name for name in get_args(Purpose) if re.search("apprais|monitor|perform|disciplin|surveil", name)]


def test_requests_of_stewards_name_no_person() -> None:
    """What a steward can ask of the server: invite a laptop by a code's hash. Nothing else is signed by stewards but
    grants, which name policies and purposes."""
    from aboveboard.wire.api import Invitation

    assert set(Invitation.__struct_fields__) == {"code_sha256", "expires_us", "reusable", "regions", "v"}
    assert msgspec.structs.fields(Invitation)[0].name == "code_sha256"
