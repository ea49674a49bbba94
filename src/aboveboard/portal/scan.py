"""What the public log says, counted in one pass and remembered: each page asks, only new entries are read."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field

from aboveboard.collector.sequencer import Sequencer
from aboveboard.core.leaves import DeletionAskedLeaf, DeletionDoneLeaf, KeyReleasedLeaf, Leaf, parse_leaf

SHOWN_MAX = 100  # of each kind, the newest; the log has all of them
STEP = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with its place."""

    index: int
    leaf: Leaf


@dataclass(slots=True)
class Seen:
    """counts: by kind. open: deletions asked and not done, by commitment. finished: those said to be done, which a
    crash may have said twice; each counts once. The rest: the newest SHOWN_MAX of each kind; done: (the deletion, when
    it was due, the entry that says it is done)."""

    size: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    open: dict[str, tuple[int, int]] = field(default_factory=dict)
    finished: set[bytes] = field(default_factory=set)
    done: deque[tuple[str, int, int]] = field(default_factory=lambda: deque(maxlen=SHOWN_MAX))
    releases: deque[Entry] = field(default_factory=lambda: deque(maxlen=SHOWN_MAX))

    def take(self, entry: bytes) -> None:
        leaf, index = parse_leaf(entry), self.size
        self.size += 1
        self.counts[str(type(leaf).__struct_config__.tag)] += 1
        match leaf:
            case DeletionAskedLeaf():
                if bytes.fromhex(leaf.commitment) not in self.finished:
                    known = self.open.get(leaf.commitment, (leaf.due_us, index))
                    self.open[leaf.commitment] = min(known, (leaf.due_us, index))  # asked again, it is due as it was
            case DeletionDoneLeaf():
                self._take_done(leaf.commitment, index)
            case KeyReleasedLeaf():
                self.releases.append(Entry(index, leaf))
            case _:
                pass

    def _take_done(self, name: str, index: int) -> None:
        asked = self.open.pop(name, None)
        if bytes.fromhex(name) in self.finished:
            self.counts["deletion_done"] -= 1
            return
        self.finished.add(bytes.fromhex(name))
        self.done.append((name, asked[0] if asked else 0, index))

    def copy(self) -> Seen:
        """To be read while others go on counting; what only counting needs is left out."""
        return Seen(self.size, self.counts.copy(), self.open.copy(), set(), self.done.copy(), self.releases.copy())

    def overdue(self, now_us: int) -> int:
        return sum(due_us < now_us for due_us, _ in self.open.values())


class LogScan:
    """`seen()` is of the cosigned log only: what the witnesses have not seen is not shown as if they had."""

    def __init__(self, log: Sequencer) -> None:
        self._log = log
        self._seen = Seen()
        self._lock = threading.Lock()

    def seen(self) -> Seen:
        checkpoint = self._log.checkpoint
        size = checkpoint.size if checkpoint else 0
        with self._lock:
            while self._seen.size < size:
                for entry in self._log.entries(self._seen.size, min(self._seen.size + STEP, size)):
                    self._seen.take(entry)
            return self._seen.copy()
