"""A dataset's manifest and card: what exactly it was made from, on which terms, and how anyone checks that."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from aboveboard.core.canonical import canonical, parse_canonical
from aboveboard.core.charter import Charter
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.errors import BadInput, CheckFailed
from aboveboard.core.leaves import DatasetBuiltLeaf
from aboveboard.core.merkle import root_hash
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.datasets.schema import MARK
from aboveboard.wire.durable import read_bounded

MANIFEST_BYTES_MAX = 64 << 20
PROOF_BYTES_MAX = 256 << 10
_NAME = re.compile(r"(data|policies)/[a-z0-9_]+\.(parquet|json)|spec\.yaml")


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A segment and the terms it was given under."""

    segment: str
    policy: str
    consent: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """root: RFC 6962 root over the sorted segment IDs; files: SHA-256 by name; left_out: how many, by reason;
    supersedes: SHA-256 of the manifest of the dataset that this one was rebuilt from, "" for none; corrected: episodes
    whose description is a correction by their contributor."""

    title: str
    purpose: str
    grant: str
    sources: tuple[Source, ...]
    root: str
    files: dict[str, str]
    spec_sha256: str
    code_version: str
    episodes: int
    steps: int
    contributors: int
    min_contributors: int
    left_out: dict[str, int]
    supersedes: str = ""
    corrected: int = 0
    v: int = 1

    def to_bytes(self) -> bytes:
        return canonical(msgspec.to_builtins(self))


def root_of(segments: Sequence[str]) -> str:
    """Over the sorted IDs, each as its ASCII bytes: anyone can prove theirs in, or out by its neighbours."""
    return root_hash([each.encode("ascii") for each in sorted(segments)]).hex()


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """The manifest and its SHA-256. Raises BadInput."""
    data = read_bounded(folder / "manifest.json", MANIFEST_BYTES_MAX)
    if data is None:
        raise BadInput("holds no manifest.json: is it a dataset?", str(folder))
    try:
        fields = parse_canonical(data, str(folder / "manifest.json"), MANIFEST_BYTES_MAX)
        return msgspec.convert(fields, Manifest), hashlib.sha256(data).hexdigest()
    except msgspec.ValidationError as error:
        raise BadInput(str(error), str(folder / "manifest.json")) from error


def check_entry(folder: Path, manifest: Manifest, digest: str, charter: Charter) -> Checkpoint:
    """The checkpoint under which the log holds the dataset. Raises CheckFailed."""
    proof = read_bounded(folder / "dataset.proof", PROOF_BYTES_MAX)
    if proof is None:
        raise CheckFailed("there is no dataset.proof: the dataset is not shown to be in the log")
    entry = DatasetBuiltLeaf(manifest.root, digest).encode()
    return check_proof(entry, LogProof.parse(proof.decode("utf-8", errors="replace")), charter)[0]


def verify(folder: Path, charter: Charter | None) -> list[str]:
    """What was checked, in words. Raises CheckFailed with what does not hold."""
    manifest, digest = read_manifest(folder)
    if (folder / MARK).exists():
        raise CheckFailed(f"is marked in {MARK}: somebody in it has withdrawn, use the one made since")
    for name, wanted in manifest.files.items():
        if not _NAME.fullmatch(name):
            raise CheckFailed(f"{name!r} names no file of a dataset")
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise CheckFailed(f"{name} is missing: {error.strerror}") from error
        if found != wanted:
            raise CheckFailed(f"{name} is not the file that the manifest names")
    strangers = {str(path.relative_to(folder)) for path in (folder / "data").rglob("*")} - set(manifest.files)
    if strangers:
        raise CheckFailed(f"data/ holds what the manifest does not name: {', '.join(sorted(strangers)[:3])}")
    if root_of([source.segment for source in manifest.sources]) != manifest.root:
        raise CheckFailed("the root is not that of the sources")
    said = [f"{len(manifest.files)} files are those of the manifest", f"{len(manifest.sources)} sources make the root"]
    if charter is not None:
        checkpoint = check_entry(folder, manifest, digest, charter)
        said.append(f"the dataset is in the log, under the witness quorum, at size {checkpoint.size}")
    return said


def _corrected(episodes: int) -> list[str]:
    """Lines of the card."""
    if not episodes:
        return []
    said = "a description that its contributor has corrected since: the newest stands in it, the one before does not."
    return [f"{episodes} of the episodes have {said}", ""]


def card(manifest: Manifest) -> str:
    """The dataset card, Markdown with the front matter that Hugging Face reads."""
    lines = [
        "---",
        f"pretty_name: {msgspec.json.encode(manifest.title).decode()}",
        "configs:",
        "- config_name: default",
        "  data_files:",
        *[
            f"  - split: {Path(name).stem}\n    path: {name}"
            for name in sorted(manifest.files)
            if name.endswith(".parquet")
        ],
        "---",
        "",
        f"# {manifest.title}",
        "",
        f"{manifest.episodes} episodes, {manifest.steps} steps, of {manifest.contributors} contributors, recorded with"
        f" their consent and redacted on their own laptops. For: {manifest.purpose}, under grant `{manifest.grant}`.",
        "",
        f"No program that fewer than {manifest.min_contributors} contributors used is in it.",
        "",
        *_corrected(manifest.corrected),
        "Columns: docs/spec/dataset.md. Sources, terms and checksums: manifest.json. Names are pseudonyms of this"
        " dataset only.",
        "",
        "Left out:",
        "",
        *([f"- {reason}: {n}" for reason, n in sorted(manifest.left_out.items())] or ["- nothing"]),
    ]
    return "\n".join(lines) + "\n"
