"""What one segment costs, for `aboveboard collector capacity`: `python -m bench.capacity`.

The collector runs as in bench.ingest, in a process of its own; its CPU time and memory are the system's own counts, and
PostgreSQL's are those of all its processes.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import psutil
import psycopg

from aboveboard.collector.capacity import Cost, Costs
from aboveboard.collector.settings import Settings
from bench.common import Row, arguments, machine, row, tell
from bench.ingest import rate, uploads
from tests.support.process import served
from tests.support.servers import Person
from tests.support.stores import Postgres, postgres

FILE = Path(__file__).parents[1] / "src" / "aboveboard" / "collector" / "costs.json"
SIZE = 1 << 17  # what fifteen minutes of work are sealed to, in `aboveboard simulate`
AT_ONCE = 8


def _cpu_s(processes: list[psutil.Process]) -> float:
    return sum(each.user + each.system for each in (process.cpu_times() for process in processes))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _settle(http: httpx.Client, folder: Path) -> int:
    """The log's bytes once nothing is added to it any more."""
    before, now = -1, _size(folder)
    while before != now:
        time.sleep(2)
        before, now = now, _size(folder)
    return now


def measured(database: str, cluster: Postgres, people: int, each: int) -> Cost:
    """people: devices that send, AT_ONCE at once; each: how many segments a device."""
    settings = Settings(database=cluster.new_database() if database == "PostgreSQL" else "")
    with tempfile.TemporaryDirectory(prefix="aboveboard-bench-") as name:
        folder = Path(name)
        with served(folder, settings) as (servers, process):
            assert process.running is not None
            ours = psutil.Process(process.running.pid)
            warm = [Person(servers).ready() for _ in range(AT_ONCE)]
            rate(process.port, [uploads(person, SIZE, 20) for person in warm])
            known = [Person(servers).ready() for _ in range(people)]
            log, rows = _settle(servers.http, process.home / "log"), _rows(cluster, settings, process.home)
            memory, half, spent, number = ours.memory_info().rss, 0, 0.0, 0
            for start in range(0, people, AT_ONCE):
                if start == people // 2 // AT_ONCE * AT_ONCE:
                    half = ours.memory_info().rss  # what its threads and connections need has grown by now
                chains = [uploads(person, SIZE, each) for person in known[start : start + AT_ONCE]]
                counted = [ours, *_backends(cluster, settings)]
                before = _cpu_s(counted)
                rate(process.port, chains)
                spent, number = spent + _cpu_s(counted) - before, number + sum(map(len, chains))
            grown = ours.memory_info().rss - half
            log, rows = _settle(servers.http, process.home / "log") - log, _rows(cluster, settings, process.home) - rows
    return Cost(
        database, SIZE, round(spent / number * 1000, 3), round(rows / number), round(log / number), memory,
        max(0, round(grown / (people - people // 2))),
    )  # fmt: skip


def _backends(cluster: Postgres, settings: Settings) -> list[psutil.Process]:
    if not settings.database or cluster.process is None:
        return []
    return psutil.Process(cluster.process.pid).children()


def _rows(cluster: Postgres, settings: Settings, home: Path) -> int:
    """Bytes of the database itself, without its write-ahead log."""
    if settings.database:
        with psycopg.connect(settings.database, autocommit=True) as connection:
            found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            assert found is not None
            return int(found[0])
    return (home / "collector.sqlite").stat().st_size


def rows_of(costs: Costs) -> list[Row]:
    found = []
    for cost in costs.costs:
        kind = f"of a segment of 128 KiB, {cost.database}"
        found += [row(f"CPU {kind}", cost.cpu_ms, "ms"), row(f"database {kind}", cost.database_bytes, "B"),
                  row(f"log {kind}", cost.log_bytes, "B"),
                  row(f"memory of a device more, {cost.database}", cost.memory_bytes_a_device, "B")]  # fmt: skip
    return found


def main() -> None:
    args = arguments(__doc__ or "")
    people, each = (32, 4) if args.quick else (192, 8)
    with postgres(durable=True) as cluster:
        costs = tuple(measured(database, cluster, people, each) for database in ("SQLite", "PostgreSQL"))
    found = Costs(f"{datetime.now(UTC).date()}, {machine()}", costs)
    if not args.quick:
        FILE.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    tell(rows_of(found), args.json)


if __name__ == "__main__":
    main()
