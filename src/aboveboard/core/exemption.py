"""An exemption: less than the policy, for everyone of a region or of a group of ten or more. Pure.

Specified in docs/spec/policy.md. It can only take away, so it needs no notice period and no fresh consent: a steward's
and a representative's signature, and its entry in the log under the witness quorum. Whether a laptop is of the group
it says itself; nobody keeps a list.
"""

from __future__ import annotations

import datetime
import re
from functools import cached_property

from aboveboard.core.charter import Charter
from aboveboard.core.checks import (
    check_apps,
    check_patterns,
    check_region,
    check_sites,
    check_text,
    each_once,
    parse_date,
    require,
)
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import BadInput, CheckFailed, Refused
from aboveboard.core.ids import sha256_hex
from aboveboard.core.leaves import ExemptionLeaf
from aboveboard.core.narrowing import Narrowing
from aboveboard.core.policy import Category
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.core.records import Record, parse_record
from aboveboard.core.signatures import SIGNATURES_MAX, Signature, check_threshold
from aboveboard.core.signing import SigningKey

CONTEXT = "exemption"
GROUP_LEAST = 10
DAYS_MAX = 366
_GROUP = re.compile(r"[a-z][a-z0-9\-]{2,31}")


class Exemption(Record, frozen=True, dict=True):
    """region or group: exactly one is said. people_least: how many the group has at least, as its signers vouch.

    apps, sites, titles (patterns), categories: what is not recorded there. starts, expires: days (UTC), both count.
    """

    title: str
    region: str
    group: str
    people_least: int
    apps: tuple[str, ...]
    sites: tuple[str, ...]
    titles: tuple[str, ...]
    categories: tuple[Category, ...]
    starts: str
    expires: str
    v: int = 1

    @classmethod
    def parse(cls, data: bytes) -> Exemption:
        """From canonical bytes. Raises BadInput."""
        exemption = parse_record(data, "exemption", cls)
        exemption.check()
        return exemption

    @cached_property
    def exemption_id(self) -> str:
        """SHA-256 of the canonical bytes, 64 hex digits."""
        return sha256_hex(self.to_bytes())

    def check(self) -> None:
        """Raises BadInput with the field as `where`."""
        require(self.v == 1, "v", "is not a version known here")
        check_text(self.title, "title")
        require(bool(self.region) != bool(self.group), "group", "say either a region or a group")
        if self.region:
            check_region(self.region, "region")
        require(not self.group or _GROUP.fullmatch(self.group) is not None, "group", "a label such as field-service")
        require(self.people_least >= GROUP_LEAST, "people_least", f"at least {GROUP_LEAST}: never for one person")
        check_apps(self.apps, "apps")
        check_sites(self.sites, "sites")
        check_patterns(self.titles, "titles")
        each_once(self.categories, "categories")
        require(
            bool(self.apps or self.sites or self.titles or self.categories), "apps", "it has to take something away"
        )
        starts, expires = parse_date(self.starts, "starts"), parse_date(self.expires, "expires")
        require(starts <= expires <= starts + datetime.timedelta(DAYS_MAX), "expires", f"within {DAYS_MAX} days")

    @property
    def narrowing(self) -> Narrowing:
        """All that an exemption can do."""
        return Narrowing(
            frozenset(self.apps), frozenset(self.sites), frozenset(self.titles), frozenset(self.categories)
        )

    def concerns(self, region: str, groups: frozenset[str]) -> bool:
        """Whether a laptop of this region and these groups is meant."""
        return self.group in groups if self.group else self.region in (region, region.partition("-")[0])


class SignedExemption(Record, frozen=True):
    """An exemption with its signatures so far."""

    exemption: Exemption
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> SignedExemption:
        """Raises BadInput. Checks no signature: check_exemption does."""
        signed = parse_record(data, "signed exemption", cls)
        if len(signed.signatures) > SIGNATURES_MAX:
            raise BadInput(f"at most {SIGNATURES_MAX} signatures", "signed exemption")
        signed.exemption.check()
        return signed


def sign_exemption(signed: SignedExemption | Exemption, key: SigningKey) -> SignedExemption:
    """Adds a signature."""
    known = signed if isinstance(signed, SignedExemption) else SignedExemption(signed)
    mine = Signature.make(key, CONTEXT, known.exemption.to_bytes())
    return SignedExemption(known.exemption, (*known.signatures, mine))


def check_exemption(signed: SignedExemption, charter: Charter) -> Exemption:
    """Raises Refused("exemption") unless a steward and a representative signed it."""
    data = signed.exemption.to_bytes()
    for keys, who in ((charter.steward_keys, "a steward"), (charter.representative_keys, "a representative")):
        check_threshold(keys, 1, signed.signatures, CONTEXT, data, who=who, reason="exemption")
    return signed.exemption


def in_force_exemption(
    signed: SignedExemption, proof: LogProof, charter: Charter, now_us: int, region: str, groups: frozenset[str]
) -> Narrowing | None:
    """What it takes away here and now; None when it is for others or for another time.

    charter: the one in force at its entry. Raises Refused when it is not signed or not shown to be in the log.
    """
    exemption = check_exemption(signed, charter)
    try:
        check_proof(ExemptionLeaf(exemption.exemption_id).encode(), proof, charter)
    except CheckFailed as error:
        raise Refused("exemption", f"the exemption is not shown to be in the log: {error}") from error
    today = datetime.datetime.fromtimestamp(now_us // US_PER_S, datetime.UTC).date()
    if not parse_date(exemption.starts, "starts") <= today <= parse_date(exemption.expires, "expires"):
        return None
    return exemption.narrowing if exemption.concerns(region, groups) else None
