"""The researcher's machine: gets both shares of each key, each after its own checks, and opens segments in memory.

Nothing of a key or a plain recording is written to disk here. What the collector says is not believed: log proofs,
policies, certificates, digests and chains are checked against the charter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyrage

from aboveboard.core.access import Grant, SignedGrant, check_release
from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import charter_at, history
from aboveboard.core.clock import Clock
from aboveboard.core.consent import check_consent, withdrawn
from aboveboard.core.errors import BadInput, ChainError, CheckFailed, Corrupt, Refused
from aboveboard.core.ids import EpochId, PolicyId
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import Policy, verify_signatures
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import check_deposit, check_device_cert
from aboveboard.datasets.checks import check_events
from aboveboard.datasets.keys import gather, good, joined, opened_share
from aboveboard.wire.api import (
    CharterChain,
    CurrentPolicy,
    GrantedSegment,
    GrantedSegments,
    GuardianReleaseRequest,
    Release,
    ReleaseReply,
    parse,
    reader_headers,
)
from aboveboard.wire.client import Answer, Client
from aboveboard.wire.durable import make_folders, read_bounded, write_durable
from aboveboard.wire.segment import FILE_BYTES_MAX, Manifest, SegmentBody, unseal
from aboveboard.wire.segment import parse as parse_segment

REPLY_BYTES_MAX = 64 << 20
KEY_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True, repr=False)
class ReaderKeys:
    """key: signs requests; identity: shares are sealed to it."""

    key: SigningKey
    identity: pyrage.x25519.Identity


def make_keys(home: Path, name: str) -> ReaderKeys:
    """New keys, mode 0600. Raises BadInput when there are some."""
    if (home / "reader.key").exists():
        raise BadInput("holds a reader's keys already", str(home))
    make_folders(home, 0o700)
    keys = ReaderKeys(SigningKey.generate(name), pyrage.x25519.Identity.generate())
    write_durable(home / "reader.key", keys.key.encode().encode() + b"\n", 0o600)
    write_durable(home / "reader.age", str(keys.identity).encode() + b"\n", 0o600)
    return keys


def read_keys(home: Path) -> ReaderKeys:
    """Raises BadInput when there are none."""
    key, identity = (read_bounded(home / name, KEY_BYTES_MAX) for name in ("reader.key", "reader.age"))
    if key is None or identity is None:
        raise BadInput("holds no reader's keys: make them with `aboveboard dataset reader-init`", str(home))
    return ReaderKeys(
        SigningKey.decode(key.decode()), pyrage.x25519.Identity.from_str(identity.decode().strip())
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """A segment that was opened, with what names it."""

    granted: GrantedSegment
    body: SegmentBody


@dataclass(frozen=True, slots=True)
class Bad:
    """A segment that could not be used, and why."""

    segment: str
    why: str


def _check_place(manifest: Manifest, before: Manifest | None) -> None:
    """before: the last good segment of that device. What was deleted in between is no fault. Raises ChainError."""
    if before is None or before.seq + 1 < manifest.seq:
        return
    if before.seq == manifest.seq:
        raise ChainError(f"the device has a segment number {manifest.seq} already: it was given twice, or is another")
    if manifest.prev != before.segment_id:
        raise ChainError("it does not follow the segment before it")


class Reader:
    """One grant's reading. Not for several threads at once."""

    def __init__(
        self, keys: ReaderKeys, charter: Charter, grant: SignedGrant, collector: str, guardians: Sequence[str],
        clock: Clock,
    ) -> None:  # fmt: skip
        """guardians: their addresses; none: those that the charters name."""
        self._keys, self._charter, self._grant, self._clock = keys, charter, grant, clock
        self._collector, self._guardians = Client(collector, 120.0), [Client(url) for url in guardians]
        self._secrets: dict[EpochId, str] = {}
        self.policies: dict[PolicyId, Policy] = {}
        self.bundles: dict[PolicyId, CurrentPolicy] = {}  # each policy as signed, with the proof of its log entry

    @property
    def key(self) -> SigningKey:
        return self._keys.key

    @property
    def grant(self) -> Grant:
        return self._grant.grant

    def close(self) -> None:
        for each in (self._collector, *self._guardians):
            each.close()

    def ask(self, method: str, path: str, body: bytes | None = None, size_max: int = REPLY_BYTES_MAX) -> Answer:
        """A request to the collector, signed by the reader. Raises Refused, in the server's words, or Unavailable."""
        headers = reader_headers(self._keys.key, method, path, self._clock.now_us())
        return good(self._collector.request(method, path, size_max=size_max, body=body, headers=headers))

    def plain(self, path: str) -> Answer:
        """A public request."""
        return good(self._collector.request("GET", path, size_max=REPLY_BYTES_MAX))

    def unlock(self) -> int:
        """Has every key in scope released by both sides, and joins them; how many. Raises Refused, CheckFailed, and
        Unavailable when too few guardians answer."""
        self.ask("POST", "/v1/grants", self._grant.to_bytes())
        answer = self.ask("POST", f"/v1/grants/{self._grant.grant.grant_id}/release", b"")
        reply = parse(answer.body, "release", ReleaseReply, REPLY_BYTES_MAX)
        steps = history(self._charter, parse(self.plain("/v1/charters").body, "charters", CharterChain).charters)
        for bundle in reply.policies:
            signed, proof = bundle.open()
            charter = charter_at(steps, proof.index)
            policy = verify_signatures(signed, charter)
            check_proof(PolicyLeaf(policy.policy_id).encode(), proof, charter)
            self.policies[policy.policy_id] = policy
            self.bundles[policy.policy_id] = bundle
        if not self._guardians:
            urls = dict.fromkeys(each.url for step in reversed(steps) for each in step.charter.guardians)
            self._guardians = [Client(url) for url in urls]
        for release in reply.releases:
            self._join(release, steps[-1].charter)
        return len(self._secrets)

    def _join(self, release: Release, charter: Charter) -> None:
        deposit = check_deposit(release.deposit)
        policy = self.policies.get(deposit.policy)
        if policy is None:
            raise CheckFailed("the collector gave a key of a policy that it did not show")
        proof = LogProof.parse(release.log_proof)
        check_release(release.opening, self._grant, policy, proof, deposit, charter, self._clock.now_us())
        bundle = self.bundles[deposit.policy]
        request = GuardianReleaseRequest(
            self._grant, bundle.signed, bundle.log_proof, release.opening, release.log_proof
        )  # fmt: skip
        theirs = gather(self._guardians, request, deposit, self._keys.identity)
        mine = opened_share(release.collector_share, self._keys.identity)
        self._secrets[deposit.epoch] = joined(mine, theirs, deposit)

    def segments(self, policies: Collection[str] = ()) -> Iterator[Opened | Bad]:
        """Every segment in scope, by device and number, opened; or why it can't be used. policies: only theirs, unless
        there are none."""
        answer = self.ask("GET", f"/v1/grants/{self._grant.grant.grant_id}/segments")
        granted = parse(answer.body, "segments", GrantedSegments, REPLY_BYTES_MAX).segments
        last: dict[str, Manifest] = {}  # by device
        for each in sorted(granted, key=lambda one: (one.device, one.seq)):
            if policies and each.policy not in policies:
                continue
            try:
                manifest, body = self._open(each)
                _check_place(manifest, last.get(each.device))
                check_events(body.events)
                last[each.device] = manifest
                yield Opened(each, body)
            except (CheckFailed, Corrupt, Refused, BadInput) as error:
                yield Bad(each.segment, str(error))

    def _open(self, granted: GrantedSegment) -> tuple[Manifest, SegmentBody]:
        """Raises CheckFailed, Corrupt or Refused for anything that is not as it should be."""
        path = f"/v1/grants/{self._grant.grant.grant_id}/segments/{granted.segment}"
        sealed = parse_segment(self.ask("GET", path, size_max=FILE_BYTES_MAX).body)
        manifest = sealed.manifest
        sealed.verify(check_device_cert(granted.cert))
        named = (granted.segment, granted.device, granted.seq, granted.contributor, granted.epoch, granted.consent)
        told = (
            manifest.segment_id, manifest.device, manifest.seq, manifest.contributor, manifest.epoch, manifest.consent
        )  # fmt: skip
        if named != told or granted.cert.cert.contributor != manifest.contributor:
            raise CheckFailed("the segment is not the one that was named")
        self._check_consent(granted)
        secret = self._secrets.get(manifest.epoch)
        if secret is None:
            raise Refused("no_key", "the key of this segment was not released")
        return manifest, unseal(sealed, secret)

    def _check_consent(self, granted: GrantedSegment) -> None:
        records = []
        for signed in granted.consents:
            check_consent(signed)
            if signed.record.contributor != granted.contributor:
                raise CheckFailed("a consent is another person's")
            records.append(signed.record)
        given = [
            r for r in records if r.consent_id == granted.consent and r.kind == "given" and r.policy == granted.policy
        ]
        if not given:
            raise CheckFailed("the segment's consent was not shown")
        if withdrawn(records, granted.policy):
            raise Refused("withdrawn", "the person has withdrawn their consent")
