"""The Merkle tree of RFC 6962: hashes, inclusion and consistency proofs. Pure functions over bytes.

Proofs are lists of 32-byte hashes. Verifying functions return nothing and raise ProofError with the reason. They
follow RFC 9162, sections 2.1.3.2 and 2.1.4.2. A consistency proof from size 0 proves nothing and is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import TypeAlias

from aboveboard.core.errors import BadInput, ProofError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
# The root of the leaves low .. high-1: what a walk through a tree asks of whoever holds it.
RangeRoot: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of_hashes(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; SHA-256 of nothing for none."""
    if not hashes:
        return EMPTY_ROOT
    # Pairing level by level and carrying an odd last node up gives RFC 6962's tree: its left subtree is always full.
    level = list(hashes)
    while len(level) > 1:
        above = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """The root over leaves' data."""
    return root_of_hashes([leaf_hash(leaf) for leaf in leaves])


def split(size: int) -> int:
    """The largest power of two below `size` (size > 1): how many leaves lie left of a tree's root."""
    return 1 << (size - 1).bit_length() - 1


def range_root(low: int, high: int, node: Callable[[int, int], bytes]) -> bytes:
    """RFC 6962 MTH(D[low:high]), low a multiple of the largest power of two not above high - low.

    node: the root of the full subtree of 2**height leaves that begins at its first argument; height is its second.
    """
    count = high - low
    if count & (count - 1) == 0:
        return node(low, count.bit_length() - 1)
    middle = low + split(count)
    return node_hash(range_root(low, middle, node), range_root(middle, high, node))


def inclusion_path(index: int, size: int, root: RangeRoot) -> list[bytes]:
    """RFC 6962 2.1.1 PATH(index, D[0:size]). Raises BadInput when there is no such leaf."""
    if not 0 <= index < size:
        raise BadInput(f"there is no leaf {index} in a tree of {size}")
    proof: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            proof.append(root(middle, high))
            high = middle
        else:
            proof.append(root(low, middle))
            low = middle
    return proof[::-1]


def consistency_path(size1: int, size2: int, root: RangeRoot) -> list[bytes]:
    """RFC 6962 2.1.2 PROOF(size1, D[0:size2]). Raises BadInput for no such sizes."""
    if not 0 < size1 <= size2:
        raise BadInput(f"no consistency proof from size {size1} to {size2}")
    proof: list[bytes] = []
    low, high, known = 0, size2, True  # known: the verifier already has the root of this subtree
    while size1 != high:
        middle = low + split(high - low)
        if size1 <= middle:
            proof.append(root(middle, high))
            high = middle
        else:
            proof.append(root(low, middle))
            low, known = middle, False
    if not known:
        proof.append(root(low, high))
    return proof[::-1]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index` of leaves' data. Raises BadInput when there is no such leaf."""
    return inclusion_proof_of_hashes([leaf_hash(leaf) for leaf in leaves], index)


def inclusion_proof_of_hashes(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The same from the leaves' hashes."""
    return inclusion_path(index, len(hashes), lambda low, high: root_of_hashes(hashes[low:high]))


def consistency_proof(leaves: Sequence[bytes], size1: int) -> list[bytes]:
    """Proof that the tree of the first `size1` leaves is a prefix of the whole. leaves: their data. Raises BadInput."""
    return consistency_proof_of_hashes([leaf_hash(leaf) for leaf in leaves], size1)


def consistency_proof_of_hashes(hashes: Sequence[bytes], size1: int) -> list[bytes]:
    """The same from the leaves' hashes."""
    return consistency_path(size1, len(hashes), lambda low, high: root_of_hashes(hashes[low:high]))


def _check_hashes(*hashes: bytes) -> None:
    if any(not isinstance(each, bytes) or len(each) != HASH_BYTES for each in hashes):
        raise ProofError(f"a hash in the proof is not {HASH_BYTES} bytes")


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises ProofError unless the leaf with this hash is at `index` in the tree of `size` leaves with that root."""
    _check_hashes(leaf_hash, root, *proof)
    if not 0 <= index < size:
        raise ProofError(f"leaf {index} can't be in a tree of {size}")
    number, last, result = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if number & 1 or number == last:
            result = node_hash(sibling, result)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        number, last = number >> 1, last >> 1
    if last:
        raise ProofError("the inclusion proof is too short")
    if not hmac.compare_digest(result, root):
        raise ProofError("the inclusion proof leads to another root")


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Raises ProofError unless the tree (size1, root1) is a prefix of (size2, root2). Size 0 is refused."""
    _check_hashes(root1, root2, *proof)
    if not 0 < size1 <= size2:
        raise ProofError(f"no tree of {size1} leaves can be shown to be a prefix of one of {size2}")
    if size1 == size2:
        if proof:
            raise ProofError("two trees of one size have an empty proof")
        if not hmac.compare_digest(root1, root2):
            raise ProofError("two trees of one size have different roots")
        return
    path = list(proof)
    if size1 & (size1 - 1) == 0:
        path.insert(0, root1)
    if not path:
        raise ProofError("the consistency proof is empty")
    number, last = size1 - 1, size2 - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if number & 1 or number == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        number, last = number >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is too short")
    if not hmac.compare_digest(old, root1):
        raise ProofError("the consistency proof does not lead to the older root")
    if not hmac.compare_digest(new, root2):
        raise ProofError("the consistency proof does not lead to the newer root")
