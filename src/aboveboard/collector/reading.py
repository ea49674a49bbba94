"""What a reader may fetch: sealed segments of the grant's scope, with what is needed to check them.

The keys that a reader has open what comes later in the same month, too. So the grant has to hold at each request, not
only when the keys were released.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from aboveboard.collector.grant_end import require_not_revoked
from aboveboard.collector.registries import certificate
from aboveboard.collector.scope import Scope
from aboveboard.collector.service import Service
from aboveboard.collector.storage.blobs import BlobName
from aboveboard.collector.storage.tables import consents, epochs, segments
from aboveboard.collector.terms import policy_of
from aboveboard.core.access import SignedGrant, check_grant
from aboveboard.core.consent import SignedConsent
from aboveboard.core.errors import Refused
from aboveboard.core.vault import SignedDeviceCert
from aboveboard.wire.api import GrantedSegment


def check_holds(service: Service, tx: Connection, signed: SignedGrant) -> None:
    """Raises Refused unless the grant holds now, for every policy it names."""
    require_not_revoked(tx, signed.grant.grant_id)
    for policy_id in signed.grant.policies:
        policy = policy_of(tx, service.charters, policy_id)
        if policy is None:
            raise Refused("no_policy", "the grant names a policy that was never published here")
        check_grant(signed, service.charter, policy, service.clock.now_us())
    if not signed.grant.policies:
        raise Refused("grant", "the grant names no policy")


def granted_segments(service: Service, signed: SignedGrant) -> list[GrantedSegment]:
    """All of them that are not deleted, by device and number. Raises Refused."""
    certificates: dict[str, SignedDeviceCert] = {}
    said: dict[str, tuple[SignedConsent, ...]] = {}
    found = []
    with service.database.reading() as tx:
        check_holds(service, tx, signed)
        scope = Scope(tx, signed.grant, service.clock.now_us())
        query = select(segments).join(epochs).where(scope.epochs, segments.c.deleted.is_(False))
        for row in tx.execute(query.order_by(segments.c.device, segments.c.seq)).all():
            if not scope.reaches(row.contributor, row.policy):
                continue
            if row.device not in certificates:
                certificates[row.device] = certificate(tx, row.device)
            if row.contributor not in said:
                said[row.contributor] = _consents(tx, row.contributor)
            found.append(
                GrantedSegment(
                    row.segment, row.device, row.seq, row.contributor, row.epoch, row.policy, row.consent,
                    certificates[row.device], said[row.contributor],
                )
            )  # fmt: skip
    return found


def _consents(tx: Connection, contributor: str) -> tuple[SignedConsent, ...]:
    given = select(consents.c.signed).where(consents.c.contributor == contributor).order_by(consents.c.number)
    return tuple(SignedConsent.parse(each) for each in tx.execute(given).scalars())


def granted_segment(service: Service, signed: SignedGrant, segment: str) -> bytes:
    """The sealed file. Raises Refused when it is not in the grant's scope."""
    with service.database.reading() as tx:
        check_holds(service, tx, signed)
        scope = Scope(tx, signed.grant, service.clock.now_us())
        query = select(segments).join(epochs).where(scope.epochs, segments.c.deleted.is_(False))
        row = tx.execute(query.where(segments.c.segment == segment)).one_or_none()
        reached = row is not None and scope.reaches(row.contributor, row.policy)
    if row is None or not reached:
        raise Refused("grant", "the grant does not cover this segment, or it was deleted")
    return service.blobs.get(BlobName(row.contributor, row.epoch, row.segment))
