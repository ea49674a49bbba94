"""What a monitor remembers from run to run. Durable, bounded, readable by people; nothing in it is anyone's data.

<state>/state.json          {"origin", "note", "alarms", "runs", "last_s", "v"}; canonical JSON
<state>/evidence/<n>-*.txt  checkpoints that contradict each other, as they were signed: proof for anyone
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from aboveboard.core.canonical import canonical, parse_canonical
from aboveboard.core.errors import BadInput, Corrupt, Refused
from aboveboard.wire.durable import FolderLock, make_folders, read_bounded, write_durable

STATE_BYTES_MAX = 1 << 20
ALARMS_MAX = 200


class Alarm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A check that failed. at_s: when it was first seen to. evidence: file names below evidence/."""

    check: str
    reason: str
    at_s: int
    evidence: tuple[str, ...] = ()


class Remembered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """note: the newest checkpoint that held, "" before the first. alarms: not yet acknowledged, oldest first."""

    origin: str
    note: str = ""
    alarms: tuple[Alarm, ...] = ()
    runs: int = 0
    last_s: int = 0
    v: int = 1


class Memory:
    """The folder, for one monitor at a time."""

    def __init__(self, folder: Path, origin: str) -> None:
        """Raises Refused when another monitor uses the folder or it is of another log; Corrupt when it can't be read:
        a monitor that forgot what it saw would take a rewritten log for a new one."""
        make_folders(folder / "evidence", 0o700)
        self.folder = folder
        self._lock = FolderLock(folder / "lock", Refused("state_in_use", f"another monitor uses {folder}"))
        try:
            self.known = self._read(origin)
        except BaseException:
            self.close()
            raise

    def _read(self, origin: str) -> Remembered:
        path = self.folder / "state.json"
        data = read_bounded(path, STATE_BYTES_MAX)
        if data is None:
            return Remembered(origin)
        try:
            known = msgspec.convert(parse_canonical(data, str(path), STATE_BYTES_MAX), Remembered)
        except (BadInput, msgspec.ValidationError) as error:
            raise Corrupt(
                f"{path} can't be read ({error}): restore it from a copy, or begin anew with another --state; what was "
                "seen before is then not held against the log"
            ) from error
        if known.origin != origin:
            raise Refused("other_log", f"{self.folder} is the memory of the log {known.origin}, not of {origin}")
        return known

    def keep(self, known: Remembered) -> None:
        """Durable when it returns."""
        write_durable(self.folder / "state.json", canonical(msgspec.to_builtins(known)), 0o600)
        self.known = known

    def keep_evidence(self, number: int, notes: dict[str, str]) -> tuple[str, ...]:
        """notes: signed notes, by a word for the file's name; whole, since half a one proves nothing. The names."""
        names = []
        for word, note in notes.items():
            name = f"{number:04d}-{word}.txt"
            write_durable(self.folder / "evidence" / name, note.encode("utf-8"), 0o600)
            names.append(name)
        return tuple(names)

    def close(self) -> None:
        self._lock.close()
