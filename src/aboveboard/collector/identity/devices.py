"""A person's laptops: which there are, and signing one off, by the person or by whoever runs the server."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from aboveboard.collector.storage.sql import Database, person
from aboveboard.collector.storage.tables import devices
from aboveboard.core.errors import Refused
from aboveboard.core.ids import ContributorId, DeviceId


@dataclass(frozen=True, slots=True)
class Laptop:
    """revoked: signed off, for good."""

    device: DeviceId
    revoked: bool


def laptops(tx: Connection, contributor: ContributorId) -> list[Laptop]:
    """By ID, which says nothing of when each came."""
    query = select(devices.c.device, devices.c.revoked).where(devices.c.contributor == contributor)
    return [Laptop(DeviceId(row.device), row.revoked) for row in tx.execute(query.order_by(devices.c.device))]


def owner(tx: Connection, device: str) -> ContributorId:
    """Raises Refused("unknown")."""
    found = tx.execute(select(devices.c.contributor).where(devices.c.device == device)).scalar()
    if found is None:
        raise Refused("unknown", "there is no such laptop")
    return ContributorId(found)


def sign_off(database: Database, contributor: ContributorId, device: str) -> None:
    """Nothing more is taken from it, its token opens nothing, and it can't enrol again. What it sent stays, until the
    person deletes it. Raises Refused("unknown") for one that is not this person's."""
    mine = (devices.c.device == device) & (devices.c.contributor == contributor)
    with database.transaction(person(contributor)) as tx:
        if tx.execute(update(devices).where(mine).values(revoked=True)).rowcount != 1:
            raise Refused("unknown", "no such laptop of yours is here")
