"""Building a dataset of 5M events on two cores, beside Daft, Ray, Ray Data and a plain pool with Polars; its bytes
beside others.

With --home each way leaves what it found there and is not run again: --only runs some of them, so that each piece has a
quiet machine for as long as it takes; the run without --only measures what is missing and tells it all."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psutil
import zstandard

from aboveboard.datasets.export import export
from aboveboard.datasets.imports import import_file
from aboveboard.datasets.schema import Episode, read_episodes, table_of
from bench.common import Row, row, tell

HERE = Path(__file__).parent.parent
SCREEN = (1920, 1080)
WAYS = ("processes", "daft", "ray", "ray-data", "plain")
EPISODES_COMPARED = 1000


def _memory_mb(process: psutil.Process) -> float:
    """Of it and all its children, pages they share counted once."""
    total = 0
    try:
        for each in (process, *process.children(recursive=True)):
            total += each.memory_full_info().pss
    except psutil.Error:
        return 0.0  # one ended meanwhile: the next sample has it
    return total / 1e6


def _job(*words: str | Path) -> tuple[dict[str, Any], float]:
    """What it printed, and its peak memory in MB, sampled three times a second: to look costs time too."""
    command = [sys.executable, "-m", "bench.dataset_work", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=HERE, text=True) as process:
        watched, peak = psutil.Process(process.pid), 0.0
        while process.poll() is None:
            peak = max(peak, _memory_mb(watched))
            time.sleep(0.33)
        said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise AssertionError(f"{words[0]} ended with {process.returncode}")
    return json.loads(said), peak


def _carried(home: Path, way: str, *words: str | Path) -> tuple[dict[str, Any], float]:
    """As _job, unless it is known from an earlier run; what one that was cut off left is cleared away."""
    known = home / f"{way}.json"
    if not known.exists():
        shutil.rmtree(home / way, ignore_errors=True)
        (home / way).mkdir()
        said, peak = _job(way, *words)
        load = os.getloadavg()[0]
        known.write_text(json.dumps([said, peak]), encoding="utf-8")
        print(f"{way}: {said}, {peak:.0f} MB, load {load:.1f}", file=sys.stderr, flush=True)
    said, peak = json.loads(known.read_text(encoding="utf-8"))
    return said, peak


def measured(home: Path, n: int, ways: Sequence[str]) -> dict[str, tuple[dict[str, Any], float]]:
    """What each of the ways printed, and its peak memory in MB."""
    sessions = home / "generate"
    found = {"generate": _carried(home, "generate", sessions, str(n))}
    return found | {way: _carried(home, way, sessions, home / way) for way in ways if way != "generate"}


def building(found: dict[str, tuple[dict[str, Any], float]], n: int) -> list[Row]:
    made, _ = found.pop("generate")
    rate = {way: made["events"] / said["seconds"] for way, (said, _) in found.items()}
    names = {
        "daft": "Daft native", "ray": "Ray", "ray-data": "Ray Data", "plain": "multiprocessing + Polars",
    }  # fmt: skip
    rows = [row("events built", made["events"], "events", target=f">= {n * 2400}")]
    for way, name in names.items():
        rows.append(row("events a second", rate["processes"], "1/s", peer=rate[way], peer_name=name, target=">= 0.9"))
    rows.append(row("events a second, bar", rate["processes"], "1/s", target=">= 500000"))
    cost = {way: said["processor"] / made["events"] * 1e6 for way, (said, _) in found.items()}
    for way, name in names.items():
        mine = cost["processes"]
        rows.append(row("processor time an event, start included", mine, "us", peer=cost[way], peer_name=name))
    for way, name in names.items():
        rows.append(row("peak memory", found["processes"][1], "MB", peer=found[way][1], peer_name=name))
    rows.append(row("peak memory, bar", found["processes"][1], "MB", target="<= 400"))
    ours = ("processes", "daft", "ray")
    same = sum(found[way][0]["sha256"] == found["processes"][0]["sha256"] for way in ours)
    rows.append(row("engines whose bytes are the same", same, "engines", target=f"== {len(ours)}"))
    return rows


def _timed(read: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    read()
    return time.perf_counter() - begun


def _jsonl(path: Path) -> list[Episode]:
    text = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    return [msgspec.json.decode(line, type=Episode) for line in text.splitlines()]


def sizes(built: Path, folder: Path) -> list[Row]:
    """The first episodes of the build, all of their content (AgentNet: what it has room for)."""
    episodes = read_episodes(built)[:EPISODES_COMPARED]
    from aboveboard.datasets.build import write_split

    (folder / "some" / "data").mkdir(parents=True)
    parquet = folder / "some" / "data" / "train.parquet"
    write_split(parquet, map(table_of, episodes))
    jsonl = folder / "some.jsonl.zst"
    lines = b"".join(msgspec.json.encode(each) + b"\n" for each in episodes)
    jsonl.write_bytes(zstandard.ZstdCompressor(level=9).compress(lines))
    export("owamcap", folder / "some", folder / "mcap", SCREEN)
    export("agentnet", folder / "some", folder / "agentnet.jsonl", SCREEN)
    steps = sum(len(each.steps) for each in episodes)
    size = parquet.stat().st_size / steps
    ours = _timed(lambda: read_episodes(parquet)) / steps * 1e6
    peers: list[tuple[str, float, Callable[[], Any]]] = [
        ("JSON lines + zstd", jsonl.stat().st_size, lambda: _jsonl(jsonl)),
        ("MCAP + zstd", sum(each.stat().st_size for each in (folder / "mcap").iterdir()),
         lambda: import_file("owamcap", folder / "mcap", SCREEN)),
        ("AgentNet (less content)", (folder / "agentnet.jsonl").stat().st_size,
         lambda: import_file("agentnet", folder / "agentnet.jsonl", SCREEN)),
    ]  # fmt: skip
    rows = []
    for name, size_peer, read in peers:
        theirs = _timed(read) / steps * 1e6
        rows.append(row("bytes a step", size, "B", peer=size_peer / steps, peer_name=name, target="<= 1"))
        rows.append(row("time to read a step", ours, "us", peer=theirs, peer_name=name))
    return rows


def main() -> int:
    """Prints and writes the rows."""
    parser = argparse.ArgumentParser(prog="bench.dataset", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 sessions: to see that it runs, not for figures")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the rows as JSON")
    parser.add_argument("--home", type=Path, help="folder for what each way found, to go on later")
    parser.add_argument("--only", nargs="+", choices=("generate", *WAYS), help="run these, and tell nothing yet")
    args = parser.parse_args()
    n = 100 if args.quick else 2000
    with tempfile.TemporaryDirectory() as name:
        home = args.home or Path(name)
        home.mkdir(parents=True, exist_ok=True)
        found = measured(home, n, args.only or WAYS)
        if args.only is None:
            with tempfile.TemporaryDirectory() as folder:
                tell([*building(found, n), *sizes(home / "processes", Path(folder))], args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
