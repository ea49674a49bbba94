"""Brings a lost state back from checkpoints that this witness itself has cosigned and others have kept."""

from __future__ import annotations

from collections.abc import Sequence

from aboveboard.core.checkpoint import Checkpoint, cosignatures, open_checkpoint
from aboveboard.core.errors import CheckFailed, Corrupt
from aboveboard.core.signing import VerifyKey
from aboveboard.witness.server import only_signed_by
from aboveboard.witness.state import Seen, WitnessState

SIGNED_TWICE = (
    "this witness's key has cosigned two trees of {size} entries: keep both checkpoints, tell everyone who relies on "
    "it, and start a witness with a new key"
)


def newest_of(notes: Sequence[str], log_key: VerifyKey, origin: str, own: VerifyKey) -> Seen:
    """The largest of the checkpoints. Raises CheckFailed unless each is of this log and cosigned by `own`, and when
    two of them are of one size and different."""
    found: dict[int, tuple[Checkpoint, int, str]] = {}
    for note in notes:
        checkpoint = open_checkpoint(note, log_key)
        times = cosignatures(note, [own])
        if checkpoint.origin != origin or not times:
            raise CheckFailed(f"a checkpoint of {checkpoint.origin} does not carry this witness's own cosignature")
        before = found.setdefault(checkpoint.size, (checkpoint, times[own.name], note))
        if before[0].root != checkpoint.root:
            raise CheckFailed(SIGNED_TWICE.format(size=checkpoint.size))
    checkpoint, time_s, note = found[max(found)]
    return Seen(origin, checkpoint.size, checkpoint.root.hex(), time_s, only_signed_by(note, log_key))


def recover(state: WitnessState, seen: Seen) -> Seen:
    """Puts `seen` in place of a state that was lost, and returns what stands now: a state never falls, so a later one
    that can be read is kept. Raises CheckFailed when it is another tree of the same size."""
    try:
        before = state.get(seen.origin)
    except Corrupt:
        before = None
    if before is not None and before.size == seen.size and before.root != seen.root:
        raise CheckFailed(SIGNED_TWICE.format(size=seen.size))
    kept = before if before is not None and before.size >= seen.size else seen
    state.put(kept)
    return kept
