"""The collector's daily job that marks datasets and models, run now."""

from __future__ import annotations

import time

from sqlalchemy import select, update

from aboveboard.collector import marks
from aboveboard.collector.storage.tables import jobs
from tests.support.servers import Servers


def run_marks(servers: Servers) -> None:
    """As the server does it once a day: the job is due now."""
    mine = jobs.c.kind == marks.KIND
    with servers.service.database.transaction() as tx:
        assert tx.execute(update(jobs).where(mine).values(due_us=1)).rowcount == 1
    deadline = time.monotonic() + 30
    while True:
        with servers.service.database.reading() as tx:
            due_us, tries = tx.execute(select(jobs.c.due_us, jobs.c.tries).where(mine)).one()
        if due_us > 1:
            assert tries == 0, "it was done at once"
            return
        assert time.monotonic() < deadline, "the job was not done"
        time.sleep(0.05)
