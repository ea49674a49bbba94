"""Who takes part: devices, consents, epochs' shares."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, select

from aboveboard.collector.commitments import queue
from aboveboard.collector.keeping import schedule_sweep
from aboveboard.collector.service import Receiving, Service
from aboveboard.collector.standing import SIGNED_OFF
from aboveboard.collector.storage.sql import insert, person
from aboveboard.collector.storage.tables import consents, devices, epochs, policies
from aboveboard.core.consent import ConsentRecord, SignedConsent, check_consent
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, PolicyId
from aboveboard.core.keeping import kept_until_us
from aboveboard.core.policy import Policy, SignedPolicy
from aboveboard.core.vault import SignedDeposit, SignedDeviceCert, check_deposit


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def device_of(service: Receiving, token: str) -> SignedDeviceCert:
    """The device that holds the token. Raises Refused."""
    query = select(devices.c.cert, devices.c.revoked).where(devices.c.token_sha256 == token_hash(token))
    with service.database.reading() as tx:
        row = tx.execute(query).one_or_none()
    if row is None:
        raise Refused("token", "the device's token is not known: enrol with `aboveboard record --invitation CODE`")
    if row.revoked:
        raise Refused("revoked", SIGNED_OFF)
    return SignedDeviceCert.parse(row.cert)


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
            if row.until_us <= service.clock.now_us():
                return False
            if row.deposit is None:
                raise Refused("destroyed", "this epoch's share was destroyed at the person's request: use a new epoch")
            if row.deposit != signed.to_bytes():
                raise Refused("other_deposit", "another deposit of this epoch is here: use a new epoch")
            return False
        until_us = kept_until_us(_published(tx, deposit.policy), service.clock.now_us())
        values = {"epoch": deposit.epoch, "contributor": deposit.contributor, "policy": deposit.policy}
        tx.execute(insert(epochs).values(**values, deposit=signed.to_bytes(), until_us=until_us))
        schedule_sweep(tx, deposit.policy, until_us)
    return True


def _published(tx: Connection, policy: PolicyId) -> Policy:
    signed = tx.execute(select(policies.c.signed).where(policies.c.policy == policy)).scalar()
    if signed is None:
        raise Refused("no_policy", "the epoch names a policy that was never published here")
    return Policy.parse(SignedPolicy.parse(signed).policy_bytes)


def certificate(tx: Connection, device: DeviceId) -> SignedDeviceCert:
    return SignedDeviceCert.parse(tx.execute(select(devices.c.cert).where(devices.c.device == device)).scalar_one())
