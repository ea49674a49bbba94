"""The right edge of a growing RFC 6962 tree: enough to go on and to say its root, in O(log n) memory. Pure.

A compact range from 0 (Certificate Transparency's trees use the same): the roots of the full subtrees that a tree of
`size` leaves consists of, from left to right, their levels falling.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aboveboard.core.errors import BadInput
from aboveboard.core.merkle import EMPTY_ROOT, node_hash


class Frontier:
    """Push hashes from left to right. Level 0 is a leaf's hash, level k the root of 2**k leaves."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[tuple[int, bytes]] = []

    def copy(self) -> Frontier:
        other = Frontier()
        other.size, other._subtrees = self.size, list(self._subtrees)
        return other

    def push(self, hash_: bytes, level: int = 0) -> None:
        """hash_: 32 bytes. Raises BadInput when a subtree of that level can't stand here."""
        if self.size % (1 << level):
            raise BadInput(f"no subtree of {1 << level} leaves starts at leaf {self.size}")
        self.size += 1 << level
        while self._subtrees and self._subtrees[-1][0] == level:
            hash_ = node_hash(self._subtrees.pop()[1], hash_)
            level += 1
        self._subtrees.append((level, hash_))

    def extended(self, hashes: Iterable[bytes]) -> Frontier:
        """A copy with these leaves' hashes behind it."""
        other = self.copy()
        for each in hashes:
            other.push(each)
        return other

    def root(self) -> bytes:
        """SHA-256 of nothing for no leaves."""
        if not self._subtrees:
            return EMPTY_ROOT
        *left, (_, result) = self._subtrees
        for _, sibling in reversed(left):
            result = node_hash(sibling, result)
        return result


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over 2**k subtrees of one level."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]
