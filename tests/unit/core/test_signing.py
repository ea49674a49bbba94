"""Keys and signatures: in context, by name and key ID, never shown."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from aboveboard.core.errors import BadInput, Refused, SignatureError
from aboveboard.core.signatures import Signature, check_threshold
from aboveboard.core.signing import SigningKey, VerifyKey


def test_a_signature_in_one_context_does_not_count_in_another() -> None:
    key = SigningKey.generate("k")
    raw = key.sign("policy", b"message")
    key.verify_key.verify("policy", b"message", raw)
    with pytest.raises(SignatureError):
        key.verify_key.verify("grant", b"message", raw)
    with pytest.raises(SignatureError):
        key.verify_key.verify("policy", b"massage", raw)


def test_keys_round_trip_as_text_and_hide_their_seed() -> None:
    key = SigningKey.generate("k")
    assert SigningKey.decode(key.encode()) == key
    assert VerifyKey.decode(key.verify_key.encode()) == key.verify_key
    assert key.seed.hex() not in repr(key)
    assert key.encode() not in repr(key)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "x" * 201])
def test_a_name_that_breaks_the_line_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        SigningKey.generate(name)


def test_one_key_counts_once_however_often_it_signs() -> None:
    one, other = SigningKey.generate("one"), SigningKey.generate("other")
    keys = [one.verify_key, other.verify_key]
    twice = [Signature.make(one, "policy", b"m"), Signature.make(one, "policy", b"m")]
    with pytest.raises(Refused, match="1 valid signatures of us, 2 are needed"):
        check_threshold(keys, 2, twice, "policy", b"m", who="us", reason="no_policy")
    both = [*twice, Signature.make(other, "policy", b"m")]
    assert set(check_threshold(keys, 2, both, "policy", b"m", who="us", reason="no_policy")) == {"one", "other"}


def test_observed_events_can_not_be_written_down(tmp_path: Path) -> None:
    """Memory only: no pickle, no text of what was typed."""
    from aboveboard.core.events import KeyEdge

    edge = KeyEdge(1, "s", "secret", True)
    assert "secret" not in repr(edge)
    with pytest.raises(TypeError, match="never leaves memory"):
        pickle.dumps(edge)
