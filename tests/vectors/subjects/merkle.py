"""Roots and proofs of RFC 6962 trees."""

from __future__ import annotations

from typing import Any

from aboveboard.core.merkle import consistency_proof, inclusion_proof, leaf_hash, root_hash
from tests.vectors.keys import leaves

# certificate-transparency's own reference leaves, then longer trees.
REFERENCE = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


def _inclusion(size: int, index: int) -> list[dict[str, Any]]:
    tree = leaves(size)
    leaf, proof, root = leaf_hash(tree[index]), inclusion_proof(tree, index), root_hash(tree)

    def item(why: str, leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> dict[str, Any]:
        return {"leaf_hash": leaf.hex(), "index": index, "size": size, "proof": [each.hex() for each in proof],
                "root": root.hex(), "valid": not why, "why": why}  # fmt: skip

    items = [
        item("", leaf, index, size, proof, root),
        item("another leaf", leaf_hash(b"other"), index, size, proof, root),
        item("another root", leaf, index, size, proof, flipped(root)),
        item("one hash too many", leaf, index, size, [*proof, root], root),
        item("a leaf beyond the tree", leaf, size, size, proof, root),
        item("a tree of no leaves", leaf, 0, 0, [], root),
    ]
    if proof:
        items += [
            item("one hash too few", leaf, index, size, proof[:-1], root),
            item("a flipped bit", leaf, index, size, [flipped(proof[0]), *proof[1:]], root),
            item("another place", leaf, index ^ 1 if index ^ 1 < size else index - 1, size, proof, root),
            item("a hash of 31 bytes", leaf, index, size, [proof[0][:-1], *proof[1:]], root),
        ]
    return items


def _consistency(size1: int, size2: int) -> list[dict[str, Any]]:
    tree = leaves(size2)
    proof, root1, root2 = consistency_proof(tree, size1), root_hash(tree[:size1]), root_hash(tree)

    def item(why: str, size1: int, size2: int, proof: list[bytes], root1: bytes, root2: bytes) -> dict[str, Any]:
        return {"size1": size1, "size2": size2, "proof": [each.hex() for each in proof], "root1": root1.hex(),
                "root2": root2.hex(), "valid": not why, "why": why}  # fmt: skip

    items = [
        item("", size1, size2, proof, root1, root2),
        item("another older root", size1, size2, proof, flipped(root1), root2),
        item("another newer root", size1, size2, proof, root1, flipped(root2)),
        item("one hash too many", size1, size2, [*proof, root1], root1, root2),
        item("from no leaves nothing follows", 0, size2, [], root_hash([]), root2),
        item("a tree that shrinks", size2 + 1, size2, proof, root1, root2),
    ]
    if proof:
        items += [
            item("one hash too few", size1, size2, proof[:-1], root1, root2),
            item("a flipped bit", size1, size2, [*proof[:-1], flipped(proof[-1])], root1, root2),
        ]
    return items


def make() -> dict[str, Any]:
    trees = [[bytes.fromhex(each) for each in REFERENCE[:n]] for n in range(9)] + [leaves(n) for n in (9, 16, 255, 257)]
    pairs = [(1, 1), (1, 2), (2, 3), (3, 4), (4, 4), (4, 7), (6, 8), (7, 255), (64, 257), (255, 257), (256, 257)]
    places = [(1, 0), (2, 1), (3, 2), (5, 4), (7, 3), (8, 0), (255, 254), (257, 0), (257, 256)]
    return {
        "roots": [{"leaves": [leaf.hex() for leaf in tree], "root": root_hash(tree).hex()} for tree in trees],
        "inclusion": [item for size, index in places for item in _inclusion(size, index)],
        "consistency": [item for size1, size2 in pairs for item in _consistency(size1, size2)],
    }
