"""Signed notes, checkpoints, cosignatures, proofs: what is written can be read, and nothing else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.core.checkpoint import SIZE_MAX, Checkpoint, cosign, cosignatures, open_checkpoint, sign_checkpoint
from aboveboard.core.errors import AboveboardError, BadInput, ProofError, SignatureError
from aboveboard.core.notes import Note, NoteSignature, is_key_name
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey, VerifyKey
from tests.support.world import T0_S, World

# The example key and note of c2sp.org/signed-note (and of Go's sumdb/note tests): public test vectors.
EXAMPLE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
EXAMPLE_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_example_of_the_specification_verifies() -> None:
    note, key = Note.parse(EXAMPLE_NOTE), VerifyKey.decode(EXAMPLE_KEY)
    [signature] = note.signatures
    assert (signature.name, signature.key_id) == (key.name, key.key_id)
    key.verify_raw(note.text.encode(), signature.blob)
    with pytest.raises(SignatureError):
        key.verify_raw(note.text.upper().encode(), signature.blob)
    assert note.encode() == EXAMPLE_NOTE


def test_a_key_whose_id_is_not_its_own_is_refused() -> None:
    with pytest.raises(BadInput, match="key ID"):
        VerifyKey.decode(EXAMPLE_KEY.replace("c74f20a3", "c74f20a4"))


def test_a_checkpoint_by_another_key_or_changed_is_refused() -> None:
    key = SigningKey.generate("log.example")
    note = sign_checkpoint(Checkpoint("example.org/log", 7, bytes(32)), key)
    assert open_checkpoint(note, key.verify_key).size == 7
    with pytest.raises(SignatureError):
        open_checkpoint(note.replace("\n7\n", "\n8\n"), key.verify_key)
    with pytest.raises(SignatureError):
        open_checkpoint(note, SigningKey.generate("log.example").verify_key)


@pytest.mark.parametrize("size", ["07", "-1", "1e3", "٣", "", "9223372036854775808"])
def test_a_size_that_is_no_plain_number_is_refused(size: str) -> None:
    with pytest.raises(ProofError):
        Checkpoint.parse_body(f"example.org/log\n{size}\n" + "A" * 43 + "=\n")


def test_cosignatures_count_by_known_keys_only_and_with_their_earliest_time() -> None:
    log, one, other = (
        SigningKey.generate("log.example"),
        SigningKey.generate("one", COSIGNATURE_V1),
        SigningKey.generate("other", COSIGNATURE_V1),
    )
    note = sign_checkpoint(Checkpoint("example.org/log", 1, bytes(32)), log)
    full = note + cosign(note, one, 200) + cosign(note, one, 100) + cosign(note, other, 50)
    assert cosignatures(full, [one.verify_key]) == {"one": 100}
    moved = full.replace("example.org/log", "example.org/log2")
    assert cosignatures(moved, [one.verify_key, other.verify_key]) == {}


@given(st.text(max_size=300))
def test_any_text_is_a_note_or_a_clear_error(text: str) -> None:
    with contextlib.suppress(ProofError):
        assert Note.parse(text).encode() == text


NAMES = st.text(min_size=1, max_size=20).filter(is_key_name)
LINES = st.text(st.characters(min_codepoint=0x20, codec="utf-8"), min_size=1, max_size=30)
BLOBS = st.binary(min_size=1, max_size=90)


@given(st.lists(LINES | st.just(""), max_size=5), st.lists(st.tuples(NAMES, st.binary(min_size=4, max_size=4), BLOBS),
       min_size=1, max_size=4))  # fmt: skip
def test_every_note_reads_back_as_it_was_written(lines: list[str], signers: list[tuple[str, bytes, bytes]]) -> None:
    note = Note("".join(f"{line}\n" for line in lines) or "\n", tuple(NoteSignature(*each) for each in signers))
    assert Note.parse(note.encode()) == note


@given(LINES, st.integers(0, SIZE_MAX), st.binary(min_size=32, max_size=32), st.lists(LINES, max_size=3))
def test_every_checkpoint_reads_back_as_it_was_signed(
    origin: str, size: int, root: bytes, extensions: list[str]
) -> None:
    key = SigningKey("log.example", bytes(32))
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert open_checkpoint(sign_checkpoint(checkpoint, key), key.verify_key) == checkpoint


@given(st.integers(0, SIZE_MAX), st.lists(st.binary(min_size=32, max_size=32), max_size=63), st.binary(max_size=40))
def test_every_proof_reads_back_as_it_was_written(index: int, hashes: list[bytes], extra: bytes) -> None:
    proof = LogProof(index, tuple(hashes), "any text\n\n— a note\n", extra)
    assert LogProof.parse(proof.encode()) == proof
    with pytest.raises(ProofError):
        LogProof.parse(LogProof(index, (bytes(32),) * 64, "note").encode())


@given(st.integers(1, (1 << 63) - 1))
def test_every_cosignature_reads_back_with_its_time(time_s: int) -> None:
    log, witness = SigningKey("log.example", bytes(32)), SigningKey("witness", bytes(32), COSIGNATURE_V1)
    note = sign_checkpoint(Checkpoint("example.org/log", 1, bytes(32)), log)
    assert cosignatures(note + cosign(note, witness, time_s), [witness.verify_key]) == {"witness": time_s}


@pytest.mark.parametrize("time_s", [0, -1, 1 << 63])
def test_no_witness_signs_a_time_that_says_nothing(time_s: int) -> None:
    witness = SigningKey("witness", bytes(32), COSIGNATURE_V1)
    with pytest.raises(BadInput, match="clock"):
        cosign("text\n\n— a AAAAAAAA\n", witness, time_s)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_proof_or_a_clear_error(data: bytes) -> None:
    with contextlib.suppress(AboveboardError):
        LogProof.parse(data.decode("latin-1"))


def test_a_proof_shows_its_entry_and_no_other() -> None:
    world = World()
    world.start_log()
    index = world.append(b'{"kind":"policy","policy":"' + b"0" * 64 + b'"}')
    proof = LogProof.parse(world.proof(index).encode())
    checkpoint, time_s = check_proof(world.entries[index], proof, world.charter)
    assert (checkpoint.size, time_s) == (2, T0_S)
    with pytest.raises(ProofError):
        check_proof(world.entries[0], proof, world.charter)
