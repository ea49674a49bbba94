"""Builds a dataset: opens what the grant covers, has an engine rebuild actions and episodes, writes Parquet, manifest
and card, and has it logged. A build that was cut off goes on where it was; same sources and spec, same bytes."""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from aboveboard import __version__
from aboveboard.core.errors import BadInput, CheckFailed, Refused, Unavailable
from aboveboard.core.events import only_corrects
from aboveboard.core.ids import SegmentId
from aboveboard.datasets.choose import choose
from aboveboard.datasets.corrections import Corrections
from aboveboard.datasets.engine import run, workers_here
from aboveboard.datasets.manifest import Manifest, Source, card, root_of
from aboveboard.datasets.parts import Parts
from aboveboard.datasets.reader import Bad, Opened, Reader
from aboveboard.datasets.schema import write_tables
from aboveboard.datasets.session import BuildKeys, Part, Session, Summary, events_of, seal
from aboveboard.datasets.spec import Spec
from aboveboard.wire.api import DatasetBuilt, DatasetSources, LeafReply, parse
from aboveboard.wire.durable import make_folders, write_durable

EVENTS_MAX = 2_000_000  # over four hours of a hand that never rests; what a worker has in memory at once
INCLUSION_S_MAX = 30.0
SOURCES_AT_ONCE = 10_000
UNDER_WAY = ".under-way"


def sessions_of(opened: Iterable[Opened], corrections: Corrections) -> Iterator[Session]:
    """Segments by device and number, put together by session; holds one session at a time. Corrections are taken out on
    the way: sessions go on around them.

    A deleted segment leaves a hole: what follows is a session of its own, so nothing is spliced. Nor does one grow for
    ever: a laptop that is never switched off goes on in another after EVENTS_MAX, between two segments.
    """
    parts: list[Part] = []
    last: Opened | None = None
    events = between = 0
    for each in opened:
        if only_corrects(each.body.events):
            corrections.take(each)
            between += 1
            continue
        if last is not None and (events >= EVENTS_MAX or not _follows(last, each, between)):
            yield Session(last.granted.contributor, last.body.session, tuple(parts))
            parts, events = [], 0
        between = 0
        parts.append(Part(each.granted.segment, each.body.events))
        events += events_of(parts[-1])
        last = each
    if last is not None:
        yield Session(last.granted.contributor, last.body.session, tuple(parts))


def _follows(one: Opened, two: Opened, between: int) -> bool:
    """between: how many corrections lie between."""
    return (
        one.granted.device == two.granted.device and one.granted.contributor == two.granted.contributor
        and one.body.session == two.body.session and one.granted.seq + between + 1 == two.granted.seq
        and one.body.end_us == two.body.start_us
    )  # fmt: skip


class _Sources:
    """What was opened so far, and what could not be."""

    def __init__(self, skip_bad: bool, left_out: Counter[str]) -> None:
        self.known: dict[str, Source] = {}
        self._skip_bad, self._left_out = skip_bad, left_out

    def good(self, found: Iterable[Opened | Bad]) -> Iterator[Opened]:
        """Raises CheckFailed naming the first bad segment, unless they are to be skipped and counted."""
        for each in found:
            if isinstance(each, Bad):
                self.bad(each.segment, each.why)
                continue
            granted = each.granted
            self.known[granted.segment] = Source(granted.segment, granted.policy, granted.consent)
            yield each

    def bad(self, segment: str, why: str) -> None:
        if not self._skip_bad:
            raise CheckFailed(f"segment {segment}: {why} (--skip-bad goes on without it)")
        print(f"skipped segment {segment}: {why}", file=sys.stderr, flush=True)
        self._left_out["bad segments"] += 1


def build(
    reader: Reader,
    spec: Spec,
    spec_text: str,
    out: Path,
    *,
    skip_bad: bool,
    engine: str = "processes",
    workers: int = 0,
) -> Manifest:
    """Writes the dataset and has it logged. Raises Refused, CheckFailed, BadInput or Unavailable."""
    if spec.purpose != reader.grant.purpose:
        raise Refused("purpose", f"the spec says {spec.purpose}, the grant is for {reader.grant.purpose}")
    if out.exists() and any(each.name != UNDER_WAY for each in out.iterdir()):
        raise BadInput("is not empty: a dataset gets a folder of its own", str(out))
    left_out: Counter[str] = Counter()
    spec_sha256 = hashlib.sha256(spec_text.encode()).hexdigest()
    keys = BuildKeys.derive(reader.key, spec_sha256)
    print(f"keys released: {reader.unlock()}", file=sys.stderr, flush=True)
    sources = _Sources(skip_bad, left_out)
    make_folders(out / UNDER_WAY, 0o700)
    parts = Parts(out / UNDER_WAY, keys.seal)
    opened = sources.good(reader.segments(spec.policies))
    corrections = Corrections(keys.salt)
    work_through(sessions_of(opened, corrections), parts, keys, sources, engine, workers or workers_here())
    corrections.apply(parts)
    chosen = choose(spec, list(parts.summaries.values()), left_out)
    if not chosen:
        raise Refused("empty", "no episode is left: nothing was built" + _reasons(left_out))
    files = write_chosen(out, parts, chosen)
    policies = {sources.known[segment].policy for one in chosen for segment in parts.summaries[one].segments}
    for policy, bundle in reader.bundles.items():
        if policy in policies:
            files[f"policies/{policy}.json"] = _file(out, f"policies/{policy}.json", bundle.to_bytes())
    files["spec.yaml"] = _file(out, "spec.yaml", spec_text.encode())
    manifest = manifest_of(
        spec,
        reader.grant.grant_id,
        spec_sha256,
        [parts.summaries[one] for one in chosen],
        sources.known,
        files,
        left_out,
    )
    finish(reader, manifest, out)
    shutil.rmtree(out / UNDER_WAY)
    return manifest


def work_through(
    sessions: Iterable[Session], parts: Parts, keys: BuildKeys, sources: _Sources, engine: str, workers: int
) -> None:
    """Has each session worked on that is not done yet, says how far it is, and keeps the results sealed."""
    names: list[tuple[str, str]] = []

    def waiting() -> Iterator[bytes]:
        for session in sessions:
            name = session.name
            if name in parts:
                parts.take(name)
            else:
                names.append((name, session.parts[0].segment))
                yield seal(session, keys.seal)

    begun, done, events = time.monotonic(), 0, 0
    for result in run(engine, waiting(), keys, workers):
        name, first = names.pop(0)
        read = parts.put(name, result)
        if read.why:
            sources.bad(first, f"and those of its session: {read.why}")
        done, events = done + 1, events + read.events
        rate = events / max(time.monotonic() - begun, 1e-3)
        if done % 50 == 0 or sys.stderr.isatty():
            print(f"sessions {done}, events {events}, {rate:.0f} a second", file=sys.stderr, flush=True)


def _reasons(left_out: Counter[str]) -> str:
    return f" (left out: {', '.join(f'{n} {why}' for why, n in sorted(left_out.items()))})" if left_out else ""


def _file(out: Path, name: str, data: bytes) -> str:
    make_folders((out / name).parent)
    write_durable(out / name, data)
    return hashlib.sha256(data).hexdigest()


def write_chosen(out: Path, parts: Parts, chosen: dict[str, str]) -> dict[str, str]:
    """SHA-256 by name of the files of each split."""
    make_folders(out / "data")
    files: dict[str, str] = {}
    for split in sorted(set(chosen.values())):
        ids = sorted(one for one, where in chosen.items() if where == split)
        files[f"data/{split}.parquet"] = write_split(
            out / "data" / f"{split}.parquet", (parts.episode(one, split) for one in ids)
        )
    return files


def write_split(path: Path, tables: Iterable[pa.Table]) -> str:
    """Writes one split's file, whole or not at all; its SHA-256."""
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        write_tables(file, tables)
    with unfinished.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    unfinished.replace(path)
    return digest


def manifest_of(
    spec: Spec, grant: str, spec_sha256: str, chosen: list[Summary], sources: dict[str, Source], files: dict[str, str],
    left_out: Counter[str], supersedes: str = "",
) -> Manifest:  # fmt: skip
    used = sorted({segment for one in chosen for segment in one.segments})
    return Manifest(
        spec.title, spec.purpose, grant, tuple(sources[segment] for segment in used), root_of(used), files, spec_sha256,
        __version__, len(chosen), sum(one.steps for one in chosen), len({one.contributor for one in chosen}),
        spec.min_contributors, dict(sorted(left_out.items())), supersedes,
        corrected=sum("corrected" in one.flags for one in chosen),
    )  # fmt: skip


def finish(reader: Reader, manifest: Manifest, out: Path) -> str:
    """Card, manifest, and the entry in the log; SHA-256 of the manifest."""
    write_durable(out / "README.md", card(manifest).encode())
    write_durable(out / "manifest.json", manifest.to_bytes())
    digest = hashlib.sha256(manifest.to_bytes()).hexdigest()
    name_sources(reader, digest, [SegmentId(source.segment) for source in manifest.sources])
    body = DatasetBuilt(reader.grant.grant_id, manifest.root, digest).to_bytes()
    index = parse(reader.ask("POST", "/v1/datasets", body).body, "answer", LeafReply).index
    write_durable(out / "dataset.proof", await_proof(reader, index))
    return digest


def name_sources(reader: Reader, digest: str, names: list[SegmentId]) -> None:
    """Tells the collector what the dataset holds, so that a deletion can reach it and each person sees it."""
    path = f"/v1/grants/{reader.grant.grant_id}/datasets/{digest}/sources"
    for at in range(0, len(names), SOURCES_AT_ONCE):
        reader.ask("PUT", path, DatasetSources(tuple(names[at : at + SOURCES_AT_ONCE])).to_bytes())


def await_proof(reader: Reader, index: int) -> bytes:
    """The tlog-proof of an entry, once the witnesses have cosigned it. Raises Unavailable."""
    deadline = time.monotonic() + INCLUSION_S_MAX
    while True:
        try:
            return reader.plain(f"/v1/leaves/{index}/proof").body
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
