"""The charters this log has run under, and how a new one takes over.

A new charter comes with the old one's signatures, goes into the log, and is in force as soon as the old one's witness
quorum has cosigned that entry. Until then nothing else about charters is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Row, select, update

from aboveboard.collector.storage.sql import Database, insert
from aboveboard.collector.storage.tables import charters
from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import (
    CharterBundle,
    InForce,
    SignedCharter,
    charter_at,
    check_signed,
    check_succession,
    history,
)
from aboveboard.core.errors import BadInput, CheckFailed, Refused

TERMS = "terms"  # the subject of every transaction that decides about charters, policies and exemptions


@dataclass(slots=True)
class Charters:
    """steps: those in force so far, oldest first; replaced as a whole, so that any thread may read."""

    steps: tuple[InForce, ...]

    @property
    def current(self) -> Charter:
        return self.steps[-1].charter

    @property
    def earlier(self) -> tuple[Charter, ...]:
        return tuple(step.charter for step in self.steps[:-1])

    def at(self, index: int) -> Charter:
        """The one under which the entry at `index` counts."""
        return charter_at(self.steps, index)

    def add(self, step: InForce) -> None:
        self.steps = (*self.steps, step)


def bundles(tx: Connection) -> list[CharterBundle]:
    """Those that are proven, the first one first."""
    rows = tx.execute(select(charters).where(charters.c.log_proof.is_not(None)).order_by(charters.c.number))
    return [_bundle(row) for row in rows]


def _bundle(row: Row[tuple[int, str, bytes, int, bytes | None]]) -> CharterBundle:
    return CharterBundle(SignedCharter.parse(row.signed), (row.log_proof or b"").decode("utf-8"))


def open_charters(database: Database, given: Charter) -> Charters:
    """given: the charter of the command line, any of the log's. Raises BadInput for another programme's."""
    with database.transaction(TERMS) as tx:
        rows = list(tx.execute(select(charters).order_by(charters.c.number)))
        if not rows:
            signed = SignedCharter.of(given.to_bytes())
            tx.execute(insert(charters).values(charter=given.charter_id, signed=signed.to_bytes(), leaf_index=0))
            return Charters((InForce(0, given),))
        first = Charter.parse(SignedCharter.parse(rows[0].signed).charter_bytes)
        try:
            steps = history(first, bundles(tx))
        except (CheckFailed, Refused) as error:
            raise BadInput(f"the collector's charters do not follow each other: {error}") from error
    if given.charter_id not in {step.charter.charter_id for step in steps}:
        raise BadInput(f"this collector runs under another charter, {steps[-1].charter.charter_id[:16]}")
    return Charters(steps)


def pending(tx: Connection) -> Row[tuple[int, str, bytes, int, bytes | None]] | None:
    """The charter that waits for its proof; the first one has nothing to wait for."""
    waiting = charters.c.log_proof.is_(None) & (charters.c.leaf_index > 0)
    return tx.execute(select(charters).where(waiting)).one_or_none()


def check_new(tx: Connection, known: Charters, signed: SignedCharter) -> Charter | None:
    """The new charter; None when it is here already. Raises Refused."""
    new_id = Charter.parse(signed.charter_bytes).charter_id
    if tx.execute(select(charters.c.number).where(charters.c.charter == new_id)).scalar() is not None:
        return None
    if pending(tx) is not None:
        raise Refused("charter", "another charter is on its way into the log: try again when it is in force")
    return check_signed(known.current, signed)


def prove(tx: Connection, number: int, log_proof: str) -> None:
    tx.execute(update(charters).where(charters.c.number == number).values(log_proof=log_proof.encode("utf-8")))


def step_of(row: Row[tuple[int, str, bytes, int, bytes | None]], log_proof: str, known: Charters) -> InForce:
    """Raises Refused or CheckFailed unless the charter follows the one in force."""
    return check_succession(known.current, CharterBundle(SignedCharter.parse(row.signed), log_proof))
