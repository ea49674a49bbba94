"""Which datasets hold a person's segments: manifests in hand, held against the log and the person's consents."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from aboveboard.audit.facts import Facts
from aboveboard.audit.laptop import Laptop
from aboveboard.audit.report import Check, judged
from aboveboard.core.canonical import parse_canonical
from aboveboard.core.errors import BadInput
from aboveboard.core.ids import SegmentId
from aboveboard.core.merkle import root_hash

MANIFEST_BYTES_MAX = 64 << 20


class SourceLine(msgspec.Struct, frozen=True):
    """A segment that went in, with the terms it was given under (docs/spec/dataset.md)."""

    segment: SegmentId
    policy: str
    consent: str


class ManifestLines(msgspec.Struct, frozen=True):
    """What this check reads of a dataset's manifest."""

    title: str
    purpose: str
    sources: tuple[SourceLine, ...]
    root: str


@dataclass(frozen=True, slots=True)
class HeldManifest:
    """digest: SHA-256 of the manifest's bytes, as the log's entry names it."""

    lines: ManifestLines
    digest: bytes


def parse_manifest(data: bytes, where: str) -> HeldManifest:
    """Raises BadInput."""
    try:
        lines = msgspec.convert(parse_canonical(data, where, MANIFEST_BYTES_MAX), ManifestLines)
    except msgspec.ValidationError as error:
        raise BadInput(str(error), where) from error
    return HeldManifest(lines, hashlib.sha256(data).digest())


def _root(lines: ManifestLines) -> bytes:
    return root_hash([segment.encode("ascii", "replace") for segment in sorted(line.segment for line in lines.sources)])


def check_own_datasets(laptop: Laptop, manifests: Sequence[HeldManifest], facts: Facts) -> Check:
    """Every dataset of the log is in hand, and those that hold this person's segments do so by their consents.

    Fails for a manifest the log does not name or that lists other segments than its root is over, for terms other than
    the segment's own, and for a consent never given. Unknown while the log names datasets whose manifests were not
    given: one of them might hold anything.
    """
    own = {each.sealed.manifest.segment_id: each.sealed.manifest for each in laptop.segments}
    given = {signed.record.consent_id for signed, _ in laptop.consents if signed.record.kind == "given"}
    problems: list[str] = []
    told: list[str] = []
    for each in manifests:
        if each.digest not in facts.manifests:
            problems.append(f"the dataset {each.lines.title!r} is not in the log")
        elif facts.manifests[each.digest] != _root(each.lines):
            problems.append(f"the dataset {each.lines.title!r} is over other segments than its manifest lists")
        mine = [line for line in each.lines.sources if line.segment in own]
        for line in mine:
            manifest = own[line.segment]
            if (line.policy, line.consent) != (manifest.policy, manifest.consent) or line.consent not in given:
                problems.append(
                    f"the dataset {each.lines.title!r} holds segment {manifest.seq} under other terms than it was given"
                )  # fmt: skip
        marked = ", and is marked: it may be used no more" if each.digest in facts.marked else ""
        told.append(f"{each.lines.title!r} ({each.lines.purpose}) holds {len(mine)} of your segments{marked}")
    missing = facts.manifests.keys() - {each.digest for each in manifests}
    if not problems and missing:
        why = f"{len(missing)} datasets of the log were not given with --manifest: one may hold anything"
        return Check("own_datasets", "unknown", why)
    return judged("own_datasets", problems, "; ".join(told) or "no dataset was built")
