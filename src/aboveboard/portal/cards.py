"""Datasets that their builders have shown: a manifest whose hash the log holds says for itself that it is the one.

Its list of sources answers each person whether theirs is in it, and is not shown to anybody else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.leaves import DatasetBuiltLeaf
from aboveboard.core.merkle import root_hash
from aboveboard.portal.folder import Folder
from aboveboard.portal.forms import MANIFEST_BYTES_MAX
from aboveboard.portal.scan import Seen
from aboveboard.ui.language import message

CARDS_MAX = 1000
SETS_KEPT = 8


class _Source(msgspec.Struct, frozen=True):
    segment: str
    policy: str


class _Manifest(msgspec.Struct, frozen=True):
    """What a page says of docs/spec/dataset.md's manifest; other fields are left aside."""

    title: str
    purpose: str
    sources: tuple[_Source, ...]
    episodes: int
    steps: int
    contributors: int
    min_contributors: int
    supersedes: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """policies: those its sources were given under."""

    title: str
    purpose: str
    policies: tuple[str, ...]
    episodes: int
    steps: int
    contributors: int
    min_contributors: int
    supersedes: str
    marked: bool = False


class Cards:
    """By the manifest's SHA-256."""

    def __init__(self, path: Path) -> None:
        self._folder = Folder(path, files_max=CARDS_MAX, bytes_max=MANIFEST_BYTES_MAX)
        self._read = lru_cache(maxsize=CARDS_MAX)(self._card)
        self.sources = lru_cache(maxsize=SETS_KEPT)(self._sources)

    def all(self) -> dict[str, Card]:
        found = {name: self._read(name) for name in self._folder.names()}
        replaced = {card.supersedes for card in found.values()}
        return {name: _marked(card) if name in replaced else card for name, card in found.items()}

    def show(self, data: bytes, seen: Seen) -> str:
        """Keeps a manifest; its name. Raises BadInput when it is none, Refused when the log has none of its hash."""
        manifest, name = _decode(data), hashlib.sha256(data).hexdigest()
        known = next((each.leaf for each in seen.datasets if _is(each.leaf, name)), None)
        if known is None:
            text = message("the log has no dataset with this manifest's hash: it is published when it is built")
            raise Refused("manifest", text)
        root = root_hash([each.encode("ascii") for each in sorted(source.segment for source in manifest.sources)])
        if not isinstance(known, DatasetBuiltLeaf) or root.hex() != known.root:
            raise Refused("manifest", message("the sources in this manifest are not those that the log commits to"))
        self._folder.put(name, data)
        return name

    def _manifest(self, name: str) -> _Manifest:
        data = self._folder.get(name)
        if data is None:
            raise Refused("unknown", message("no dataset of that name has been shown here"))
        return _decode(data)

    def _card(self, name: str) -> Card:
        each = self._manifest(name)
        policies = tuple(sorted({source.policy for source in each.sources}))
        return Card(each.title, each.purpose, policies, each.episodes, each.steps, each.contributors,
                    each.min_contributors, each.supersedes)  # fmt: skip

    def _sources(self, name: str) -> frozenset[str]:
        return frozenset(source.segment for source in self._manifest(name).sources)


def _marked(card: Card) -> Card:
    return Card(card.title, card.purpose, card.policies, card.episodes, card.steps, card.contributors,
                card.min_contributors, card.supersedes, marked=True)  # fmt: skip


def _is(leaf: object, name: str) -> bool:
    return isinstance(leaf, DatasetBuiltLeaf) and leaf.manifest == name


def _decode(data: bytes) -> _Manifest:
    try:
        return msgspec.json.decode(data, type=_Manifest)
    except msgspec.MsgspecError as error:
        raise BadInput(message("this is no dataset's manifest.json")) from error
