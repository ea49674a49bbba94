"""Building a dataset of 5M events on two cores, beside Daft, Ray, Ray Data and a plain pool with Polars; its bytes
beside others."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil
import zstandard

from aboveboard.datasets.export import export
from aboveboard.datasets.imports import import_file
from aboveboard.datasets.schema import Episode, read_episodes, table_of
from bench.common import Row, arguments, row, tell

HERE = Path(__file__).parent.parent
SCREEN = (1920, 1080)
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
    """What it printed, and its peak memory in MB, sampled ten times a second."""
    command = [sys.executable, "-m", "bench.dataset_work", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=HERE, text=True) as process:
        watched, peak = psutil.Process(process.pid), 0.0
        while process.poll() is None:
            peak = max(peak, _memory_mb(watched))
            time.sleep(0.1)
        said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise AssertionError(f"{words[0]} ended with {process.returncode}")
    return json.loads(said), peak


def building(folder: Path, n: int) -> list[Row]:
    (folder / "sessions").mkdir()
    made, _ = _job("generate", folder / "sessions", str(n))
    found: dict[str, tuple[dict[str, Any], float]] = {}
    for way in ("processes", "daft", "ray", "ray-data", "plain"):
        found[way] = _job(way, folder / "sessions", folder / way)
        print(f"{way}: {found[way][0]['seconds']:.1f} s, {found[way][1]:.0f} MB", file=sys.stderr, flush=True)
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


def sizes(folder: Path) -> list[Row]:
    """The first episodes of the build, all of their content (AgentNet: what it has room for)."""
    episodes = read_episodes(folder / "processes")[:EPISODES_COMPARED]
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
    args = arguments(__doc__ or "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [*building(folder, 100 if args.quick else 2000), *sizes(folder)]
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
