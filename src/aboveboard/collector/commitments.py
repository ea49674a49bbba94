"""What has to go into the log: commitments wait in a table until the publisher makes batches of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from aboveboard.collector.storage.sql import Prepared, insert
from aboveboard.collector.storage.tables import commitments

_INSERT = Prepared(insert(commitments).on_conflict_do_nothing(), ("commitment", "what", "batch"))


def queue(tx: Connection, commitment: bytes, what: str) -> None:
    """Has a commitment go into the next batch; once, however often it is asked."""
    queue_all(tx, [commitment], what)


def queue_all(tx: Connection, new: Sequence[bytes], what: str) -> None:
    """As queue(), for many."""
    rows = [{"commitment": each.hex(), "what": what, "batch": None} for each in new]
    _INSERT.all(tx, rows)
