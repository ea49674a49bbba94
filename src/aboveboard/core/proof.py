"""Proofs that stand on their own: an entry is in the log, an item is in a batch that is in the log. Pure.

A LogProof is a c2sp.org/tlog-proof text:

    c2sp.org/tlog-proof@v1
    extra <base64>           only when there is any; nobody vouches for it
    index 42
    <base64 hash>            0 to 63 lines
    <empty line>
    <checkpoint, signed and cosigned>

Batches (docs/spec/log-entries.md) take many people's commitments, shuffle them, and fill them up with random items to
16, 64, 256, ... so that their root tells neither who nor how many.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from aboveboard.core.base64s import decode_base64, encode_base64
from aboveboard.core.canonical import canonical, parse_canonical
from aboveboard.core.charter import Charter
from aboveboard.core.checkpoint import Checkpoint, parse_decimal
from aboveboard.core.errors import BadInput, ProofError
from aboveboard.core.leaves import BATCH_SIZES, BatchLeaf
from aboveboard.core.merkle import HASH_BYTES, inclusion_proof, leaf_hash, node_hash, root_hash, verify_inclusion
from aboveboard.core.notes import NOTE_BYTES_MAX

HEADER = "c2sp.org/tlog-proof@v1"
HASHES_MAX = 63
PROOF_BYTES_MAX = NOTE_BYTES_MAX + (128 << 10)


@dataclass(frozen=True, slots=True)
class LogProof:
    """index of the entry, its audit path, and a checkpoint's note that covers it. extra: bytes of the application's
    own, not authenticated; ours writes none."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes = b""

    def encode(self) -> str:
        extra = [f"extra {encode_base64(self.extra)}"] if self.extra else []
        lines = [HEADER, *extra, f"index {self.index}", *(encode_base64(each) for each in self.hashes)]
        return "\n".join(lines) + "\n\n" + self.note

    @classmethod
    def parse(cls, text: str) -> LogProof:
        """Raises ProofError. The checkpoint is taken as it is: check_proof looks at it."""
        if len(text) > PROOF_BYTES_MAX:
            raise ProofError("the proof is too long")
        head, separator, note = text.partition("\n\n")
        lines = head.split("\n")
        if not separator or lines.pop(0) != HEADER:
            raise ProofError("this is no tlog-proof")
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = _decoded(lines.pop(0).removeprefix("extra "))
            if not extra:
                raise ProofError("a proof without extra data has no extra line")
        if not lines or not lines[0].startswith("index ") or len(lines) - 1 > HASHES_MAX:
            raise ProofError(f"a proof has an index line and {HASHES_MAX} hashes at most")
        try:
            index = parse_decimal(lines[0].removeprefix("index "))
        except ValueError as error:
            raise ProofError(f"the proof's index is {error}") from error
        hashes = tuple(_decoded(line) for line in lines[1:])
        if any(len(each) != HASH_BYTES for each in hashes):
            raise ProofError(f"a hash of the proof has not {HASH_BYTES} bytes")
        return cls(index, hashes, note, extra)


def _decoded(line: str) -> bytes:
    try:
        return decode_base64(line)
    except ValueError as error:
        raise ProofError("a line of the proof is not base64") from error


def check_proof(entry: bytes, proof: LogProof, charter: Charter) -> tuple[Checkpoint, int]:
    """The checkpoint that holds the entry, and the second by which the quorum had cosigned it. Raises ProofError or
    SignatureError."""
    checkpoint, time_s = charter.check_checkpoint(proof.note)
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return checkpoint, time_s


What = Literal["rights", "segments"]


@dataclass(frozen=True, slots=True)
class Batch:
    """items: commitments and fillers, shuffled, 32 bytes each."""

    what: What
    items: tuple[bytes, ...]

    @property
    def leaf(self) -> BatchLeaf:
        return BatchLeaf(self.what, root_hash(self.items).hex(), len(self.items))

    def item_proof(self, commitment: bytes) -> tuple[int, list[bytes]]:
        """(index, audit path). Raises BadInput when it is not in the batch."""
        if commitment not in self.items:
            raise BadInput("the commitment is not in this batch")
        index = self.items.index(commitment)
        return index, inclusion_proof(self.items, index)


def make_batch(commitments: Sequence[bytes], what: What, rng: random.Random | None = None) -> Batch:
    """Shuffles and pads. Raises BadInput for none, or for more than the largest batch holds.

    rng: the system's generator unless a test hands in its own.
    """
    rng = rng or random.SystemRandom()
    if not 0 < len(commitments) <= BATCH_SIZES[-1] or any(len(each) != HASH_BYTES for each in commitments):
        raise BadInput(f"a batch takes 1 to {BATCH_SIZES[-1]} commitments of 32 bytes")
    size = next(each for each in BATCH_SIZES if each >= len(commitments))
    items = [*commitments, *(rng.randbytes(HASH_BYTES) for _ in range(size - len(commitments)))]
    rng.shuffle(items)
    return Batch(what, tuple(items))


class BatchProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That a commitment is item `index` of a batch of `size` whose root is in the log. hashes: hex; log_proof: text."""

    what: What
    size: int
    index: int
    hashes: tuple[str, ...]
    log_proof: str

    def to_bytes(self) -> bytes:
        return canonical(msgspec.to_builtins(self))

    @classmethod
    def parse(cls, data: bytes) -> BatchProof:
        """Raises ProofError."""
        try:
            return msgspec.convert(parse_canonical(data, "batch proof", PROOF_BYTES_MAX * 2), cls)
        except (BadInput, msgspec.ValidationError) as error:
            raise ProofError(f"this is no batch proof: {error}") from error


def check_batch_proof(commitment: bytes, proof: BatchProof, charter: Charter) -> tuple[Checkpoint, int, int]:
    """(checkpoint, second of the quorum's cosignature, index of the batch's entry in the log). Raises ProofError."""
    if proof.size not in BATCH_SIZES or len(proof.hashes) > HASHES_MAX:
        raise ProofError(f"a batch has no {proof.size} items")
    try:
        hashes = [bytes.fromhex(each) for each in proof.hashes]
    except ValueError as error:
        raise ProofError("a hash of the batch proof is not hex") from error
    root = _root_from(leaf_hash(commitment), proof.index, proof.size, hashes)
    log_proof = LogProof.parse(proof.log_proof)
    entry = BatchLeaf(proof.what, root.hex(), proof.size).encode()
    checkpoint, time_s = check_proof(entry, log_proof, charter)
    return checkpoint, time_s, log_proof.index


def _root_from(leaf: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes:
    """The root an audit path leads to. Batches are full trees (sizes are powers of two), so the path is plain."""
    if not 0 <= index < size or 1 << len(hashes) != size or any(len(each) != HASH_BYTES for each in hashes):
        raise ProofError("the batch proof does not fit the batch's size")
    result = leaf
    for sibling in hashes:
        result = node_hash(sibling, result) if index & 1 else node_hash(result, sibling)
        index >>= 1
    return result
