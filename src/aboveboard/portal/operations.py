"""How the server stands, for stewards: work that waits or failed, room on its disk. About nobody."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import jobs

PARKED_SHOWN = 20
ROOM_ENOUGH, ROOM_LITTLE = 0.2, 0.05  # of the disk


@dataclass(frozen=True, slots=True)
class Parked:
    """kind and problem name no one: see the table of jobs."""

    kind: str
    problem: str


@dataclass(frozen=True, slots=True)
class Operations:
    """jobs: how many wait, by kind. What is held is not counted here: a live count would show somebody's next one.
    room: on the disk of the server, in three steps, for the same reason."""

    room: Literal["enough", "little", "least"]
    jobs: dict[str, int]
    parked: list[Parked]


def operations(service: Service) -> Operations:
    with service.database.reading() as tx:
        by_kind = select(jobs.c.kind, func.count()).where(jobs.c.parked.is_(False)).group_by(jobs.c.kind)
        waiting = {str(row[0]): int(row[1]) for row in tx.execute(by_kind.order_by(jobs.c.kind))}
        failed = select(jobs.c.kind, jobs.c.problem).where(jobs.c.parked.is_(True)).order_by(jobs.c.job)
        parked = [Parked(row.kind, row.problem) for row in tx.execute(failed.limit(PARKED_SHOWN))]
    return Operations(_room(service), waiting, parked)


def _room(service: Service) -> Literal["enough", "little", "least"]:
    disk = shutil.disk_usage(service.log_folder)
    free = disk.free / disk.total
    return "enough" if free >= ROOM_ENOUGH else "little" if free >= ROOM_LITTLE else "least"
