"""What the public pages show, read from the collector's tables: policies with what changed, witnesses, aggregates."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import lru_cache
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
GRANTS_MAX = 2000
GRANTS_SHOWN = 50  # those that run longest


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


# What bytes say does not change, and a signature that held holds: these are worked out once for each text, not once for
# each page. What changes, such as the witnesses' time, is no part of it.


@lru_cache(maxsize=POLICIES_MAX * 2)
def _read(data: bytes, log_proof: bytes | None, charter: Charter) -> tuple[Policy, tuple[str, ...], int | None]:
    """The policy, whose signatures hold, and when the witness quorum had signed its entry."""
    signed = SignedPolicy.parse(data)
    policy = Policy.parse(signed.policy_bytes)
    return policy, signers(signed, charter), _first_cosigned_s(policy, charter, log_proof)


@lru_cache(maxsize=POLICIES_MAX * 2)
def _compared(old: bytes, new: bytes) -> tuple[Difference, ...]:
    return tuple(compare(*(Policy.parse(SignedPolicy.parse(each).policy_bytes) for each in (old, new))))


@lru_cache(maxsize=8)
def _cosigned(note: str, charter: Charter) -> tuple[int, dict[str, int]]:
    """By a checkpoint's note: the quorum's time, and each witness's."""
    return charter.check_checkpoint(note)[1], cosignatures(note, charter.witness_keys)


def published_policies(service: Service) -> list[Published]:
    """Newest first."""
    note = service.log.note
    seen_s = 0 if note is None else _cosigned(note, service.charter)[0]
    with service.database.reading() as tx:
        query = select(policies).order_by(policies.c.number.desc()).limit(POLICIES_MAX)
        rows = list(reversed(tx.execute(query).all()))
    found: list[Published] = []
    for at, row in enumerate(rows):
        charter = service.charters.at(row.leaf_index)
        policy, signed_by, cosigned_s = _read(row.signed, row.log_proof, charter)
        found.append(
            Published(
                policy, charter, row.leaf_index, signed_by,
                list(_compared(rows[at - 1].signed, row.signed)) if at else None, cosigned_s,
                _standing(policy, charter, cosigned_s, max(seen_s, cosigned_s or 0)),
            )
        )  # fmt: skip
    return found[::-1]


def _first_cosigned_s(policy: Policy, charter: Charter, log_proof: bytes | None) -> int | None:
    if log_proof is None:
        return None
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
    times = {} if note is None else _cosigned(note, charter)[1]
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
        found = [_purpose(row) for row in tx.execute(select(grants.c.signed).limit(GRANTS_MAX)).scalars()]
    newest = sorted(found, key=lambda each: each[1], reverse=True)[:GRANTS_SHOWN]
    lines = [GrantLine(purpose, until_us, until_us < now_us) for purpose, until_us in newest]
    return Health(people_taking_part(service), waiting > 0, lines)


@lru_cache(maxsize=GRANTS_MAX)
def _purpose(data: bytes) -> tuple[str, int]:
    """Of a grant, and until when it runs."""
    grant = SignedGrant.parse(data).grant
    return grant.purpose, grant.expires_us
