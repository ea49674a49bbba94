"""One manifest has one form: what is read is what its hash is of."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.core.canonical import canonical
from aboveboard.core.errors import Corrupt
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, EpochId, PolicyId
from aboveboard.wire.segment import FILE_BYTES_MAX, MANIFEST_BYTES_MAX, SEQ_MAX, Manifest

MANIFEST = Manifest(
    ContributorId("a" * 32), DeviceId("b" * 32), 5, "c" * 64, EpochId("d" * 32), PolicyId("e" * 64),
    ConsentId("f" * 64), "0" * 64, 4096,
)  # fmt: skip


def _hex(digits: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=digits // 2, max_size=digits // 2).map(bytes.hex)


_MANIFESTS = st.builds(
    Manifest, _hex(32), _hex(32), st.integers(0, SEQ_MAX), _hex(64), _hex(32), _hex(64), _hex(64), _hex(64),
    st.integers(1, FILE_BYTES_MAX), st.just(1),
)  # fmt: skip


@given(_MANIFESTS)
def test_the_canonical_form_is_read(manifest: Manifest) -> None:
    assert Manifest.parse(canonical(msgspec.to_builtins(manifest))) == manifest


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b'"seq":5', b'"seq":5,"seq":5'), (b'"seq":5', b'"seq":5.0'), (b'"seq":5', b'"seq":5e0'),
        (b'"seq":5', b'"seq": 5'), (b'"seq":5', b'"seq":"5"'), (b'"seq":5', b'"seq":05'), (b'"seq":5', b'"seq":-0'),
        (b'"seq":5', b'"seq":9007199254740992'), (b',"v":1', b""), (b',"v":1', b',"v":1,"w":1'),
        (b'"' + b"a" * 32, b'"\\u0061' + b"a" * 31), (b'"' + b"a" * 32, b'"A' + b"a" * 31),
        (b'"' + b"a" * 32, '"ä'.encode() + b"a" * 30), (b'"' + b"a" * 32, b'"\xff' + b"a" * 31),
        (b'{"consent"', b'{"v":1,"consent"'), (b"}", b"}\n"), (b"}", b"},{}"), (b"{", b"[" * 3000 + b"{"),
        (b"{", b" " * MANIFEST_BYTES_MAX + b"{"),
    ],
)  # fmt: skip
def test_no_other_one_is(good: bytes, bad: bytes) -> None:
    data = canonical(msgspec.to_builtins(MANIFEST))
    assert data.count(good) == 1
    with pytest.raises(Corrupt):
        Manifest.parse(data.replace(good, bad))
