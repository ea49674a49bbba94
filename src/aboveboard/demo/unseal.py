"""Opens everything that the run left sealed, with the contributor's own keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from aboveboard.core.events import KeptEvent
from aboveboard.demo.search import Search
from aboveboard.recorder.spool.chunks import unlock
from aboveboard.wire.segment import SegmentBody, parse, unseal


@dataclass(frozen=True, slots=True)
class OwnCopy:
    """One segment of the person's, opened."""

    seq: int
    sealed_bytes: int
    body: SegmentBody


def own_segments(laptop: Path) -> list[OwnCopy]:
    """The laptop's copies of what was sent, in order, opened with its epoch keys."""
    found = []
    for path in sorted((laptop / "sent").glob("*.seg")):
        data = path.read_bytes()
        segment = parse(data)
        key = (laptop / "epochs" / f"{segment.manifest.epoch}.key").read_text("ascii")
        found.append(OwnCopy(segment.manifest.seq, len(data), unseal(segment, key)))
    return found


def events_of(copies: list[OwnCopy]) -> list[KeptEvent]:
    return [event for copy in copies for event in copy.body.events]


def search_opened(search: Search, home: Path, laptop: Path) -> None:
    """Every sealed segment wherever it lies (outbox too), spool chunks, and datasets' columns, as plain bytes."""
    keys = {path.stem: path.read_text("ascii") for path in (laptop / "epochs").glob("*.key")}
    for path in sorted(home.rglob("*.seg")):
        segment = parse(path.read_bytes())
        body = unseal(segment, keys[segment.manifest.epoch])
        search.plain(msgspec.json.encode(body), f"opened {path.relative_to(home)}")
        search.plain(msgspec.msgpack.encode(body), f"opened {path.relative_to(home)}")
    spool_key = (laptop / "spool.key").read_bytes()
    for path in sorted(laptop.rglob("*.chunk")):
        chunk = unlock(path.read_bytes(), path.name, spool_key)
        search.plain(msgspec.json.encode(chunk), f"opened {path.relative_to(home)}")
    for path in sorted(home.rglob("*.parquet")):
        rows = pq.read_table(path).to_pylist()
        search.plain(msgspec.json.encode(rows), f"opened {path.relative_to(home)}")
