"""The policy: what is recorded, why, where, how long, and who signed that. Specified in docs/spec/policy.md. Pure.

The grammar has no rank, no single person and no purpose of appraisal: there is no field to say them in, and purposes
come from a closed list. A policy acts only with the employer's and the representatives' signatures over its exact
bytes, once its entry in the log is cosigned by the witness quorum and the notice period after that has run.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import re
from functools import cached_property
from typing import Literal, TypeAlias, get_args

import msgspec

from aboveboard.core.canonical import canonical, parse_canonical
from aboveboard.core.charter import Charter
from aboveboard.core.checks import (
    check_apps,
    check_patterns,
    check_regions,
    check_sites,
    check_text,
    each_once,
    parse_date,
    require,
)
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import BadInput, CheckFailed, Refused
from aboveboard.core.ids import PolicyId, sha256_hex
from aboveboard.core.leaves import PolicyLeaf, Purpose
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.core.signatures import SIGNATURES_MAX, Signature, check_threshold
from aboveboard.core.signing import SigningKey

CONTEXT = "policy"
POLICY_BYTES_MAX = 256 << 10
DAY_S = 86_400

Category: TypeAlias = Literal["pointer", "keys", "text", "windows", "elements", "frames"]
# Each level shows more than the one before it: nothing, pictures at an action, pictures in between as well.
FrameLevel: TypeAlias = Literal["none", "on_action", "keyframes"]
FRAME_LEVELS: tuple[FrameLevel, ...] = get_args(FrameLevel)
OptOutReason: TypeAlias = Literal["bandwidth", "sensitive_work", "power"]

_HASH = re.compile(r"[0-9a-f]{64}")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base: a field no one has seen is refused."""


class CategoryTerms(_Part, frozen=True):
    """For one category of data: for which purposes, why it is needed, how many days it is kept, who may receive it."""

    purposes: tuple[Purpose, ...]
    necessity: str
    retention_days: int
    recipients: tuple[str, ...]


class Consultation(_Part, frozen=True):
    """With whom the policy was discussed, when (YYYY-MM-DD), and what came of it."""

    bodies: tuple[str, ...]
    date: str
    outcome: str


class Policy(_Part, frozen=True, dict=True):
    """Every field has to be said; none has a silent default. Dates are YYYY-MM-DD, in UTC; both ends count."""

    title: str
    version: int
    controller: str
    contact: str
    legal_basis: str
    purposes: tuple[Purpose, ...]
    categories: dict[Category, CategoryTerms]
    frames: FrameLevel
    apps: tuple[str, ...]
    browsers: tuple[str, ...]
    sites: tuple[str, ...]
    never_record: tuple[str, ...]
    regions: tuple[str, ...]
    enrolment: Literal["invitation", "default"]
    opt_out_reasons: tuple[OptOutReason, ...]
    data_mb_per_day: int
    battery_percent_min: int
    review_hold_minutes: int
    notice_days: int
    compensation: str
    dpia_sha256: str
    consultation: Consultation
    starts: str
    expires: str
    v: int = 1

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """From canonical bytes. Raises BadInput."""
        try:
            policy = msgspec.convert(parse_canonical(data, "policy", POLICY_BYTES_MAX), cls)
        except msgspec.ValidationError as error:
            raise BadInput(str(error), "policy") from error
        policy.check()
        return policy

    def to_bytes(self) -> bytes:
        return canonical(msgspec.to_builtins(self))

    @cached_property
    def policy_id(self) -> PolicyId:
        return PolicyId(sha256_hex(self.to_bytes()))

    def check(self) -> None:
        """Raises BadInput with the field as `where` for what the types alone can't refuse."""
        for name in ("title", "controller", "contact", "legal_basis", "compensation"):
            check_text(getattr(self, name), name)
        require(self.v == 1, "v", "is not a version known here")
        require(1 <= self.version <= 1_000_000, "version", "counts from 1")
        check_apps(self.apps, "apps")
        check_apps(self.browsers, "browsers")
        require(set(self.browsers) <= set(self.apps), "browsers", "have to be among the apps")
        check_sites(self.sites, "sites")
        check_regions(self.regions, "regions")
        require(bool(self.regions), "regions", "at least one has to be eligible")
        check_patterns(self.never_record, "never_record")
        each_once(self.purposes, "purposes")
        require(bool(self.purposes), "purposes", "at least one has to be said")
        each_once(self.opt_out_reasons, "opt_out_reasons")
        self._check_categories()
        require(1 <= self.data_mb_per_day <= 100_000, "data_mb_per_day", "1 to 100000")
        require(0 <= self.battery_percent_min <= 100, "battery_percent_min", "0 to 100")
        require(0 <= self.review_hold_minutes <= 60 * 24 * 30, "review_hold_minutes", "0 to 43200")
        require(0 <= self.notice_days <= 365, "notice_days", "0 to 365")
        require(_HASH.fullmatch(self.dpia_sha256) is not None, "dpia_sha256", "64 lower-case hex digits")
        starts, expires = parse_date(self.starts, "starts"), parse_date(self.expires, "expires")
        each_once(self.consultation.bodies, "consultation.bodies")
        parse_date(self.consultation.date, "consultation.date")
        require(bool(self.consultation.bodies), "consultation.bodies", "at least one has to be said")
        check_text(self.consultation.outcome, "consultation.outcome")
        require(starts <= expires, "expires", "is before the start")

    def _check_categories(self) -> None:
        require(bool(self.categories), "categories", "at least one has to be said")
        for name, terms in self.categories.items():
            where = f"categories.{name}"
            each_once(terms.purposes, f"{where}.purposes")
            require(bool(terms.purposes) and set(terms.purposes) <= set(self.purposes), f"{where}.purposes",
                    "have to be among the policy's purposes")  # fmt: skip
            check_text(terms.necessity, f"{where}.necessity")
            require(1 <= terms.retention_days <= 3650, f"{where}.retention_days", "1 to 3650")
            each_once(terms.recipients, f"{where}.recipients")
        require(("frames" in self.categories) == (self.frames != "none"), "frames",
                "on_action or keyframes exactly when the category `frames` has its terms")  # fmt: skip

    def allows_site(self, site: str) -> bool:
        """Whether the origin is listed. `http://host:*` covers every port of exactly that host."""
        if site in self.sites:
            return True
        scheme_host, colon, port = site.rpartition(":")
        return bool(colon) and port.isdigit() and f"{scheme_host}:*" in self.sites

    def allows_region(self, region: str) -> bool:
        """Whether the region is eligible. A country covers its subdivisions: DE covers DE-BE."""
        return region in self.regions or region.partition("-")[0] in self.regions


class SignedPolicy(_Part, frozen=True):
    """policy: base64 of the exact bytes that are signed."""

    policy: str
    signatures: tuple[Signature, ...] = ()

    @property
    def policy_bytes(self) -> bytes:
        try:
            return base64.b64decode(self.policy, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadInput("is not base64", "policy") from error

    @property
    def policy_id(self) -> PolicyId:
        return PolicyId(sha256_hex(self.policy_bytes))

    @classmethod
    def of(cls, policy_bytes: bytes, signatures: tuple[Signature, ...] = ()) -> SignedPolicy:
        return cls(base64.b64encode(policy_bytes).decode("ascii"), signatures)

    def to_bytes(self) -> bytes:
        return canonical(msgspec.to_builtins(self))

    @classmethod
    def parse(cls, data: bytes) -> SignedPolicy:
        """Raises BadInput. Checks no signature: verify_signatures does."""
        try:
            signed = msgspec.convert(parse_canonical(data, "signed policy", POLICY_BYTES_MAX * 2), cls)
        except msgspec.ValidationError as error:
            raise BadInput(str(error), "signed policy") from error
        if len(signed.signatures) > SIGNATURES_MAX:
            raise BadInput(f"at most {SIGNATURES_MAX} signatures", "signed policy")
        return signed


def sign_policy(policy_bytes: bytes, key: SigningKey) -> Signature:
    """A signature over the exact bytes, of a policy that can be read."""
    Policy.parse(policy_bytes)
    return Signature.make(key, CONTEXT, policy_bytes)


def verify_signatures(signed: SignedPolicy, charter: Charter) -> Policy:
    """The policy, signed by the employer and by enough different representatives. Raises Refused("no_policy")."""
    data = signed.policy_bytes
    try:
        policy = Policy.parse(data)
    except BadInput as error:
        raise Refused("no_policy", f"the policy can't be read: {error}") from error
    check_threshold([charter.employer_key], 1, signed.signatures, CONTEXT, data, who="the employer", reason="no_policy")
    check_threshold(
        charter.representative_keys, charter.representatives.threshold, signed.signatures, CONTEXT, data,
        who="the representatives", reason="no_policy",
    )  # fmt: skip
    missing = [pattern for pattern in charter.never_record if pattern not in policy.never_record]
    if missing:
        raise Refused("no_policy", f"the policy leaves out {len(missing)} of the charter's never-record patterns")
    return policy


def in_force(
    signed: SignedPolicy, proof: LogProof, charter: Charter, now_us: int, region: str, witnessed_s: int | None = None
) -> Policy:
    """The policy, if it may act now and here.

    The notice period is the longer of the policy's and the charter's. It runs from the second by which the witness
    quorum had cosigned a checkpoint that includes the policy, and it has run when the quorum has signed a checkpoint
    after its end (witnessed_s: Charter.time_passed_s of the newest checkpoint that is known). No clock of the
    employer's counts: not the server's, and not the laptop's (now_us), which can make a policy end earlier but not
    begin earlier.

    charter: the one in force at the policy's entry. Raises Refused with reason "no_policy", "no_quorum" or "region".
    """
    policy = verify_signatures(signed, charter)
    try:
        _, cosigned_s = check_proof(PolicyLeaf(policy.policy_id).encode(), proof, charter)
    except CheckFailed as error:
        raise Refused("no_quorum", f"the policy is not shown to be in the log: {error}") from error
    now_s, seen_s = now_us // US_PER_S, max(cosigned_s, witnessed_s or 0)
    if now_s < seen_s - CLOCK_SLACK_S:
        raise Refused("no_policy", "this computer's clock is behind the witnesses' time of signing: set it right")
    until_s = cosigned_s + DAY_S * max(policy.notice_days, charter.notice_days_min)
    if min(now_s + (CLOCK_SLACK_S if until_s == cosigned_s else 0), seen_s) < until_s:
        raise Refused("no_policy", f"the policy's notice period runs until {_moment(until_s)}, by the witnesses' time")
    if min(_day(now_s), _day(seen_s)) < parse_date(policy.starts, "starts"):
        raise Refused("no_policy", f"the policy starts on {policy.starts}, by the witnesses' time")
    if max(_day(now_s), _day(seen_s)) > parse_date(policy.expires, "expires"):
        raise Refused("no_policy", f"the policy expired on {policy.expires}: a new one has to be signed")
    if not policy.allows_region(region):
        raise Refused("region", f"the policy is for {', '.join(policy.regions)}, and this laptop is in {region}")
    return policy


def _day(time_s: int) -> datetime.date:
    return datetime.datetime.fromtimestamp(time_s, datetime.UTC).date()


CLOCK_SLACK_S = 120  # laptops and witnesses differ by seconds; a notice period is days


def _moment(time_s: int) -> str:
    return datetime.datetime.fromtimestamp(time_s, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
