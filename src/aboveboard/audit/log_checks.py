"""What anyone can check of the log: pure functions over what was read, each of one promise."""

from __future__ import annotations

from collections.abc import Sequence

from aboveboard.audit.published import Published
from aboveboard.audit.report import Check, checked, judged
from aboveboard.core.charter import Charter
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.errors import BadInput, CheckFailed
from aboveboard.core.leaves import CharterLeaf, Leaf, PolicyLeaf, parse_leaf
from aboveboard.core.merkle import HASH_BYTES, leaf_hash, root_of_hashes
from aboveboard.core.tiles import WIDTH


def leaves_of(entries: Sequence[bytes]) -> list[Leaf]:
    """Those that can be read; check_entry_kinds says which can't."""
    found: list[Leaf] = []
    for entry in entries:
        try:
            found.append(parse_leaf(entry))
        except BadInput:
            continue
    return found


def policy_names(leaves: Sequence[Leaf]) -> list[str]:
    """Policies the log names, first ones first, each once."""
    return list(dict.fromkeys(leaf.policy for leaf in leaves if isinstance(leaf, PolicyLeaf)))


def _ensure(found: Published, *needs: str) -> None:
    for need in needs:
        if need in found.problems:
            raise found.problems[need]


def check_checkpoint(found: Published, charter: Charter) -> Check:
    """Signed by the log, cosigned by the quorum."""

    def run() -> str:
        _ensure(found, "checkpoint")
        checkpoint, _ = charter.check_checkpoint(found.note)
        return f"{checkpoint.size} entries, signed by the log and cosigned by its witness quorum"

    return checked("checkpoint", run)


def check_charter(found: Published, charter: Charter) -> Check:
    """The published charter is the one in hand, and the log's first entry names it."""

    def run() -> str:
        _ensure(found, "charter", "checkpoint", "entries")
        if found.charter != charter.to_bytes():
            raise CheckFailed("the published charter is another one than the charter given")
        if not found.entries or found.entries[0] != CharterLeaf(charter.charter_id).encode():
            raise CheckFailed("the log's first entry does not name the charter given")
        return f"{charter.name}: published, and named by the log's first entry"

    return checked("charter", run)


def check_entries(found: Published) -> Check:
    """The entries make the checkpoint's root."""

    def run() -> str:
        _ensure(found, "checkpoint", "entries")
        assert found.checkpoint is not None  # noqa: S101  # _ensure has seen to it
        if len(found.entries) != found.checkpoint.size or _root(found.entries) != found.checkpoint.root:
            raise CheckFailed("the published entries do not make the checkpoint's root: one was changed")
        return "every entry, hashed again, makes the checkpoint's root"

    return checked("entries", run)


def _root(entries: Sequence[bytes]) -> bytes:
    return root_of_hashes([leaf_hash(entry) for entry in entries])


def check_tiles(found: Published) -> Check:
    """The hash tiles, from which proofs are made, are those of the entries."""

    def run() -> str:
        _ensure(found, "checkpoint", "entries", "tiles")
        hashes = [leaf_hash(entry) for entry in found.entries]
        for level in range(8):
            if not hashes:
                break
            for start in range(0, len(hashes), WIDTH):
                part = b"".join(hashes[start : start + WIDTH])
                if found.tiles.get((level, start // WIDTH)) != part:
                    at = _first_difference(found.tiles.get((level, start // WIDTH), b""), part) // HASH_BYTES
                    raise CheckFailed(f"hash {start + at} of level {level} of the tiles is not that of the entries")
            whole = len(hashes) // WIDTH
            hashes = [root_of_hashes(hashes[i * WIDTH : (i + 1) * WIDTH]) for i in range(whole)]
        return f"{len(found.tiles)} hash tiles, each as the entries make it"

    return checked("tiles", run)


def _first_difference(one: bytes, other: bytes) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def check_entry_kinds(found: Published) -> Check:
    """Every entry is of a kind that the specification lists: hashes and commitments, no text, no hour, no name."""
    problems = []
    if "entries" in found.problems or "checkpoint" in found.problems:
        return checked("entry_kinds", lambda: _raise(found, "checkpoint", "entries"))
    for index, entry in enumerate(found.entries):
        try:
            parse_leaf(entry)
        except BadInput as error:
            problems.append(f"entry {index}: {error}")
    return judged("entry_kinds", problems, f"{len(found.entries)} entries, all of known kinds that name nobody")


def _raise(found: Published, *needs: str) -> str:
    _ensure(found, *needs)
    return ""


def check_append_only(found: Published, earlier: Checkpoint, where: str) -> Check:
    """The log that `earlier` (a checkpoint with the quorum's cosignatures) saw is a prefix of this one.

    Two that disagree are both signed by the log: together they prove to anyone that it showed two histories.
    """

    def run() -> str:
        _ensure(found, "checkpoint", "entries")
        if earlier.size > len(found.entries):
            raise CheckFailed(f"the checkpoint of {where} has {earlier.size} entries, the log now shows fewer")
        if earlier.size and _root(found.entries[: earlier.size]) != earlier.root:
            raise CheckFailed(
                f"the log's first {earlier.size} entries are not those that the checkpoint of {where} was signed over: "
                "keep both checkpoints, they prove that it showed two histories"
            )
        return f"the log of {where} ({earlier.size} entries) is the beginning of this one"

    return checked("append_only", run)
