"""Two datasets beside each other, and one made again without a person who has withdrawn."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from aboveboard.core.canonical import canonical
from aboveboard.core.errors import BadInput, Refused
from aboveboard.datasets.build import finish, manifest_of, write_split
from aboveboard.datasets.choose import floor
from aboveboard.datasets.episodes import pseudonym
from aboveboard.datasets.manifest import Manifest, read_manifest, verify
from aboveboard.datasets.reader import Reader
from aboveboard.datasets.schema import MARK, Episode, read_episodes, table_of
from aboveboard.datasets.session import BuildKeys, summary_of
from aboveboard.datasets.spec import parse_spec
from aboveboard.wire.durable import make_folders, write_durable

_SAID = ("title", "purpose", "grant", "root", "spec_sha256", "code_version", "min_contributors", "supersedes")


def diff(one: Path, two: Path) -> dict[str, object]:
    """What differs from `one` to `two`: {"manifest": {field: [before, after]}, "sources_added": [...],
    "sources_removed": [...], "episodes_added": [...], "episodes_removed": [...], "episodes_changed": [...]}, lists
    sorted. Empty lists and {} when they are alike. Episodes have the same IDs only where reader and spec are the same.
    """
    before, after = (read_manifest(folder)[0] for folder in (one, two))
    sources = [{source.segment for source in each.sources} for each in (before, after)]
    old, new = ({e.episode_id: e for e in read_episodes(folder, marked=True)} for folder in (one, two))
    return {
        "manifest": {
            name: [getattr(before, name), getattr(after, name)]
            for name in _SAID if getattr(before, name) != getattr(after, name)
        },
        "sources_added": sorted(sources[1] - sources[0]), "sources_removed": sorted(sources[0] - sources[1]),
        "episodes_added": sorted(new.keys() - old.keys()), "episodes_removed": sorted(old.keys() - new.keys()),
        "episodes_changed": sorted(name for name in old.keys() & new.keys() if old[name] != new[name]),
    }  # fmt: skip


def _episodes_of(keys: BuildKeys, episodes: list[Episode], contributor: str) -> set[str]:
    names = {contributor, pseudonym(keys.salt, "contributor", contributor)}
    return {episode.episode_id for episode in episodes if episode.contributor in names}


def without(reader: Reader, folder: Path, contributor: str, out: Path) -> Manifest:
    """Makes a dataset again from what it holds, without one person, has it logged, and marks the old one.

    contributor: their ID, or their pseudonym in this dataset. No key is asked for: nothing is read that was not in it.
    Programs that now fewer people used than the spec's floor go too. Raises Refused when the person is not in it or
    nothing is left, BadInput when `out` is not empty, CheckFailed when the old dataset does not hold.
    """
    if out.exists() and any(out.iterdir()):
        raise BadInput("is not empty: a dataset gets a folder of its own", str(out))
    verify(folder, None)
    old, digest = read_manifest(folder)
    text = (folder / "spec.yaml").read_text("utf-8")
    spec = parse_spec(text, str(folder / "spec.yaml"))
    episodes = read_episodes(folder)
    gone = _episodes_of(BuildKeys.derive(reader.key, old.spec_sha256), episodes, contributor)
    if not gone:
        raise Refused("not_in_it", "nothing of that contributor is in this dataset (or another reader made it)")
    left, few = floor([summary_of(one) for one in episodes if one.episode_id not in gone], spec.min_contributors)
    if not left:
        raise Refused("empty", "nothing would be left: delete the dataset instead")
    left_out = Counter(old.left_out) + Counter({"withdrawn": len(gone), "a program of too few contributors": few})
    kept = {one.episode_id for one in left}
    files: dict[str, str] = {}
    make_folders(out / "data")
    for split in sorted({episode.split for episode in episodes if episode.episode_id in kept}):
        ordered = [one for one in episodes if one.split == split and one.episode_id in kept]
        files[f"data/{split}.parquet"] = write_split(out / "data" / f"{split}.parquet", map(table_of, ordered))
    sources = {source.segment: source for source in old.sources}
    policies = {sources[segment].policy for one in left for segment in one.segments}
    for name in ("spec.yaml", *(f"policies/{policy}.json" for policy in sorted(policies))):
        if name in old.files:
            make_folders((out / name).parent)
            write_durable(out / name, (folder / name).read_bytes())
            files[name] = old.files[name]
    manifest = manifest_of(spec, reader.grant.grant_id, old.spec_sha256, left, sources, files, left_out, digest)
    mark(folder, finish(reader, manifest, out), "a contributor has withdrawn")
    return manifest


def mark(folder: Path, by: str, why: str) -> None:
    """From now on `folder` neither verifies nor can be read; by: SHA-256 of the manifest to use instead."""
    write_durable(folder / MARK, canonical({"by": by, "why": why}))
