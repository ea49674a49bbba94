"""What bench/dataset.py measures: one way of building a dataset, alone in its process. Prints events and SHA-256."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from aboveboard.core.columns import encode_column
from aboveboard.core.events import Button, Element, Focus, KeptEvent, PointerPath, Scene, Task, Text
from aboveboard.datasets.build import write_chosen
from aboveboard.datasets.choose import choose
from aboveboard.datasets.engine import run
from aboveboard.datasets.parts import Parts
from aboveboard.datasets.session import BuildKeys, Part, Result, Session, events_in, seal, table_in, unseal, work
from aboveboard.datasets.spec import Spec

KEYS = BuildKeys(b"s" * 32, b"k" * 32)
SPEC = Spec("Bench", "train-agents", 1)
WORKERS = 2
MS = 1000


def _hand(rng: np.random.Generator, t_us: int, n: int) -> PointerPath:
    x, y = (np.round(500 + np.cumsum(rng.normal(0, 4, n))).astype(np.int64) for _ in range(2))
    columns = (encode_column(np.arange(n, dtype=np.int64) * 8 * MS), encode_column(x), encode_column(y))
    return PointerPath(t_us, n, *columns)


def session(number: int, acts: int = 24, samples: int = 100) -> Session:
    """About 2,500 events of one person at four tasks, deterministic in the number."""
    draw, rng = random.Random(number), np.random.default_rng(number)
    t_us = 1_800_000_000_000_000 + number * 3_600_000_000
    seen = tuple(
        Element("push button", f"Thing {draw.randint(0, 200)}", (20, 10 + 40 * i, 200, 30), ("enabled",), (0, i))
        for i in range(16)
    )
    events: list[KeptEvent] = [Focus(t_us, "gedit", None, "A", (0, 0, 1280, 800)), Scene(t_us + 1, seen)]
    for act in range(acts):
        if act % 6 == 0:
            events.append(Task(t_us + 2, "start", f"Task {draw.randint(0, 500)}"))
        events.append(_hand(rng, t_us + 10 * MS, samples))
        t_us += (30 + 8 * samples) * MS
        target = draw.choice(seen)
        x, y = target.box[0] + draw.randint(1, 190), target.box[1] + draw.randint(1, 25)
        events += [Button(t_us, x, y, 1, True, (), target), Button(t_us + 70 * MS, x, y, 1, False)]
        events.append(Text(t_us + 800 * MS, t_us + 1200 * MS, f"hello {draw.randint(0, 99)}", target, 8))
        t_us += 2000 * MS
        if act % 6 == 5:
            events.append(Task(t_us, "stop", "", "success"))
    name = hashlib.sha256(str(number).encode()).hexdigest()
    return Session(f"{number % 50:032x}", str(number), (Part(name, tuple(events)),))


def generate(folder: Path, n: int) -> None:
    """n sealed sessions on the disk, so that every way of building reads the same bytes."""
    events = 0
    for number in range(n):
        made = session(number)
        events += events_in(made)
        (folder / f"{number:06d}").write_bytes(seal(made, KEYS.seal))
    print(json.dumps({"events": events}))


def _sessions(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in sorted(folder.iterdir()))


def ours(folder: Path, out: Path, engine: str) -> None:
    """As `aboveboard dataset build` does once segments are open."""
    (out / "parts").mkdir(parents=True)
    parts = Parts(out / "parts", KEYS.seal)
    for n, result in enumerate(run(engine, _sessions(folder), KEYS, WORKERS)):
        parts.put(f"{n:06d}", result)
    write_chosen(out, parts, choose(SPEC, list(parts.summaries.values()), Counter()))


def _frame(path: Path) -> bytes:
    """The same session function, then its rows as a Polars frame."""
    result = unseal(work(path.read_bytes(), KEYS), KEYS.seal, Result)
    frame = pl.DataFrame(pa.concat_tables([table_in(each, KEYS.seal) for each in result.episodes]))
    written: bytes = frame.write_ipc(None).getvalue()
    return written


def ray_data(folder: Path, out: Path) -> None:
    """The same job by Ray Data: its pipeline for the sessions, then one sort and one file."""
    import ray.data

    (out / "data").mkdir(parents=True)
    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    paths = [{"path": str(path)} for path in sorted(folder.iterdir())]
    done = ray.data.from_items(paths, override_num_blocks=WORKERS * 16).map(
        lambda row: {"data": _frame(Path(row["path"]))}
    )
    _one_file([pl.read_ipc(row["data"]) for row in done.iter_rows()], out)


def _one_file(frames: list[pl.DataFrame], out: Path) -> None:
    table = pl.concat(frames).with_columns(split=pl.lit("train")).sort("episode_id", "step")
    table.write_parquet(out / "data" / "train.parquet", compression="zstd", compression_level=9, row_group_size=4096)


def plain(folder: Path, out: Path) -> None:
    """What one would write by hand: a pool, a frame a session, one sort, one file; all of it in memory."""
    (out / "data").mkdir(parents=True)
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        frames = [pl.read_ipc(data) for data in pool.imap_unordered(_frame, sorted(folder.iterdir()))]
    _one_file(frames, out)


def main() -> int:
    """argv: way, folder of sessions, folder to write to (or how many sessions)."""
    way, folder = sys.argv[1], Path(sys.argv[2])
    if way == "generate":
        generate(folder, int(sys.argv[3]))
        return 0
    out = Path(sys.argv[3])
    begun = time.perf_counter()
    if way == "plain":
        plain(folder, out)
    elif way == "ray-data":
        ray_data(folder, out)
    else:
        ours(folder, out, way)
    seconds = time.perf_counter() - begun
    digest = hashlib.sha256((out / "data" / "train.parquet").read_bytes()).hexdigest()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(each.ru_utime + each.ru_stime for each in used)
    print(json.dumps({"seconds": seconds, "processor": processor, "sha256": digest}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
