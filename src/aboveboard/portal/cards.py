"""Datasets that their builders have shown: a manifest whose hash the log holds says for itself that it is the one.

Its list of sources is checked, and shown to nobody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.leaves import DatasetBuiltLeaf, Leaf
from aboveboard.core.merkle import root_hash
from aboveboard.portal.folder import Folder
from aboveboard.portal.forms import MANIFEST_BYTES_MAX
from aboveboard.ui.language import message

CARDS_MAX = 1000


class _Source(msgspec.Struct, frozen=True):
    segment: str
    policy: str


class _Manifest(msgspec.Struct, frozen=True):
    """What a page says of docs/spec/dataset.md's manifest; other fields are left aside."""

    title: str
    sources: tuple[_Source, ...]
    episodes: int
    steps: int
    contributors: int
    min_contributors: int
    supersedes: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """policies: those its sources were given under. supersedes: the manifest of the dataset that this one was built in
    the place of, "" for none."""

    title: str
    policies: tuple[str, ...]
    episodes: int
    steps: int
    contributors: int
    min_contributors: int
    supersedes: str


class Cards:
    """By the manifest's SHA-256."""

    def __init__(self, path: Path) -> None:
        self._folder = Folder(path, files_max=CARDS_MAX, bytes_max=MANIFEST_BYTES_MAX)
        self._read = lru_cache(maxsize=CARDS_MAX)(self._card)

    def all(self) -> dict[str, Card]:
        return {name: self._read(name) for name in self._folder.names()}

    def made_since(self, manifest: str) -> list[str]:
        """What was built in a dataset's place, as far as its builders have shown it."""
        return [name for name, card in self.all().items() if card.supersedes == manifest]

    def show(self, data: bytes, known: Leaf) -> None:
        """Keeps a manifest. known: the log's entry of its name. Raises BadInput, or Refused when its sources are not
        those of the entry."""
        manifest = _decode(data)
        root = root_hash([each.encode("ascii") for each in sorted(source.segment for source in manifest.sources)])
        if not isinstance(known, DatasetBuiltLeaf) or root.hex() != known.root:
            raise Refused("manifest", message("the sources in this manifest are not those that the log commits to"))
        self._folder.put(name_of(data), data)

    def _card(self, name: str) -> Card:
        data = self._folder.get(name)
        if data is None:
            raise Refused("unknown", message("no dataset of that name has been shown here"))
        each = _decode(data)
        policies = tuple(sorted({source.policy for source in each.sources}))
        return Card(each.title, policies, each.episodes, each.steps, each.contributors, each.min_contributors,
                    each.supersedes)  # fmt: skip


def name_of(data: bytes) -> str:
    """A manifest's name in the log. Raises BadInput when it is none."""
    _decode(data)
    return hashlib.sha256(data).hexdigest()


def _decode(data: bytes) -> _Manifest:
    try:
        return msgspec.json.decode(data, type=_Manifest)
    except msgspec.MsgspecError as error:
        raise BadInput(message("this is no dataset's manifest.json")) from error
