"""Roles of accounts: each one given or taken stands in the public log, and one that is given acts only from then on.

So nobody who runs the server can make a "representative" unseen: the representatives count their own.
"""

from __future__ import annotations

import os

from sqlalchemy import Connection, select, update

from aboveboard.collector.identity.roles import check_roles
from aboveboard.collector.jobs import Job, enqueue, forget
from aboveboard.collector.service import Service
from aboveboard.collector.storage.sql import insert
from aboveboard.collector.storage.tables import accounts, role_changes
from aboveboard.core.leaves import RoleLeaf, role_commitment

KIND = "role"
SALT_BYTES = 16


def subject(account: str) -> str:
    """Of every transaction that decides about an account: see Database.transaction."""
    return f"account:{account}"


def roles_of(tx: Connection, account: str) -> frozenset[str]:
    """Those that act now. A role that was taken is gone at once; one that was given waits for its entry."""
    query = select(role_changes).where(role_changes.c.account == account).order_by(role_changes.c.number)
    last = {row.role: row for row in tx.execute(query)}
    return frozenset(role for role, row in last.items() if row.given and row.leaf_index is not None)


def _wanted(tx: Connection, account: str) -> frozenset[str]:
    """As roles_of, with those that still wait."""
    query = select(role_changes).where(role_changes.c.account == account).order_by(role_changes.c.number)
    last = {row.role: row.given for row in tx.execute(query)}
    return frozenset(role for role, given in last.items() if given)


def change_roles(tx: Connection, account: str, wanted: frozenset[str], now_us: int) -> bool:
    """Writes down what changes, and that it has to go into the log; False when nothing does. Raises BadInput."""
    check_roles(wanted, "roles")
    have = _wanted(tx, account)
    for role in sorted(wanted ^ have):
        values = {"account": account, "role": role, "given": role in wanted, "salt": os.urandom(SALT_BYTES)}
        number = tx.execute(insert(role_changes).values(**values).returning(role_changes.c.number)).scalar_one()
        enqueue(tx, KIND, str(number), now_us)
    return wanted != have


def run(service: Service, job: Job) -> None:
    """A job's handler: the change goes into the log. Twice when the server dies in between, which changes nothing."""
    _publish(service, int(job.subject), job)


def publish_now(service: Service, account: str) -> None:
    """What waits for this account, in a server that is running and need not wait for its own jobs."""
    with service.database.reading() as tx:
        waiting = (role_changes.c.account == account) & role_changes.c.leaf_index.is_(None)
        query = select(role_changes.c.number).where(waiting).order_by(role_changes.c.number)
        numbers = tx.execute(query).scalars().all()
    for number in numbers:
        _publish(service, number, None)


def _publish(service: Service, number: int, job: Job | None) -> None:
    query = select(role_changes, accounts.c.name).join(accounts).where(role_changes.c.number == number)
    with service.database.reading() as tx:
        row = tx.execute(query).one_or_none()
    with service.database.transaction(*([subject(row.account)] if row else [])) as tx:
        row = tx.execute(query).one_or_none()
        if row is not None and row.leaf_index is None:
            leaf = RoleLeaf(row.role, row.given, role_commitment(row.salt, row.name, row.role).hex())
            [index] = service.log.append([leaf.encode()])
            tx.execute(update(role_changes).where(role_changes.c.number == number).values(leaf_index=index))
        if job is None:
            forget(tx, KIND, str(number))
        else:
            job.done(tx)
    service.wake.set()
