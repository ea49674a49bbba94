"""What this laptop was shown of the log, so that it can't be shown another one later: no rollback, no fork.

checkpoint            the newest one seen, with its cosignatures
evidence/<n>-*.txt    two that contradict each other, for the representatives or anyone else
"""

from __future__ import annotations

from collections.abc import Callable

from aboveboard.core.charter_chain import Charters, under
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.errors import AboveboardError, ProofError, Refused
from aboveboard.core.merkle import verify_consistency
from aboveboard.recorder.home import Home
from aboveboard.wire.tile_proofs import TileReader

EVIDENCE_MAX = 20


def _read(note: str, charters: Charters) -> tuple[Checkpoint, int]:
    """The checkpoint, and the newest second that a quorum vouches has come."""
    return under(charters, lambda charter: (charter.check_checkpoint(note)[0], charter.time_passed_s(note)))


class LogMemory:
    """fetch: a published tile by its path, from the collector; nothing it gives is believed."""

    def __init__(self, home: Home, fetch: Callable[[str], bytes]) -> None:
        self._home, self._fetch = home, fetch

    def note(self) -> str | None:
        """The newest checkpoint seen."""
        data = self._home.read("checkpoint")
        return None if data is None else data.decode("utf-8")

    def take(self, note: str, charters: Charters) -> Checkpoint:
        """A checkpoint with its quorum that continues what was seen here, and is then what was seen.

        Of two of one tree the one that witnesses signed later stays: it tells more of the time. Raises
        Refused("no_quorum") for a checkpoint without its quorum, an older one, and one of another history, when both
        are kept as evidence; and whatever fetch raises.
        """
        try:
            new, time_s = _read(note, charters)
        except AboveboardError as error:
            raise Refused("no_quorum", str(error)) from error
        seen = self.note()
        if seen is not None:
            old, seen_s = _read(seen, charters)
            self._continues(old, new, seen, note)
            if old.size == new.size and time_s <= seen_s:
                return new
        self._home.write(note.encode("utf-8"), "checkpoint")
        return new

    def _continues(self, old: Checkpoint, new: Checkpoint, seen: str, note: str) -> None:
        if new.size < old.size:
            raise Refused(
                "no_quorum", f"the log shown now has {new.size} entries, and {old.size} were shown before: rolled back"
            )
        try:
            proof = TileReader(new.size, self._fetch).consistency(old.size) if new.size > old.size else []
            verify_consistency(old.size, new.size, proof, old.root, new.root)
        except ProofError as error:
            self._keep(seen, note)
            raise Refused(
                "no_quorum", f"the log shown now is not a continuation of the one shown before ({error}): both "
                f"checkpoints are kept in {self._home.path('evidence')}; show them to your representatives",
            ) from error  # fmt: skip

    def _keep(self, seen: str, note: str) -> None:
        folder = self._home.path("evidence")
        folder.mkdir(mode=0o700, exist_ok=True)
        number = len(list(folder.glob("*-shown-now.txt")))
        if number < EVIDENCE_MAX:
            self._home.write(seen.encode("utf-8"), "evidence", f"{number:02d}-shown-before.txt")
            self._home.write(note.encode("utf-8"), "evidence", f"{number:02d}-shown-now.txt")
