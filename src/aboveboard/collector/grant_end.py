"""Grants that were taken back: from then on nothing is given under them here, and each guardian is told."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from aboveboard.collector import telling
from aboveboard.collector.jobs import enqueue
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import grant_revocations
from aboveboard.core.grant_end import SignedGrantRevocation, ended


def revoke(service: Service, signed: SignedGrantRevocation) -> int:
    """Ends a grant, also one that was not brought here yet; where its entry stands in the log. The same again changes
    nothing. Raises Refused unless a steward or a representative signed it."""
    grant_id = signed.check(service.charter)
    with service.database.transaction(subject(grant_id)) as tx:
        known = _index(tx, grant_id)
        if known is not None:
            return known
        [index] = service.log.append([signed.revocation.leaf().encode()])
        row = {"grant_id": grant_id, "signed": signed.to_bytes(), "leaf_index": index}
        tx.execute(insert(grant_revocations).values(**row))
        enqueue(tx, telling.REVOCATIONS, grant_id, service.clock.now_us())
    service.wake.set()
    return index


def subject(grant_id: str) -> str:
    """Of every transaction that gives or ends under this grant: see Database.transaction."""
    return f"grant:{grant_id}"


def require_not_revoked(tx: Connection, grant_id: str) -> None:
    """Raises Refused("grant_revoked")."""
    if _index(tx, grant_id) is not None:
        raise ended()


def revoked(tx: Connection) -> dict[str, int]:
    """Grant -> where its end stands in the log."""
    rows = tx.execute(select(grant_revocations.c.grant_id, grant_revocations.c.leaf_index))
    return {row.grant_id: row.leaf_index for row in rows}


def _index(tx: Connection, grant_id: str) -> int | None:
    query = select(grant_revocations.c.leaf_index).where(grant_revocations.c.grant_id == grant_id)
    found: int | None = tx.execute(query).scalar()
    return found
