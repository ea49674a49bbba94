"""RFC 6962 trees: the known vectors of certificate-transparency, and that every proof holds and every forgery fails."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.core.errors import BadInput, ProofError
from aboveboard.core.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    consistency_proof_of_hashes,
    inclusion_proof,
    inclusion_proof_of_hashes,
    leaf_hash,
    root_hash,
    root_of_hashes,
    verify_consistency,
    verify_inclusion,
)

# Leaves and roots of the test of certificate-transparency's own merkle tree (RFC 6962, public reference vectors).
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("n", range(1, 9))
def test_roots_are_those_of_the_reference_vectors(n: int) -> None:
    assert root_hash(LEAVES[:n]).hex() == ROOTS[n - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert root_of_hashes([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def _leaves(n: int) -> list[bytes]:
    return [i.to_bytes(4, "big") for i in range(n)]


def _hashes(n: int) -> list[bytes]:
    return [leaf_hash(leaf) for leaf in _leaves(n)]


@given(st.data(), st.integers(1, 200))
def test_every_inclusion_proof_holds_and_no_other_leaf_passes(data: st.DataObject, n: int) -> None:
    index = data.draw(st.integers(0, n - 1))
    hashes = _hashes(n)
    proof, root = inclusion_proof(_leaves(n), index), root_of_hashes(hashes)
    verify_inclusion(hashes[index], index, n, proof, root)
    with pytest.raises(ProofError):
        verify_inclusion(leaf_hash(b"another"), index, n, proof, root)
    if n > 1:
        other = data.draw(st.integers(0, n - 1).filter(lambda i: i != index))
        with pytest.raises(ProofError):
            verify_inclusion(hashes[index], other, n, proof, root)


@given(st.data(), st.integers(1, 200))
def test_every_consistency_proof_holds_and_another_history_fails(data: st.DataObject, n: int) -> None:
    m = data.draw(st.integers(1, n))
    hashes = _hashes(n)
    proof = consistency_proof(_leaves(n), m)
    old, new = root_of_hashes(hashes[:m]), root_of_hashes(hashes)
    verify_consistency(m, n, proof, old, new)
    changed = [leaf_hash(b"rewritten"), *hashes[1:m]]
    with pytest.raises(ProofError):
        verify_consistency(m, n, proof, root_of_hashes(changed), new)


@given(st.data(), st.integers(2, 100))
def test_a_proof_cut_or_lengthened_or_with_a_flipped_bit_fails(data: st.DataObject, n: int) -> None:
    index = data.draw(st.integers(0, n - 1))
    hashes = _hashes(n)
    proof, root = inclusion_proof(_leaves(n), index), root_of_hashes(hashes)
    at = data.draw(st.integers(0, len(proof) - 1))
    flipped = [*proof]
    flipped[at] = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    for bad in (proof[:-1], [*proof, proof[0]], flipped):
        with pytest.raises(ProofError):
            verify_inclusion(hashes[index], index, n, bad, root)


def test_a_consistency_proof_from_nothing_is_refused() -> None:
    hashes = _hashes(4)
    with pytest.raises(ProofError, match="prefix"):
        verify_consistency(0, 4, [], EMPTY_ROOT, root_of_hashes(hashes))
    with pytest.raises(BadInput):
        consistency_proof(_leaves(4), 0)


def test_hashes_of_a_wrong_length_are_refused() -> None:
    with pytest.raises(ProofError, match="32 bytes"):
        verify_inclusion(b"short", 0, 1, [], EMPTY_ROOT)


@pytest.mark.parametrize("n", [1, 2, 7, 64, 129])
def test_proofs_from_data_and_from_hashes_are_one(n: int) -> None:
    assert inclusion_proof(_leaves(n), n - 1) == inclusion_proof_of_hashes(_hashes(n), n - 1)
    assert consistency_proof(_leaves(n), n // 2 + 1) == consistency_proof_of_hashes(_hashes(n), n // 2 + 1)


def test_arguments_have_the_names_of_the_interface() -> None:
    leaves = _leaves(5)
    root = root_hash(leaves=leaves)
    proof = inclusion_proof(leaves=leaves, index=2)
    verify_inclusion(leaf_hash=leaf_hash(data=leaves[2]), index=2, size=5, proof=proof, root=root)
    old, proof = root_hash(leaves[:3]), consistency_proof(leaves=leaves, size1=3)
    verify_consistency(size1=3, size2=5, proof=proof, root1=old, root2=root)
