"""The log's one writer: gives entries their places, makes them durable, and has the tree cosigned.

The folder is a C2SP tlog-tiles log that any web server can serve as it is:

    checkpoint                  the last checkpoint that the charter's quorum of witnesses has cosigned
    tile/...                    see logstore.py
    .state/journal, .state/tree, .state/lock        ours; not to be served

What `append` returned survives kill -9 and a power cut, at its index. A checkpoint is signed only over entries that
are durable, so no two trees of one size are ever signed. Entry 0 is always the charter.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aboveboard.collector.journal import ENTRY_BYTES_MAX, PAYLOAD_BYTES_MAX, Journal
from aboveboard.collector.logstore import LogStore
from aboveboard.collector.witnesses import WitnessClient
from aboveboard.core.charter import Charter
from aboveboard.core.checkpoint import Checkpoint, cosignatures, sign_checkpoint
from aboveboard.core.errors import BadInput, CheckFailed, Corrupt, Refused, Unavailable
from aboveboard.core.leaves import CharterLeaf
from aboveboard.core.merkle import leaf_hash
from aboveboard.core.notes import NOTE_BYTES_MAX
from aboveboard.core.proof import LogProof
from aboveboard.core.signing import SigningKey
from aboveboard.wire.durable import FolderLock, make_folders, read_bounded, write_durable

APPEND_ENTRIES_MAX = 10_000
PENDING_ENTRIES_MAX = 16_384  # in memory and in the journal; then they go into tiles
PENDING_BYTES_MAX = 64 << 20
WITNESSES_MAX = 32


class Sequencer:
    """Safe for several threads; a second process is refused."""

    def __init__(
        self, folder: Path, key: SigningKey, charter: Charter, witnesses: Sequence[str],
        earlier: Sequence[Charter] = (),
    ) -> None:  # fmt: skip
        """Opens the log, or starts it with the charter as entry 0.

        charter: the one in force; earlier: those before it, oldest first. witnesses: their URLs.

        Raises Refused when another process writes this log, BadInput when the key or the
        folder belong to another charter, Corrupt when the folder was damaged, Unavailable when the disk says no.
        """
        if key.verify_key != charter.log_key:
            raise BadInput(f"the key {key.name} is not the log key of the charter {charter.name}")
        if len(witnesses) > WITNESSES_MAX:
            raise BadInput(f"a log asks {WITNESSES_MAX} witnesses at most")
        self._charter, self._key = charter, key
        self._earlier = tuple(earlier)
        first = [*earlier, charter][0].charter_id
        self._clients = [WitnessClient(url) for url in witnesses]
        make_folders(folder / ".state")
        self._lock_file = FolderLock(
            folder / ".state" / "lock",
            Refused("log_in_use", f"another process writes the log in {folder}: stop it first"),
        )
        self._lock = threading.RLock()  # what follows
        self._publishing = threading.Lock()  # one conversation with the witnesses at a time; appends go on meanwhile
        self._pending: list[bytes] = []  # entries, and beside them their leaf hashes
        self._pending_hashes: list[bytes] = []
        self._pending_bytes = 0
        self._folder = folder
        self._journal = Journal(folder / ".state" / "journal")
        try:
            self._store = LogStore(folder)
            self._tree = self._store.frontier()
            self._recover()
            self._published = self._read_checkpoint()
            if self.size == 0:
                self.append([CharterLeaf(first).encode()])
            if self.entries(0, 1) != [CharterLeaf(first).encode()]:
                raise BadInput(f"the log in {folder} was started under another charter")
        except BaseException:
            self.close()
            raise

    def _recover(self) -> None:
        for first, entries in self._journal.open():
            known = self.size - first
            if known < 0:
                raise Corrupt(f"entries {self.size} to {first - 1} of the log are missing: restore the log's folder")
            self._take(entries[known:])

    def _take(self, entries: Sequence[bytes]) -> None:
        hashes = [leaf_hash(entry) for entry in entries]
        self._tree.extend(hashes)
        self._pending += entries
        self._pending_hashes += hashes
        self._pending_bytes += sum(map(len, entries))

    def _read_checkpoint(self) -> tuple[Checkpoint, str] | None:
        data = read_bounded(self._folder / "checkpoint", NOTE_BYTES_MAX)
        if data is None:
            return None
        try:
            note = data.decode("utf-8")
            checkpoint = self._known_checkpoint(note)
            holds = checkpoint.size <= self._store.size and self._store.root(checkpoint.size) == checkpoint.root
        except (UnicodeDecodeError, CheckFailed, BadInput) as error:
            raise Corrupt(f"{self._folder}/checkpoint does not hold: {error}") from error
        if not holds:
            raise Corrupt(f"the log in {self._folder} is not the one that was published: restore the newest copy")
        return checkpoint, note

    def _known_checkpoint(self, note: str) -> Checkpoint:
        """Under the charter in force, or under the one before it when the change was just made."""
        for charter in self._earlier[-1:]:
            with contextlib.suppress(CheckFailed):
                return charter.check_checkpoint(note)[0]
        return self._charter.check_checkpoint(note)[0]

    def adopt(self, charter: Charter) -> None:
        """From now on checkpoints are cosigned under this charter, which follows the one before; the next publish()
        has what is published cosigned anew."""
        with self._publishing:
            self._earlier, self._charter = (*self._earlier, self._charter), charter

    # ------------------------------------------------------------ writing

    @property
    def size(self) -> int:
        """Entries acknowledged, published or not."""
        return self._tree.size

    def tree(self) -> tuple[int, bytes]:
        """(size, root) over everything acknowledged, published or not."""
        with self._lock:
            return self._tree.size, self._tree.root()

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The last one that the quorum has cosigned."""
        return self._published[0] if self._published else None

    @property
    def note(self) -> str | None:
        """That checkpoint with its signatures, as served."""
        return self._published[1] if self._published else None

    def append(self, entries: Sequence[bytes]) -> list[int]:
        """Their indices; durable when it returns. All or none. Raises BadInput, Unavailable."""
        if len(entries) > APPEND_ENTRIES_MAX or sum(map(len, entries)) > PAYLOAD_BYTES_MAX // 2:
            raise BadInput(f"at most {APPEND_ENTRIES_MAX} entries go into the log at once")
        if any(not 0 < len(entry) <= ENTRY_BYTES_MAX for entry in entries):
            raise BadInput(f"an entry of the log has 1 to {ENTRY_BYTES_MAX} bytes")
        if not entries:
            return []
        with self._lock:
            if len(self._pending) >= PENDING_ENTRIES_MAX or self._pending_bytes >= PENDING_BYTES_MAX:
                self._integrate()
            first = self.size
            self._journal.append(first, entries)
            self._take(entries)
            return list(range(first, first + len(entries)))

    def _integrate(self) -> None:
        """Moves what is pending into tiles, then empties the journal."""
        self._store.extend(self._pending, self._pending_hashes)
        self._pending, self._pending_hashes, self._pending_bytes = [], [], 0
        self._journal.empty()

    def publish(self, *, anew: bool = False) -> Checkpoint:
        """Has everything appended so far cosigned and puts it in place of the last checkpoint. anew: also when nothing
        was appended, so that the witnesses' time goes on.

        Raises Unavailable, naming the witnesses that are missing, when the charter's quorum can't be reached; the
        checkpoint before stays.
        """
        with self._publishing:
            with self._lock:
                self._integrate()
                size = self._store.size
                if not anew and self._published is not None and self._published[0].size == size:
                    return self._published[0]
                root = self._store.root()
                if root != self._tree.root():
                    raise Corrupt(f"the log's tiles in {self._folder} are not what was acknowledged: restore it")
                outgrown = self._store.outgrown()
            checkpoint = Checkpoint(self._charter.origin, size, root)
            note, problems = self._gather(sign_checkpoint(checkpoint, self._key), size)
            try:
                self._charter.check_checkpoint(note)
            except CheckFailed as error:
                given = cosignatures(note, self._charter.witness_keys)
                missing = ", ".join(key.name for key in self._charter.witness_keys if key.name not in given)
                why = "; ".join(problems) or "their answers do not verify"
                raise Unavailable(f"the log is not cosigned by {missing}: {why}") from error
            with self._lock:
                write_durable(self._folder / "checkpoint", note.encode("utf-8"))
                self._published = checkpoint, note
                self._store.prune(outgrown)
            return checkpoint

    def _gather(self, note: str, size: int) -> tuple[str, list[str]]:
        """The note with every cosignature that verifies, and what went wrong with the others."""

        def ask(client: WitnessClient) -> str | Unavailable:
            try:
                return client.cosign(note, size, self.consistency)
            except Unavailable as error:
                return error

        problems: list[str] = []
        with ThreadPoolExecutor(max_workers=max(len(self._clients), 1)) as pool:
            for answer in pool.map(ask, self._clients):
                if isinstance(answer, Unavailable):
                    problems.append(str(answer))
                    continue
                for line in answer.splitlines():
                    if self._is_cosignature(note + line + "\n", note):
                        note += line + "\n"
        return note, problems

    def _is_cosignature(self, longer: str, note: str) -> bool:
        keys = self._charter.witness_keys
        try:
            return len(cosignatures(longer, keys)) > len(cosignatures(note, keys))
        except (BadInput, CheckFailed):
            return False

    # ------------------------------------------------------------ reading

    def entries(self, start: int, stop: int) -> list[bytes]:
        """Entries start .. stop-1 of those acknowledged; fewer when there are fewer."""
        with self._lock:
            edge, stop = self._store.size, min(stop, self.size)
            tiled = self._store.entries(start, min(stop, edge)) if start < min(stop, edge) else []
            return tiled + self._pending[max(start - edge, 0) : max(stop - edge, 0)]

    def proof(self, index: int) -> LogProof:
        """Inclusion under the last cosigned checkpoint. Raises Unavailable while the entry is not in it."""
        with self._lock:
            published = self._published
            if not 0 <= index < self.size:
                raise BadInput(f"the log has no entry {index}")
            if published is None or index >= published[0].size:
                raise Unavailable(f"entry {index} is not yet cosigned by the witnesses: ask again later")
            hashes = self._store.inclusion(index, published[0].size)
            return LogProof(index, tuple(hashes), published[1])

    def consistency(self, old: int, new: int) -> list[bytes]:
        """RFC 6962 proof from a size to another, both in tiles; empty for old 0 or equal sizes."""
        with self._lock:
            return self._store.consistency(old, new)

    def close(self) -> None:
        """Lets go of the folder. What was appended stays."""
        for client in self._clients:
            client.close()
        self._journal.close()
        self._lock_file.close()
