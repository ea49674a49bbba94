"""How long an epoch is kept: written down, as a whole day, when its share is brought.

The collector may not know when a person worked, so it counts from what it does know: the month (UTC) in which the share
came. A laptop uses an epoch for one calendar month and brings its share first of all, so the epoch is out of use when
that month ends; the policy's days count from there (core/keeping.py; the guardian counts for itself).
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from aboveboard.collector.jobs import enqueue
from aboveboard.collector.storage.tables import jobs
from aboveboard.core.ids import PolicyId
from aboveboard.core.leaves import DAY_US, RetentionSweepLeaf

KIND = "retention"


def schedule_sweep(tx: Connection, policy: PolicyId, until_us: int) -> None:
    """One job a policy and day, however many epochs end then; its work is the entry that the log will have."""
    leaf = RetentionSweepLeaf(policy, until_us)
    enqueue(tx, KIND, f"{_prefix(policy)}{until_us // DAY_US}", until_us, leaf.encode())


def _prefix(policy: str) -> str:
    """Half of the hash, because a job's subject is short; nobody finds two policies with the same half."""
    return f"{policy[:32]}:"


def earlier_sweeps(tx: Connection, leaf: RetentionSweepLeaf) -> bool:
    """Whether one of the same policy and an earlier day is not done."""
    mine = (jobs.c.kind == KIND) & jobs.c.subject.startswith(_prefix(leaf.policy))
    days = [int(each.partition(":")[2]) for each in tx.execute(select(jobs.c.subject).where(mine)).scalars()]
    return any(day * DAY_US < leaf.day_us for day in days)
