"""On what terms: charters, policies and exemptions go into the log, and are kept with their first proofs.

The first proof of a policy is the one that is served ever after: its notice period runs from the witnesses' time in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table, select, update

from aboveboard.collector.charters import TERMS, Charters, check_new, pending, prove, step_of
from aboveboard.collector.sequencer import Sequencer
from aboveboard.collector.service import Service
from aboveboard.collector.storage.sql import insert
from aboveboard.collector.storage.tables import charters, exemptions, policies
from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import SignedCharter
from aboveboard.core.errors import CheckFailed, Refused, Unavailable
from aboveboard.core.exemption import SignedExemption, check_exemption
from aboveboard.core.ids import PolicyId
from aboveboard.core.leaves import CharterLeaf, ExemptionLeaf, PolicyLeaf
from aboveboard.core.policy import Policy, SignedPolicy, verify_signatures
from aboveboard.core.proof import check_proof
from aboveboard.wire.api import CurrentPolicy, PublishedExemption, to_base64

NEWEST_MAX = 8
EXEMPTIONS_MAX = 200
ENTRIES_AT_ONCE = 1 << 14


def _in_force_for_new_entries(tx: Connection, service: Service) -> Charter:
    """Entries made now count under the charter in force. Raises Refused while another is on its way."""
    if pending(tx) is not None:
        raise Refused("charter", "a new charter is on its way into the log: try again when it is in force")
    return service.charters.current


def _placed(log: Sequencer, entry: bytes) -> int:
    """Where the entry stands in the log. It may stand there already: a crash between the log and our own record of it
    must not lead to a second one, since notice, and what counts under which charter, go by the first. Terms come a
    few times a year, so the whole log may be looked through."""
    for start in range(0, log.size, ENTRIES_AT_ONCE):
        found = log.entries(start, start + ENTRIES_AT_ONCE)
        if entry in found:
            return start + found.index(entry)
    return log.append([entry])[0]


def publish_charter(service: Service, signed: SignedCharter) -> str:
    """Puts a charter, signed by the old one's people, into the log; it takes over once the old quorum has cosigned."""
    with service.database.transaction(TERMS) as tx:
        new = check_new(tx, service.charters, signed)
        if new is not None:
            index = _placed(service.log, CharterLeaf(new.charter_id).encode())
            row = {"charter": new.charter_id, "signed": signed.to_bytes(), "leaf_index": index}
            tx.execute(insert(charters).values(**row))
    service.wake.set()
    return Charter.parse(signed.charter_bytes).charter_id


def publish_policy(service: Service, signed: SignedPolicy) -> PolicyId:
    """Puts a policy with all its signatures into the log. The same again changes nothing, but needs them too."""
    with service.database.transaction(TERMS) as tx:
        known = tx.execute(select(policies.c.leaf_index).where(policies.c.policy == signed.policy_id)).scalar()
        if known is not None:
            verify_signatures(signed, service.charters.at(known))
        else:
            policy = verify_signatures(signed, _in_force_for_new_entries(tx, service))
            index = _placed(service.log, PolicyLeaf(policy.policy_id).encode())
            row = {"policy": policy.policy_id, "signed": signed.to_bytes(), "leaf_index": index}
            tx.execute(insert(policies).values(**row))
    service.wake.set()
    return signed.policy_id


def publish_exemption(service: Service, signed: SignedExemption) -> str:
    """Puts an exemption into the log. The same again changes nothing, but needs its signatures too."""
    name = signed.exemption.exemption_id
    with service.database.transaction(TERMS) as tx:
        known = tx.execute(select(exemptions.c.leaf_index).where(exemptions.c.exemption == name)).scalar()
        if known is not None:
            check_exemption(signed, service.charters.at(known))
        else:
            check_exemption(signed, _in_force_for_new_entries(tx, service))
            index = _placed(service.log, ExemptionLeaf(name).encode())
            tx.execute(insert(exemptions).values(exemption=name, signed=signed.to_bytes(), leaf_index=index))
    service.wake.set()
    return name


def settle(service: Service) -> bool:
    """After a checkpoint: keeps first proofs. True when a new charter took over, so that its quorum has to cosign."""
    checkpoint = service.log.checkpoint
    if checkpoint is None or not _unproven(service):
        return False
    with service.database.transaction(TERMS) as tx:
        _first_proof_of_the_first_charter(service, tx)
        _first_proofs(service, tx, policies, lambda row: PolicyLeaf(row.policy).encode())
        _first_proofs(service, tx, exemptions, lambda row: ExemptionLeaf(row.exemption).encode())
        row = pending(tx)
        if row is None or row.leaf_index >= checkpoint.size:
            return False
        proof = service.log.proof(row.leaf_index).encode()
        step = step_of(row, proof, service.charters)
        prove(tx, row.number, proof)
    service.charters.add(step)
    service.log.adopt(step.charter)
    return True


def _unproven(service: Service) -> bool:
    """Mostly nothing waits, and looking must not hold up writers."""
    with service.database.reading() as tx:
        waiting = (
            select(table.c.number).where(table.c.log_proof.is_(None)) for table in (charters, policies, exemptions)
        )
        return any(tx.execute(query.limit(1)).first() is not None for query in waiting)


def _first_proof_of_the_first_charter(service: Service, tx: Connection) -> None:
    row = tx.execute(select(charters).order_by(charters.c.number).limit(1)).one()
    if row.log_proof is None:
        prove(tx, row.number, service.log.proof(0).encode())


def _first_proofs(service: Service, tx: Connection, table: Table, entry: Callable[[Any], bytes]) -> None:
    for row in tx.execute(select(table).where(table.c.log_proof.is_(None))).all():
        try:
            proof = service.log.proof(row.leaf_index)
            check_proof(entry(row), proof, service.charters.at(row.leaf_index))
        except (Unavailable, CheckFailed):
            continue  # not cosigned yet, or not yet by the quorum of a charter that has just taken over
        tx.execute(update(table).where(table.c.number == row.number).values(log_proof=proof.encode().encode("utf-8")))


def policies_published(tx: Connection, count_max: int) -> list[CurrentPolicy]:
    """Those with a proof, newest first."""
    query = select(policies).where(policies.c.log_proof.is_not(None)).order_by(policies.c.number.desc())
    rows = tx.execute(query.limit(count_max)).all()
    return [CurrentPolicy(to_base64(row.signed), row.log_proof.decode("utf-8")) for row in rows]


def exemptions_published(tx: Connection) -> list[PublishedExemption]:
    """Those with a proof, newest first."""
    query = select(exemptions).where(exemptions.c.log_proof.is_not(None)).order_by(exemptions.c.number.desc())
    rows = tx.execute(query.limit(EXEMPTIONS_MAX)).all()
    return [PublishedExemption(SignedExemption.parse(row.signed), row.log_proof.decode("utf-8")) for row in rows]


def newest_policies(tx: Connection, known: Charters) -> list[Policy]:
    """Those in the log, newest first, each under the charter of its entry."""
    query = select(policies).order_by(policies.c.number.desc()).limit(NEWEST_MAX)
    rows = tx.execute(query).all()
    return [verify_signatures(SignedPolicy.parse(row.signed), known.at(row.leaf_index)) for row in rows]


def policy_of(tx: Connection, known: Charters, policy_id: PolicyId) -> Policy | None:
    """A published policy, under the charter of its entry; None when there is none of that name."""
    row = tx.execute(select(policies).where(policies.c.policy == policy_id)).one_or_none()
    return None if row is None else verify_signatures(SignedPolicy.parse(row.signed), known.at(row.leaf_index))
