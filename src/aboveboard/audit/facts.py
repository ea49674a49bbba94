"""What the log's entries say, gathered in one pass in bounded memory, for the checks to judge afterwards. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sized
from dataclasses import dataclass, field

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.core.leaves import (
    BatchLeaf,
    CharterLeaf,
    DatasetBuiltLeaf,
    DatasetMarkedLeaf,
    DeletionAskedLeaf,
    DeletionDoneLeaf,
    ExemptionLeaf,
    KeyReleasedLeaf,
    Leaf,
    ModelTrainedLeaf,
    PolicyLeaf,
    parse_leaf,
)

# A hostile log may hold anything in any number; what is remembered of it is bounded, and beyond that it is unknown.
NAMES_MAX = 10_000  # policies, charters, purposes
REMEMBERED_MAX = 4_000_000  # deletions and datasets: 32 or 64 bytes each
DONE_LATELY_MAX = 10_000
PROBLEMS_MAX = 20


@dataclass(slots=True)
class Problems:
    """The first few, and how many there are."""

    first: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, text: str) -> None:
        self.count += 1
        if len(self.first) < PROBLEMS_MAX:
            self.first.append(text)


@dataclass(slots=True)
class Facts:
    """counters_size: the size of the log at which its published counters were taken; `counted` are the kinds up to it.

    policies, charters, exemptions: by name, the index of their first entry. purposes: of released keys, where each was
    first named. first_segments: index of the first batch of segments. asked: open deletions with their due time in µs;
    done_lately: the last ones that were done, oldest first. manifests: of datasets, each with its root; marked:
    those of them that hold what may be used no more.
    """

    counters_size: int = 0
    size: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)
    policies: dict[str, int] = field(default_factory=dict)
    charters: dict[str, int] = field(default_factory=dict)
    exemptions: dict[str, int] = field(default_factory=dict)
    purposes: dict[str, int] = field(default_factory=dict)
    first_segments: int | None = None
    first_release: int | None = None
    asked: dict[bytes, int] = field(default_factory=dict)
    asked_n: int = 0
    done_n: int = 0
    done_lately: dict[bytes, None] = field(default_factory=dict)
    manifests: dict[bytes, bytes] = field(default_factory=dict)
    marked: set[bytes] = field(default_factory=set)
    unreadable: Problems = field(default_factory=Problems)
    lineage: Problems = field(default_factory=Problems)
    deletions: Problems = field(default_factory=Problems)

    def take(self, entry: bytes) -> None:
        """The next entry. Raises Unavailable when there is more to remember than this audit does."""
        index = self.size
        self.size += 1
        try:
            leaf = parse_leaf(entry)
        except BadInput as error:
            self.unreadable.add(f"entry {index}: {error}")
        else:
            self.kinds[kind_of(leaf)] += 1
            self._note(index, leaf)
        if self.size == self.counters_size:
            self.counted = self.kinds.copy()

    def _note(self, index: int, leaf: Leaf) -> None:
        match leaf:
            case BatchLeaf():
                if leaf.what == "segments" and self.first_segments is None:
                    self.first_segments = index
            case PolicyLeaf():
                _first(self.policies, leaf.policy, index)
            case CharterLeaf():
                _first(self.charters, leaf.charter, index)
            case ExemptionLeaf():
                _first(self.exemptions, leaf.exemption, index)
            case KeyReleasedLeaf():
                self.first_release = index if self.first_release is None else self.first_release
                _first(self.purposes, leaf.purpose, index)
            case DatasetBuiltLeaf():
                if self.first_release is None:
                    self.lineage.add(f"entry {index}: a dataset was built before any key was released")
                _bounded(self.manifests, REMEMBERED_MAX, "datasets")
                self.manifests.setdefault(bytes.fromhex(leaf.manifest), bytes.fromhex(leaf.root))
            case DatasetMarkedLeaf():
                name = bytes.fromhex(leaf.manifest)
                if name not in self.manifests:
                    self.lineage.add(f"entry {index}: a dataset is marked that is not in the log before it")
                else:
                    self.marked.add(name)  # no more than there are manifests
            case ModelTrainedLeaf():
                if bytes.fromhex(leaf.dataset) not in self.manifests:
                    self.lineage.add(f"entry {index}: a model names a dataset that is not in the log before it")
            case DeletionAskedLeaf() | DeletionDoneLeaf():
                self._note_deletion(index, leaf)

    def _note_deletion(self, index: int, leaf: DeletionAskedLeaf | DeletionDoneLeaf) -> None:
        name = bytes.fromhex(leaf.commitment)
        if isinstance(leaf, DeletionAskedLeaf):
            self.asked_n += 1
            _bounded(self.asked, REMEMBERED_MAX, "deletions")
            # Asked again with a later day, a deletion is due as it was: an entry can't move what one before it says.
            self.asked[name] = min(leaf.due_us, self.asked.get(name, leaf.due_us))
        else:
            self.done_n += 1
            if self.asked.pop(name, None) is None and name not in self.done_lately:
                self.deletions.add(f"entry {index}: a deletion is done that was not asked")
            # A collector that was killed before it knew that it had said so says it once more when it starts.
            self.done_lately[name] = None
            if len(self.done_lately) > DONE_LATELY_MAX:
                del self.done_lately[next(iter(self.done_lately))]


def kind_of(leaf: Leaf) -> str:
    """The entry's `kind`."""
    return str(leaf.__struct_config__.tag)


def _bounded(known: Sized, most: int, what: str) -> None:
    if len(known) >= most:
        raise Unavailable(f"the log names over {most} {what}: this audit does not remember more")


def _first(known: dict[str, int], name: str, index: int) -> None:
    if name not in known:
        _bounded(known, NAMES_MAX, "policies, charters or purposes")
        known[name] = index


def facts_of(entries: Iterable[bytes], counters_size: int = 0) -> Facts:
    """Of entries in hand."""
    facts = Facts(counters_size)
    for entry in entries:
        facts.take(entry)
    return facts
