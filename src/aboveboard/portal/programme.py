"""What the public pages show, read from the collector's tables: policies with what changed, witnesses, aggregates."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import consents, grants, invitations, policies
from aboveboard.core.access import SignedGrant
from aboveboard.core.charter import Charter
from aboveboard.core.checkpoint import cosignatures
from aboveboard.core.clock import US_PER_S
from aboveboard.core.policy import CONTEXT, Policy, SignedPolicy
from aboveboard.core.policy_words import compare
from aboveboard.core.signatures import check_threshold
from aboveboard.portal.render import day

PEOPLE_MIN = 10  # no figure over fewer people is shown, anywhere
POLICIES_MAX = 100


@dataclass(frozen=True, slots=True)
class Published:
    """A policy of the log. changes: beside the one before it; None for the first. signed_by: whose signatures hold."""

    policy: Policy
    index: int
    signed_by: tuple[str, ...]
    changes: list[tuple[str, str]] | None
    cosigned: bool

    def standing(self, today: str) -> str:
        """By its dates alone: whether the notice has run, each laptop decides from the witnesses' times."""
        if not self.cosigned:
            return "waits for the witnesses"
        if today < self.policy.starts:
            return f"starts on {self.policy.starts}"
        return "has run out" if today > self.policy.expires else f"runs until {self.policy.expires}"


def signers(signed: SignedPolicy, charter: Charter) -> tuple[str, ...]:
    """Names of the charter's keys whose signature over the policy holds."""
    keys = (charter.employer_key, *charter.representative_keys)
    return check_threshold(keys, 0, signed.signatures, CONTEXT, signed.policy_bytes, who="anyone", reason="no_policy")


def published_policies(service: Service) -> list[Published]:
    """Newest first."""
    checkpoint = service.log.checkpoint
    size = checkpoint.size if checkpoint else 0
    with service.database.transaction() as tx:
        query = select(policies).order_by(policies.c.number.desc()).limit(POLICIES_MAX)
        rows = list(reversed(tx.execute(query).all()))
    found: list[Published] = []
    for row in rows:
        signed = SignedPolicy.parse(row.signed)
        policy = Policy.parse(signed.policy_bytes)
        changes = compare(found[-1].policy, policy) if found else None
        by = signers(signed, service.charter)
        found.append(Published(policy, row.leaf_index, by, changes, row.leaf_index < size))
    return found[::-1]


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
    until: str
    over: bool


@dataclass(frozen=True, slots=True)
class Health:
    """contributors: None below PEOPLE_MIN."""

    contributors: int | None
    invitations_open: bool
    grants: list[GrantLine]


def health(service: Service) -> Health:
    """Of the programme as a whole; nothing in it is of fewer than ten people."""
    now_us = service.clock.now_us()
    with service.database.transaction() as tx:
        people = _consenting(tx)
        waiting = tx.execute(
            select(func.count()).where(invitations.c.used.is_(False), invitations.c.expires_us > now_us)
        ).scalar_one()
        signed = [SignedGrant.parse(row) for row in tx.execute(select(grants.c.signed).limit(200)).scalars()]
    lines = [GrantLine(g.grant.purpose, day(g.grant.expires_us), g.grant.expires_us < now_us) for g in signed]
    return Health(
        people if people >= PEOPLE_MIN else None, waiting > 0, sorted(lines, key=lambda g: g.until, reverse=True)
    )


def _consenting(tx: Connection) -> int:
    """How many people's last word is yes."""
    last = select(func.max(consents.c.number)).group_by(consents.c.contributor)
    return tx.execute(
        select(func.count()).where(consents.c.number.in_(last), consents.c.kind == "given")
    ).scalar_one()  # fmt: skip


def today(service: Service) -> str:
    return day(service.clock.now_us())


def now_s(service: Service) -> int:
    return service.clock.now_us() // US_PER_S
