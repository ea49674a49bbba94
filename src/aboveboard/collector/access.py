"""Grants and releases: the collector's half of the vault. Its share goes to a grant's reader only, and only after the
release stands in the log under the witness quorum."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import pyrage
from sqlalchemy import Connection, insert, select

from aboveboard.collector.grant_end import require_not_revoked, subject
from aboveboard.collector.reading import check_holds
from aboveboard.collector.scope import Scope
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import epochs, grants, policies, releases
from aboveboard.core.access import Grant, ReleaseOpening, SignedGrant, new_opening
from aboveboard.core.errors import Refused, SignatureError, Unavailable
from aboveboard.core.ids import ContributorId, EpochId, GrantId, PolicyId
from aboveboard.core.records import parse_record
from aboveboard.core.signing import VerifyKey
from aboveboard.core.vault import SignedDeposit
from aboveboard.wire.api import (
    READER_CONTEXT,
    REQUEST_AGE_US_MAX,
    Access,
    CurrentPolicy,
    Release,
    ReleaseReply,
    from_base64,
    reader_request_message,
    to_base64,
)

INCLUSION_S_MAX = 20.0
_DATE = re.compile(r"[0-9]{1,20}")


def record_grant(service: Service, signed: SignedGrant) -> GrantId:
    """Keeps a grant that holds for every policy it names. Raises Refused."""
    with service.database.transaction(subject(signed.grant.grant_id)) as tx:
        check_holds(service, tx, signed)
        grant_id = signed.grant.grant_id
        if tx.execute(select(grants.c.grant_id).where(grants.c.grant_id == grant_id)).scalar() is None:
            tx.execute(insert(grants).values(grant_id=grant_id, signed=signed.to_bytes()))
    return grant_id


def grant_of(service: Service, grant_id: str) -> SignedGrant:
    """Raises Refused for one that is not known."""
    with service.database.reading() as tx:
        signed = tx.execute(select(grants.c.signed).where(grants.c.grant_id == grant_id)).scalar()
    if signed is None:
        raise Refused("grant", "the grant is not known here")
    return SignedGrant.parse(signed)


def check_reader(service: Service, grant: Grant, method: str, path: str, date: str, signature: str) -> None:
    """Raises Refused unless the request is signed by the grant's reader, now."""
    if not _DATE.fullmatch(date) or abs(int(date) - service.clock.now_us()) > REQUEST_AGE_US_MAX:
        raise Refused("reader", "the request is not dated now: is this computer's clock right?")
    try:
        message = reader_request_message(method, path, int(date))
        VerifyKey.decode(grant.reader_key).verify(READER_CONTEXT, message, from_base64(signature, "Aboveboard-Reader"))
    except SignatureError as error:
        raise Refused("reader", "the request is not signed by the grant's reader") from error


@dataclass(frozen=True, slots=True)
class _Epoch:
    epoch: EpochId
    contributor: ContributorId
    deposit: bytes


def _epochs_in_scope(tx: Connection, grant: Grant, now_us: int) -> list[_Epoch]:
    scope = Scope(tx, grant, now_us)
    rows = tx.execute(select(epochs).where(scope.epochs).order_by(epochs.c.epoch)).all()
    return [
        _Epoch(EpochId(row.epoch), ContributorId(row.contributor), row.deposit)
        for row in rows if scope.reaches(row.contributor, row.policy)
    ]  # fmt: skip


def release(service: Service, signed: SignedGrant) -> ReleaseReply:
    """Logs a release for every epoch in scope, waits for its inclusion, then gives the shares.

    Raises Refused, or Unavailable when the witness quorum does not answer in time: nothing is given then.
    """
    grant = signed.grant
    record_grant(service, signed)
    with service.database.transaction(subject(grant.grant_id)) as tx:
        require_not_revoked(tx, grant.grant_id)
        openings = [
            (each, *_logged(service, tx, grant, each)) for each in _epochs_in_scope(tx, grant, service.clock.now_us())
        ]
        bundles = tuple(_bundle(tx, policy_id) for policy_id in grant.policies)
    service.wake.set()
    _await_inclusion(service, max((index for _, _, index in openings), default=-1))
    # While the log was waited for a person may have withdrawn or deleted, or the grant may have been taken back.
    with service.database.reading() as tx:
        require_not_revoked(tx, grant.grant_id)
        still = {each.epoch for each in _epochs_in_scope(tx, grant, service.clock.now_us())}
    given = [
        Release(
            opening, service.log.proof(at).encode(), _share(service, grant, each), SignedDeposit.parse(each.deposit)
        )
        for each, opening, at in openings
        if each.epoch in still
    ]
    return ReleaseReply(tuple(given), bundles)


def _logged(service: Service, tx: Connection, grant: Grant, each: _Epoch) -> tuple[ReleaseOpening, int]:
    """The release of this epoch under this grant: the one already in the log, or a new one."""
    where = (releases.c.grant_id == grant.grant_id) & (releases.c.epoch == each.epoch)
    row = tx.execute(select(releases).where(where)).one_or_none()
    if row is not None:
        return parse_record(row.opening, "release", ReleaseOpening), row.leaf_index
    opening = new_opening(grant, each.contributor, each.epoch)
    [index] = service.log.append([opening.leaf().encode()])
    tx.execute(
        insert(releases).values(
            grant_id=grant.grant_id, epoch=each.epoch, contributor=each.contributor, opening=opening.to_bytes(),
            leaf_index=index, at_us=service.clock.now_us(),
        )
    )  # fmt: skip
    return opening, index


def _await_inclusion(service: Service, index: int) -> None:
    deadline = time.monotonic() + INCLUSION_S_MAX
    while (checkpoint := service.log.checkpoint) is None or checkpoint.size <= index:
        if time.monotonic() > deadline:
            raise Unavailable("the release is not in the log yet, because witnesses do not answer: try again later")
        time.sleep(0.05)


def _share(service: Service, grant: Grant, each: _Epoch) -> str:
    """The collector's share, taken out of its own seal and put into the reader's; plain only in memory."""
    deposit = SignedDeposit.parse(each.deposit).deposit
    try:
        share = pyrage.decrypt(from_base64(deposit.collector_share, "share"), [service.keys.vault])
        recipient = pyrage.x25519.Recipient.from_str(grant.reader_recipient)
    except (pyrage.DecryptError, pyrage.RecipientError) as error:
        raise Refused("share", "this share can't be opened here, or the reader's recipient is none") from error
    return to_base64(pyrage.encrypt(share, [recipient]))


def _bundle(tx: Connection, policy_id: PolicyId) -> CurrentPolicy:
    row = tx.execute(select(policies).where(policies.c.policy == policy_id)).one()
    if row.log_proof is None:
        raise Unavailable("the grant's policy is not in the log yet: ask again in a moment")
    return CurrentPolicy(to_base64(row.signed), row.log_proof.decode("utf-8"))


@dataclass(frozen=True, slots=True)
class Given:
    """A key of a person's that a reader was given. index: of the entry that says so."""

    index: int
    opening: ReleaseOpening
    grant: SignedGrant
    at_us: int

    def proven(self, service: Service) -> Access:
        """With the entry's proof."""
        return Access(self.opening, self.grant, self.at_us, service.log.proof(self.index).encode())


def given(service: Service, contributor: ContributorId) -> list[Given]:
    """Who was given this person's keys, as far as the log is cosigned, oldest first."""
    checkpoint = service.log.checkpoint
    query = (
        select(releases, grants.c.signed).join(grants, grants.c.grant_id == releases.c.grant_id)
        .where(releases.c.contributor == contributor, releases.c.leaf_index < (checkpoint.size if checkpoint else 0))
        .order_by(releases.c.leaf_index)
    )  # fmt: skip
    with service.database.reading() as tx:
        rows = tx.execute(query).all()
    signed = {row.grant_id: row.signed for row in rows}
    parsed = {name: SignedGrant.parse(data) for name, data in signed.items()}
    return [
        Given(row.leaf_index, parse_record(row.opening, "release", ReleaseOpening), parsed[row.grant_id], row.at_us)
        for row in rows
    ]


def accesses(service: Service, contributor: ContributorId) -> list[Access]:
    """The same, each with its proof."""
    return [each.proven(service) for each in given(service, contributor)]
