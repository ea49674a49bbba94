"""What the public pages show, read from the collector's tables: policies with what changed, witnesses, aggregates."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from aboveboard.collector.figures import people_taking_part
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import grants, invitations, policies
from aboveboard.core.access import SignedGrant
from aboveboard.core.charter import Charter
from aboveboard.core.checkpoint import cosignatures
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import CONTEXT, DAY_S, Policy, SignedPolicy
from aboveboard.core.policy_diff import Difference, compare
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.core.signatures import check_threshold

POLICIES_MAX = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """How a policy stands by the witnesses' time. until_s: the end of its notice, for "notice"."""

    kind: Literal["waits", "notice", "starts", "over", "in_force"]
    until_s: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """A policy of the log. charter: the one its entry counts under; signed_by: whose signatures hold; changes: beside
    the one before it, None for the first; cosigned_s: when the witness quorum had signed its entry, which starts its
    notice; None before."""

    policy: Policy
    charter: Charter
    index: int
    signed_by: tuple[str, ...]
    changes: list[Difference] | None
    cosigned_s: int | None
    standing: Standing

    @property
    def notice_days(self) -> int:
        return _notice_days(self.policy, self.charter)


def _notice_days(policy: Policy, charter: Charter) -> int:
    return max(policy.notice_days, charter.notice_days_min)


def _standing(policy: Policy, charter: Charter, cosigned_s: int | None, seen_s: int) -> Standing:
    """As policy.in_force decides, without a laptop's region and clock. seen_s: of the newest checkpoint."""
    if cosigned_s is None:
        return Standing("waits")
    until_s = cosigned_s + DAY_S * _notice_days(policy, charter)
    today = datetime.datetime.fromtimestamp(seen_s, datetime.UTC).date().isoformat()
    if seen_s < until_s:
        return Standing("notice", until_s)
    if today < policy.starts:
        return Standing("starts")
    return Standing("over" if today > policy.expires else "in_force")


def signers(signed: SignedPolicy, charter: Charter) -> tuple[str, ...]:
    """Names of the charter's keys whose signature over the policy holds."""
    keys = (charter.employer_key, *charter.representative_keys)
    return check_threshold(keys, 0, signed.signatures, CONTEXT, signed.policy_bytes, who="anyone", reason="no_policy")


def published_policies(service: Service) -> list[Published]:
    """Newest first."""
    note = service.log.note
    seen_s = 0 if note is None else service.charter.check_checkpoint(note)[1]
    with service.database.reading() as tx:
        query = select(policies).order_by(policies.c.number.desc()).limit(POLICIES_MAX)
        rows = list(reversed(tx.execute(query).all()))
    found: list[Published] = []
    for row in rows:
        signed, charter = SignedPolicy.parse(row.signed), service.charters.at(row.leaf_index)
        policy = Policy.parse(signed.policy_bytes)
        cosigned_s = None if row.log_proof is None else _first_cosigned_s(policy, charter, row.log_proof)
        found.append(
            Published(
                policy, charter, row.leaf_index, signers(signed, charter),
                compare(found[-1].policy, policy) if found else None, cosigned_s,
                _standing(policy, charter, cosigned_s, max(seen_s, cosigned_s or 0)),
            )
        )  # fmt: skip
    return found[::-1]


def _first_cosigned_s(policy: Policy, charter: Charter, log_proof: bytes) -> int:
    proof = LogProof.parse(log_proof.decode("utf-8"))
    return check_proof(PolicyLeaf(policy.policy_id).encode(), proof, charter)[1]


@dataclass(frozen=True, slots=True)
class WitnessState:
    """time_s: when it cosigned the checkpoint that is served; None when it has not."""

    name: str
    run_by: str
    time_s: int | None


def witness_states(service: Service) -> list[WitnessState]:
    """Every witness of the charter."""
    charter, note = service.charter, service.log.note
    times = {} if note is None else cosignatures(note, charter.witness_keys)
    pairs = zip(charter.witness_keys, charter.witnesses.keys, strict=True)
    return [WitnessState(key.name, entry.run_by, times.get(key.name)) for key, entry in pairs]


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A grant without its reader or its people: what everybody may know."""

    purpose: str
    until_us: int
    over: bool


@dataclass(frozen=True, slots=True)
class Health:
    """contributors: that many or up to nine more, see figures.py; None below PEOPLE_MIN."""

    contributors: int | None
    invitations_open: bool
    grants: list[GrantLine]


def health(service: Service) -> Health:
    """Of the programme as a whole; nothing in it is of fewer than ten people."""
    now_us = service.clock.now_us()
    with service.database.reading() as tx:
        waiting = tx.execute(
            select(func.count()).where(invitations.c.used.is_(False), invitations.c.expires_us > now_us)
        ).scalar_one()
        signed = [SignedGrant.parse(row) for row in tx.execute(select(grants.c.signed).limit(200)).scalars()]
    lines = [GrantLine(g.grant.purpose, g.grant.expires_us, g.grant.expires_us < now_us) for g in signed]
    return Health(people_taking_part(service), waiting > 0, sorted(lines, key=lambda g: g.until_us, reverse=True))
