"""Builds a dataset: opens what the grant covers, rebuilds actions and episodes, writes Parquet, manifest and card."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from aboveboard import __version__
from aboveboard.core.errors import BadInput, CheckFailed, Refused, Unavailable
from aboveboard.core.events import KeptEvent
from aboveboard.datasets.episodes import Recorded, episodes_of, with_split
from aboveboard.datasets.manifest import Manifest, Source, card, root_of
from aboveboard.datasets.reader import Bad, Opened, Reader
from aboveboard.datasets.schema import Episode, encode_episodes
from aboveboard.datasets.spec import Spec
from aboveboard.wire.api import DatasetBuilt, LeafReply, parse
from aboveboard.wire.durable import make_folders, write_durable

INCLUSION_S_MAX = 30.0


def sessions_of(opened: Iterable[Opened]) -> list[Recorded]:
    """Segments of one session, put together in order. Raises CheckFailed when one in the middle is missing."""
    groups: dict[tuple[str, str], list[Opened]] = defaultdict(list)
    for each in opened:
        groups[each.granted.contributor, each.body.session].append(each)
    found = []
    for (contributor, session), parts in sorted(groups.items()):
        parts.sort(key=lambda each: each.granted.seq)
        events: list[KeptEvent] = []
        segments: list[str] = []
        for before, part in zip([None, *parts], parts, strict=False):
            if before is not None and before.body.end_us != part.body.start_us:
                # A deleted segment leaves a hole: what follows is a session of its own, so nothing is spliced.
                found.append(Recorded(contributor, session, tuple(events), tuple(segments)))
                events, segments = [], []
            events += part.body.events
            segments += [part.granted.segment] * len(part.body.events)
        found.append(Recorded(contributor, session, tuple(events), tuple(segments)))
    return found


def choose(spec: Spec, episodes: list[Episode], left_out: Counter[str]) -> list[Episode]:
    """Those the spec asks for, split by person; counts the others."""
    people: dict[str, set[str]] = defaultdict(set)
    for episode in episodes:
        for step in episode.steps:
            if step.app:
                people[step.app].add(episode.contributor)
    few = {app for app, who in people.items() if len(who) < spec.min_contributors}
    everyone = sorted({episode.contributor for episode in episodes})
    testers = set(everyone[: int(len(everyone) * spec.test_share)])
    chosen = []
    for episode in episodes:
        apps = {step.app for step in episode.steps if step.app}
        if apps & few:
            left_out["a program of too few contributors"] += 1
        elif spec.apps and not apps <= set(spec.apps):
            left_out["another program"] += 1
        elif spec.outcome == "success" and episode.outcome != "success":
            left_out["not said to be a success"] += 1
        elif not spec.interrupted and {"interrupted", "unfinished"} & set(episode.flags):
            left_out["interrupted by a gap"] += 1
        else:
            chosen.append(with_split(episode, "test" if episode.contributor in testers else "train"))
    return chosen


def read_all(reader: Reader, skip_bad: bool, left_out: Counter[str]) -> list[Opened]:
    """Raises CheckFailed naming the first bad segment, unless they are to be skipped and counted."""
    opened = []
    for each in reader.segments():
        if isinstance(each, Bad):
            if not skip_bad:
                raise CheckFailed(f"segment {each.segment}: {each.why} (--skip-bad goes on without it)")
            left_out["bad segments"] += 1
        else:
            opened.append(each)
    return opened


def build(reader: Reader, spec: Spec, spec_text: str, out: Path, *, skip_bad: bool) -> Manifest:
    """Writes the dataset and has it logged. Raises Refused, CheckFailed, BadInput or Unavailable."""
    if spec.purpose != reader.grant.purpose:
        raise Refused("purpose", f"the spec says {spec.purpose}, the grant is for {reader.grant.purpose}")
    if out.exists() and any(out.iterdir()):
        raise BadInput("is not empty: a dataset gets a folder of its own", str(out))
    left_out: Counter[str] = Counter()
    print(f"keys released: {reader.unlock()}", file=sys.stderr, flush=True)
    opened = read_all(reader, skip_bad, left_out)
    salt = os.urandom(32)  # pseudonyms of this dataset, which nobody can link to another's
    recorded = sessions_of(opened)
    episodes = choose(spec, [episode for each in recorded for episode in episodes_of(each, salt)], left_out)
    if not episodes:
        raise Refused("empty", "no episode is left: nothing was built")
    used = {segment for episode in episodes for step in episode.steps for segment in step.segments}
    make_folders(out / "data")
    files: dict[str, str] = {}
    for split in sorted({episode.split for episode in episodes}):
        data = encode_episodes(episode for episode in episodes if episode.split == split)
        files[f"data/{split}.parquet"] = hashlib.sha256(data).hexdigest()
        write_durable(out / "data" / f"{split}.parquet", data)
    sources = [
        Source(each.granted.segment, each.granted.policy, each.granted.consent)
        for each in opened if each.granted.segment in used
    ]  # fmt: skip
    manifest = Manifest(
        spec.title, spec.purpose, reader.grant.grant_id, tuple(sorted(sources, key=lambda source: source.segment)),
        root_of([source.segment for source in sources]), files, hashlib.sha256(spec_text.encode()).hexdigest(),
        __version__, len(episodes), sum(len(episode.steps) for episode in episodes),
        len({episode.contributor for episode in episodes}), spec.min_contributors, dict(left_out),
    )  # fmt: skip
    write_durable(out / "manifest.json", manifest.to_bytes())
    write_durable(out / "README.md", card(manifest).encode())
    digest = hashlib.sha256(manifest.to_bytes()).hexdigest()
    body = DatasetBuilt(reader.grant.grant_id, manifest.root, digest).to_bytes()
    index = parse(reader.ask("POST", "/v1/datasets", body).body, "answer", LeafReply).index
    write_durable(out / "dataset.proof", await_proof(reader, index))
    return manifest


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
