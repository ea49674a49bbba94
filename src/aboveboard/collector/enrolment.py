"""Who may enrol: with an invitation, or by default with the programme's own code; only where the policy is eligible."""

from __future__ import annotations

import datetime
import hashlib
import secrets

from sqlalchemy import Connection, select, update

from aboveboard.collector.registries import token_hash
from aboveboard.collector.service import Service
from aboveboard.collector.standing import SIGNED_OFF
from aboveboard.collector.storage.sql import insert
from aboveboard.collector.storage.tables import devices, invitations
from aboveboard.collector.terms import newest_policies
from aboveboard.core.checks import check_region
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import Refused
from aboveboard.core.policy import Policy
from aboveboard.core.vault import check_device_cert
from aboveboard.wire.api import EnrolRequest, Invitation, SignedInvitation, SignedRevocation, parse

TOKEN_BYTES = 32


def _invitation(code_sha256: str) -> str:
    """The subject of every transaction that decides about one invitation."""
    return f"invitation:{code_sha256}"


def invite(service: Service, signed: SignedInvitation) -> None:
    """Raises Refused unless a steward signed it."""
    signed.check(service.charter)
    invitation = signed.invitation
    row = {"code_sha256": invitation.code_sha256, "expires_us": invitation.expires_us, "used": False, "revoked": False}
    with service.database.transaction(_invitation(invitation.code_sha256)) as tx:
        tx.execute(insert(invitations).values(**row, signed=signed.to_bytes()).on_conflict_do_nothing())


def revoke(service: Service, signed: SignedRevocation) -> None:
    """Raises Refused unless a steward signed it, or when there is no such invitation."""
    signed.check(service.charter)
    with service.database.transaction(_invitation(signed.revocation.code_sha256)) as tx:
        where = invitations.c.code_sha256 == signed.revocation.code_sha256
        if tx.execute(update(invitations).where(where).values(revoked=True)).rowcount == 0:
            raise Refused("invitation", "there is no such invitation")


def _check_region(service: Service, tx: Connection, invitation: Invitation, region: str) -> None:
    """Raises Refused where no policy is eligible, or where the code is not for."""
    check_region(region, "region")
    if invitation.regions and not {region, region.partition("-")[0]} & set(invitation.regions):
        raise Refused("region", f"this code is for {', '.join(invitation.regions)}, and this laptop is in {region}")
    today = datetime.datetime.fromtimestamp(service.clock.now_us() / US_PER_S, datetime.UTC).date().isoformat()
    known: list[Policy] = [each for each in newest_policies(tx, service.charters) if each.expires >= today]
    eligible = [each for each in known if each.allows_region(region)]
    if known and not eligible:
        raise Refused("region", f"no policy here is for {region}: nobody there is recorded, so nobody enrols")
    if invitation.reusable and not any(each.enrolment == "default" for each in eligible):
        raise Refused("invitation", "the policy says by invitation: ask for one of your own")


def enrol(service: Service, request: EnrolRequest) -> str:
    """The device's token. A device that lost its token's answer may ask again with the same code and certificate.

    Being enrolled records nothing: that takes the person's own consent on their laptop.
    """
    check_device_cert(request.cert)
    cert = request.cert.cert
    code = hashlib.sha256(request.code.encode()).hexdigest()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with service.database.transaction(_invitation(code)) as tx:
        row = tx.execute(select(invitations).where(invitations.c.code_sha256 == code)).one_or_none()
        if row is None or row.revoked or row.expires_us < service.clock.now_us():
            raise _no_invitation()
        invitation = parse(row.signed, "invitation", SignedInvitation).invitation
        query = select(devices.c.cert, devices.c.revoked).where(devices.c.device == cert.device)
        known = tx.execute(query).one_or_none()
        if known is not None and known.revoked:
            raise Refused("revoked", SIGNED_OFF)
        if row.used and not invitation.reusable and (known is None or known.cert != request.cert.to_bytes()):
            raise _no_invitation()
        _check_region(service, tx, invitation, request.region)
        tx.execute(update(invitations).where(invitations.c.code_sha256 == code).values(used=True))
        values = {"contributor": cert.contributor, "cert": request.cert.to_bytes(), "token_sha256": token_hash(token)}
        statement = insert(devices).values(device=cert.device, **values)
        tx.execute(statement.on_conflict_do_update(index_elements=["device"], set_=values))
    return token


def _no_invitation() -> Refused:
    return Refused("invitation", "the invitation is unknown, used, taken back, or has run out: ask for a new one")
