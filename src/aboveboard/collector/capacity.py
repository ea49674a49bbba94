"""How much machine a programme needs: from what one segment costs, as measured, and how many people work. Pure.

costs.json is written by `python -m bench.capacity`, never by hand.
"""

from __future__ import annotations

import math
from importlib.resources import files

import msgspec

from aboveboard.collector.heads import HEADS_MAX
from aboveboard.core.errors import BadInput
from aboveboard.core.records import Record

DAYS_A_MONTH = 21
DAY_S = 86_400
BUSY_SHARE = 0.5  # of a core, at the peak: the other half is for what nobody has thought of
GB, TB = 1e9, 1e12


class Cost(Record, frozen=True):
    """Of one segment of `segment_bytes` on one database. cpu_ms: of the collector's processes and the database's;
    database_bytes, log_bytes: what they grow by; memory_bytes_a_device: what a device known to a process takes."""

    database: str
    segment_bytes: int
    cpu_ms: float
    database_bytes: float
    log_bytes: float
    memory_bytes: float
    memory_bytes_a_device: float


class Costs(Record, frozen=True):
    """measured: on what, and when."""

    measured: str
    costs: tuple[Cost, ...]


class Programme(Record, frozen=True):
    """segments_an_hour: of one person at work; peak: how many times the mean of a working hour the busiest minute is,
    because laptops send about noon, and on a Monday what a weekend held up; days: of keeping."""

    people: int
    segments_an_hour: float = 4.0
    hours_a_day: float = 8.0
    peak: float = 12.0
    days: int = 90

    def check(self) -> Programme:
        """Raises BadInput."""
        if not 1 <= self.people <= 10_000_000:
            raise BadInput("1 to 10,000,000", "people")
        for name, most in (("segments_an_hour", 1000), ("hours_a_day", 24), ("peak", 100), ("days", 3660)):
            if not 0 < getattr(self, name) <= most:
                raise BadInput(f"over 0, and {most} at most", name)
        return self


class Need(Record, frozen=True):
    """What has to be there. processes: that take segments, each on one core at most (one writes the log)."""

    segments_a_day: float
    segments_a_second: float
    cores: float
    processes: int
    network_mbit_s: float
    store_tb: float
    database_gb: float
    log_gb_a_year: float
    memory_gb: float


def measured() -> Costs:
    """What the newest measurement found."""
    return msgspec.json.decode((files("aboveboard.collector") / "costs.json").read_bytes(), type=Costs)


def need(programme: Programme, cost: Cost) -> Need:
    """For a programme of that size, of segments like those that were measured."""
    programme.check()
    a_day = programme.people * programme.segments_an_hour * programme.hours_a_day
    a_second = programme.people * programme.segments_an_hour / 3600 * programme.peak
    kept = a_day * DAYS_A_MONTH / 30 * (programme.days + 15)  # an epoch's days begin when its month ends
    cores = a_second * cost.cpu_ms / 1000
    processes = max(1, math.ceil(cores / BUSY_SHARE))
    return Need(
        a_day, a_second, cores, processes, a_second * cost.segment_bytes * 8 / 1e6,
        kept * cost.segment_bytes / TB, kept * cost.database_bytes / GB,
        a_day * DAYS_A_MONTH * 12 * cost.log_bytes / GB,
        processes * (cost.memory_bytes + min(programme.people, HEADS_MAX) * cost.memory_bytes_a_device) / GB,
    )  # fmt: skip


def table(programmes: list[Programme], costs: Costs) -> str:
    """Markdown: one column for each programme and database."""
    columns = [(each, cost, need(each, cost)) for each in programmes for cost in costs.costs]
    head = "".join(f" {each.people:,} people, {cost.database} |" for each, cost, _ in columns)
    lines = [f"| |{head}", "|---|" + "---:|" * len(columns)]
    for name, form in (
        ("segments_a_day", "{:,.0f}"), ("segments_a_second", "{:,.1f}"), ("cores", "{:,.2f}"), ("processes", "{:,d}"),
        ("network_mbit_s", "{:,.1f}"), ("store_tb", "{:,.2f}"), ("database_gb", "{:,.1f}"),
        ("log_gb_a_year", "{:,.2f}"), ("memory_gb", "{:,.2f}"),
    ):  # fmt: skip
        cells = "".join(f" {form.format(getattr(found, name))} |" for _, _, found in columns)
        lines.append(f"| {_SAID[name]} |{cells}")
    return "\n".join(lines)


_SAID = {
    "segments_a_day": "segments a working day",
    "segments_a_second": "segments a second in the busiest minute",
    "cores": "cores busy with them",
    "processes": f"processes, each busy {BUSY_SHARE:.0%} of a core then",
    "network_mbit_s": "network, Mbit/s in the busiest minute",
    "store_tb": "store, TB at the end of keeping",
    "database_gb": "database, GB at the end of keeping",
    "log_gb_a_year": "log, GB a year (it is never shortened)",
    "memory_gb": "memory of these processes, GB",
}
