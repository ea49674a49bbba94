"""Whose data a grant reaches now. Asked at each step of a reading, for all of it may change in between."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection

from aboveboard.collector.registries import consent_records
from aboveboard.collector.storage.tables import epochs
from aboveboard.core.access import Grant
from aboveboard.core.consent import ConsentRecord, withdrawn
from aboveboard.core.ids import ContributorId, PolicyId


class Scope:
    """Of one grant, in one transaction."""

    def __init__(self, tx: Connection, grant: Grant, now_us: int) -> None:
        self._tx, self._grant, self._now_us = tx, grant, now_us
        self._said: dict[ContributorId, list[ConsentRecord]] = {}

    @property
    def epochs(self) -> ColumnElement[bool]:
        """Those of the grant's policies whose share is still here, and whose days of keeping are not over though their
        sweep may be late."""
        here = epochs.c.deposit.is_not(None) & (epochs.c.until_us > self._now_us)
        return epochs.c.policy.in_(self._grant.policies) & here

    def reaches(self, contributor: ContributorId, policy: PolicyId) -> bool:
        """Whether the grant covers the person, and they have not withdrawn from the policy."""
        if not self._grant.covers(contributor):
            return False
        if contributor not in self._said:
            self._said[contributor] = consent_records(self._tx, contributor)
        return not withdrawn(self._said[contributor], policy)
