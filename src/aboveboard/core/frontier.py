"""The right edge of an RFC 6962 tree: enough to know its root and to let it grow, in memory of log2(size) hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from aboveboard.core.merkle import EMPTY_ROOT, node_hash


class Frontier:
    """The roots of the full subtrees that a tree of `size` leaves consists of, largest first."""

    __slots__ = ("_roots", "size")

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        """roots: one for each bit set in `size`, from the highest."""
        self.size = size
        self._roots = list(roots)
        if len(self._roots) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} full subtrees, not {len(self._roots)}")

    def copy(self) -> Frontier:
        return Frontier(self.size, self._roots)

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Adds leaves by their hashes."""
        roots, size, sha256 = self._roots, self.size, hashlib.sha256
        for leaf in hashes:
            node, rest = leaf, size
            while rest & 1:
                node = sha256(b"\x01" + roots.pop() + node).digest()  # node_hash, inline: this is the hot loop
                rest >>= 1
            roots.append(node)
            size += 1
        self.size = size

    def root(self) -> bytes:
        """Of the whole tree; SHA-256 of nothing for none."""
        if not self._roots:
            return EMPTY_ROOT
        result = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            result = node_hash(left, result)
        return result
