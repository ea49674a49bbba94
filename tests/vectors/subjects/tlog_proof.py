"""Proofs of entries, C2SP tlog-proof."""

from __future__ import annotations

from typing import Any

from aboveboard.core.checkpoint import Checkpoint, cosign, sign_checkpoint
from aboveboard.core.merkle import inclusion_proof, root_hash
from aboveboard.core.proof import LogProof
from tests.vectors.keys import COUNCIL, LOG, ORIGIN, STRANGER, TIME_S, leaves


def make() -> dict[str, Any]:
    tree = leaves(13)
    checkpoint = Checkpoint(ORIGIN, 13, root_hash(tree))
    note = sign_checkpoint(checkpoint, LOG)
    note += cosign(note, COUNCIL, TIME_S)

    def proof(index: int, extra: bytes = b"") -> str:
        return LogProof(index, tuple(inclusion_proof(tree, index)), note, extra).encode()

    def good(index: int, extra: bytes = b"") -> dict[str, Any]:
        return {"entry": tree[index].hex(), "proof": proof(index, extra), "valid": True, "index": index,
                "extra": extra.hex()}  # fmt: skip

    def bad(text: str, why: str, index: int = 5) -> dict[str, Any]:
        return {"entry": tree[index].hex(), "proof": text, "valid": False, "why": why}

    text = proof(5)
    lines = text.split("\n")
    alone = sign_checkpoint(Checkpoint(ORIGIN, 1, root_hash(tree[:1])), LOG)
    return {
        "vkey": LOG.verify_key.encode(),
        "proofs": [
            good(0), good(5), good(12), good(5, b"extra data"),
            {"entry": tree[0].hex(), "proof": LogProof(0, (), alone).encode(), "valid": True, "index": 0, "extra": ""},
            bad(text, "of another entry", index=6),
            bad(text.replace("index 5", "index 4"), "another place"),
            bad(text.replace("index 5", "index 05"), "a leading zero"),
            bad(text.replace("index 5", "index"), "no index"),
            bad(text.replace("index 5\n", ""), "no index line"),
            bad(text.replace("@v1", "@v2"), "another version"),
            bad("\n".join([*lines[:2], *lines[3:]]), "a hash too few"),
            bad("\n".join([*lines[:3], lines[2], *lines[3:]]), "a hash too many"),
            bad("\n".join([*lines[:2], lines[3], lines[2], *lines[4:]]), "hashes in another order"),
            bad(text.replace(lines[2], lines[2][:-4]), "a hash too short"),
            bad(text.replace("\n\n", "\n", 1), "no empty line"),
            bad(text.replace("index 5", "extra \nindex 5"), "an extra line with nothing in it"),
            bad(LogProof(5, tuple(inclusion_proof(tree, 5)), sign_checkpoint(checkpoint, STRANGER)).encode(),
                "a checkpoint signed by another key"),
        ],
    }  # fmt: skip
