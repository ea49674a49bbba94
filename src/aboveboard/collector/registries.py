"""Who takes part and on what terms: invitations, devices, policies, consents, epochs' shares."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import Connection, select, update

from aboveboard.collector.jobs import enqueue
from aboveboard.collector.service import Service
from aboveboard.collector.storage.sql import insert
from aboveboard.collector.storage.tables import commitments, consents, devices, epochs, invitations, policies
from aboveboard.core.consent import ConsentRecord, SignedConsent, check_consent
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, PolicyId
from aboveboard.core.leaves import PolicyLeaf, due_day_us
from aboveboard.core.policy import Policy, SignedPolicy, verify_signatures
from aboveboard.core.vault import EpochDeposit, SignedDeposit, SignedDeviceCert, check_deposit, check_device_cert
from aboveboard.wire.api import EnrolRequest, SignedInvitation

TOKEN_BYTES = 32


def person(contributor: ContributorId) -> str:
    """The subject of every transaction that decides about one person: see Database.transaction."""
    return f"person:{contributor}"


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invite(service: Service, signed: SignedInvitation) -> None:
    """Raises Refused unless a steward signed it."""
    signed.check(service.charter)
    row = {"code_sha256": signed.invitation.code_sha256, "expires_us": signed.invitation.expires_us, "used": False}
    with service.database.transaction() as tx:
        tx.execute(insert(invitations).values(**row).on_conflict_do_nothing())


def enrol(service: Service, request: EnrolRequest) -> str:
    """The device's token. A device that lost its token's answer may ask again with the same code and certificate."""
    check_device_cert(request.cert)
    cert = request.cert.cert
    code = hashlib.sha256(request.code.encode()).hexdigest()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with service.database.transaction(f"invitation:{code}") as tx:
        row = tx.execute(select(invitations).where(invitations.c.code_sha256 == code)).one_or_none()
        known = tx.execute(select(devices.c.cert).where(devices.c.device == cert.device)).scalar()
        if row is None or row.expires_us < service.clock.now_us() or (row.used and known != request.cert.to_bytes()):
            raise Refused("invitation", "the invitation is unknown, used, or has run out: ask for a new one")
        tx.execute(update(invitations).where(invitations.c.code_sha256 == code).values(used=True))
        values = {"contributor": cert.contributor, "cert": request.cert.to_bytes(), "token_sha256": token_hash(token)}
        statement = insert(devices).values(device=cert.device, **values)
        tx.execute(statement.on_conflict_do_update(index_elements=["device"], set_=values))
    return token


def device_of(service: Service, token: str) -> SignedDeviceCert:
    """The device that holds the token. Raises Refused."""
    with service.database.reading() as tx:
        cert = tx.execute(select(devices.c.cert).where(devices.c.token_sha256 == token_hash(token))).scalar()
    if cert is None:
        raise Refused("token", "the device's token is not known: enrol with `aboveboard record --invitation CODE`")
    return SignedDeviceCert.parse(cert)


def publish_policy(service: Service, signed: SignedPolicy) -> PolicyId:
    """Puts a policy with all its signatures into the log. The same again changes nothing."""
    policy = verify_signatures(signed, service.charter)
    with service.database.transaction("policies") as tx:
        known = tx.execute(select(policies.c.number).where(policies.c.policy == policy.policy_id)).scalar()
        if known is None:
            [index] = service.log.append([PolicyLeaf(policy.policy_id).encode()])
            row = {"policy": policy.policy_id, "signed": signed.to_bytes(), "leaf_index": index}
            tx.execute(insert(policies).values(**row))
    service.wake.set()
    return policy.policy_id


def consent_records(tx: Connection, contributor: ContributorId) -> list[ConsentRecord]:
    """A person's records in the order they came."""
    rows = tx.execute(
        select(consents.c.signed).where(consents.c.contributor == contributor).order_by(consents.c.number)
    )
    return [SignedConsent.parse(row.signed).record for row in rows]


def record_consent(service: Service, cert: SignedDeviceCert, signed: SignedConsent) -> ConsentId:
    """Keeps a person's word and queues it for the log, in one transaction."""
    check_consent(signed)
    record = signed.record
    if (record.contributor, record.device) != (cert.cert.contributor, cert.cert.device):
        raise Refused("consent", "the consent is another person's or another device's")
    with service.database.transaction(person(record.contributor)) as tx:
        if tx.execute(select(policies.c.number).where(policies.c.policy == record.policy)).scalar() is None:
            raise Refused("no_policy", "the consent names a policy that was never published here")
        row = {
            "consent": record.consent_id, "contributor": record.contributor, "kind": record.kind,
            "policy": record.policy, "signed": signed.to_bytes(),
        }  # fmt: skip
        tx.execute(insert(consents).values(**row).on_conflict_do_nothing())
        queue(tx, record.commitment, "rights")
    service.wake.set()
    return record.consent_id


def queue(tx: Connection, commitment: bytes, what: str) -> None:
    """Has a commitment go into the next batch; once, however often it is asked."""
    statement = insert(commitments).values(commitment=commitment.hex(), what=what, batch=None)
    tx.execute(statement.on_conflict_do_nothing())


def deposit_epoch(service: Service, cert: SignedDeviceCert, signed: SignedDeposit) -> bool:
    """Keeps the collector's share of a new epoch's key; False when it was here. Raises Refused."""
    deposit = check_deposit(signed)
    if (deposit.contributor, deposit.device) != (cert.cert.contributor, cert.cert.device):
        raise Refused("epoch", "the deposit is another person's or another device's")
    if not deposit.collector_share or deposit.guardian_share:
        raise BadInput("the collector takes its own share of a key, and no other", "epoch deposit")
    with service.database.transaction(person(deposit.contributor)) as tx:
        row = tx.execute(select(epochs).where(epochs.c.epoch == deposit.epoch)).one_or_none()
        if row is not None:
            if row.deposit is None:
                raise Refused("destroyed", "this epoch's share was destroyed at the person's request: use a new epoch")
            if row.deposit != signed.to_bytes():
                raise Refused("other_deposit", "another deposit of this epoch is here: use a new epoch")
            return False
        values = {"epoch": deposit.epoch, "contributor": deposit.contributor, "policy": deposit.policy}
        tx.execute(insert(epochs).values(**values, deposit=signed.to_bytes()))
        _schedule_retention(tx, deposit, service.clock.now_us())
    return True


def _schedule_retention(tx: Connection, deposit: EpochDeposit, now_us: int) -> None:
    """Writes down, as a whole day, when this epoch's data has to be gone: see retention.py."""
    signed = tx.execute(select(policies.c.signed).where(policies.c.policy == deposit.policy)).scalar()
    if signed is None:
        raise Refused("no_policy", "the epoch names a policy that was never published here")
    policy = Policy.parse(SignedPolicy.parse(signed).policy_bytes)
    days = min(terms.retention_days for terms in policy.categories.values())
    enqueue(tx, "retention", deposit.epoch, due_day_us(now_us, days - 1))


def certificate(tx: Connection, device: DeviceId) -> SignedDeviceCert:
    return SignedDeviceCert.parse(tx.execute(select(devices.c.cert).where(devices.c.device == device)).scalar_one())
