"""The workers' half of the vault. Decides by itself, from what it is shown and holds; asks the collector nothing.

It gives its share of an epoch's key only when all of this holds: the grant is signed by enough stewards and has not
expired; the policy is signed by employer and representatives, is in the log under the witness quorum, and has the
grant's purpose; the release stands in the log under the quorum; the deposit is the contributor's own,
and its days of keeping are not over by the guardian's own clock. What it gave is in its own record first (releases.py),
and it tells each person who asks what it gave of their keys (given.py). It destroys its share at the contributor's
signed word, and by itself when its days are over; and a grant that was taken back counts no more.
"""

from __future__ import annotations

import threading

import msgspec
import pyrage

from aboveboard.core.access import SignedDeletion, check_deletion, check_release
from aboveboard.core.charter import Charter
from aboveboard.core.clock import Clock
from aboveboard.core.errors import BadInput, CheckFailed, Corrupt, Refused
from aboveboard.core.keeping import kept_until_us
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import Policy, SignedPolicy, verify_signatures
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.core.vault import EpochDeposit, SignedDeposit, check_deposit
from aboveboard.wire.api import (
    CurrentPolicy,
    Given,
    GuardianReleaseReply,
    GuardianReleaseRequest,
    SignedGivenRequest,
    from_base64,
    parse,
    to_base64,
)
from aboveboard.witness.charters import CharterFiles
from aboveboard.witness.given import GivenRecords
from aboveboard.witness.grant_ends import GrantEnds
from aboveboard.witness.home import GuardianKeys
from aboveboard.witness.http import Reply
from aboveboard.witness.policies import Policies
from aboveboard.witness.releases import Giving, Releases
from aboveboard.witness.shares import DEPOSIT_BYTES_MAX, Shares

RELEASE_BYTES_MAX = 1 << 20
DELETION_BYTES_MAX = 1 << 20
GIVEN_BYTES_MAX = 1 << 14


class Guardian:
    """Safe for several threads, for one process."""

    def __init__(
        self, keys: GuardianKeys, charter: Charter, shares: Shares, releases: Releases, given: GivenRecords,
        clock: Clock, chain: CharterFiles | None = None,
    ) -> None:  # fmt: skip
        """charter: the pinned one; chain: what was kept of those that follow it. Raises BadInput when the charter names
        another guardian."""
        if keys.recipient not in {each.recipient for each in charter.guardians}:
            raise BadInput("the charter names another guardian than this folder's: give the folder that it names")
        self._keys, self._clock = keys, clock
        self._chain = chain or CharterFiles(charter, None)
        self._shares, self._releases, self._given = shares, releases, given
        self._ends, self._policies = GrantEnds(shares.home), Policies(shares.home)
        self._lock = threading.Lock()

    def deposit(self, path: str, body: bytes) -> Reply:
        """PUT /v1/epochs/<epoch>: 201 taken, 200 was here."""
        signed = SignedDeposit.parse(body)
        deposit = check_deposit(signed)
        if path != f"/v1/epochs/{deposit.epoch}":
            raise BadInput("the deposit is of another epoch")
        if not deposit.guardian_share or deposit.collector_share:
            raise BadInput("the guardian takes its own share of a key, and no other")
        with self._lock:
            new = self._shares.put(deposit.contributor, deposit.epoch, body, self._clock.now_us())
        return Reply(201 if new else 200)

    def release(self, _path: str, body: bytes) -> Reply:
        """POST /v1/release: the share, sealed to the reader."""
        request = parse(body, "release request", GuardianReleaseRequest, RELEASE_BYTES_MAX)
        policy, policy_bytes = self._policy(request.signed_policy, request.policy_log_proof)
        opening = request.opening
        with self._lock:  # one at a time: a destruction may not pass between the checks and the giving
            data = self._shares.get(opening.contributor, opening.epoch)
            deposit = _stored(data)
            proof = LogProof.parse(request.log_proof)
            now_us = self._clock.now_us()
            self._policies.keep(policy, policy_bytes)
            self._ends.check(request.grant.grant.grant_id)
            check_release(opening, request.grant, policy, proof, deposit, self._chain.current, now_us)
            self._check_kept(deposit, policy, now_us)
            share = self._open(deposit)
            grant = request.grant.grant
            giving = Giving(opening.leaf().commitment, proof.index, grant.grant_id, grant.purpose)
            self._releases.record(giving, now_us)
            self._given.record(Given(opening, request.grant))
        try:
            recipient = pyrage.x25519.Recipient.from_str(grant.reader_recipient)
        except pyrage.RecipientError as error:
            raise Refused("grant", "the grant's reader_recipient is no age recipient") from error
        reply = GuardianReleaseReply(to_base64(pyrage.encrypt(share, [recipient])))
        return Reply(200, msgspec.json.encode(reply), "application/json")

    def _check_kept(self, deposit: EpochDeposit, policy: Policy, now_us: int) -> None:
        """By its own clock, whatever the collector's sweeps do. Raises Refused, and the share is gone."""
        if now_us >= kept_until_us(policy, self._shares.came_us(deposit.contributor, deposit.epoch)):
            self._shares.expire(deposit.contributor, deposit.epoch)
            raise Refused("past_keeping", "the days of keeping of this epoch are over: its share is destroyed")

    def given(self, _path: str, body: bytes) -> Reply:
        """POST /v1/given: to the person who signs, what was given of their keys, under which grants."""
        contributor = parse(body, "request", SignedGivenRequest).check(self._clock.now_us())
        with self._lock:
            return Reply(200, self._given.of(contributor).to_bytes(), "application/json")

    def revoke(self, _path: str, body: bytes) -> Reply:
        """POST /v1/grants/revocations: nothing more is given under this grant, from when this answers."""
        with self._lock:  # a share that is being given is given; the next one is not
            self._ends.take(body, self._chain.current)
        return Reply(200)

    def policy(self, _path: str, body: bytes) -> Reply:
        """POST /v1/policies: a policy of the log, from anyone, so that its days of keeping are known here."""
        brought = parse(body, "policy", CurrentPolicy, RELEASE_BYTES_MAX)
        policy, data = self._policy(brought.signed, brought.log_proof)
        with self._lock:
            self._policies.keep(policy, data)
        return Reply(200)

    def sweep(self) -> int:
        """Destroys every share whose days of keeping are over, by its own clock; how many. Of a policy that it has not
        seen it can't tell, and such a share is given to nobody: a release has to show the policy first."""
        gone = 0
        for contributor in self._shares.everyone():
            for epoch in self._shares.held(contributor):
                with self._lock:
                    gone += self._swept(contributor, epoch)
        return gone

    def _swept(self, contributor: str, epoch: str) -> bool:
        try:
            deposit = _stored(self._shares.get(contributor, epoch))
        except Refused:
            return False  # destroyed meanwhile
        policy = self._policies.get(deposit.policy)
        if policy is None:
            return False
        over = self._clock.now_us() >= kept_until_us(policy, self._shares.came_us(contributor, epoch))
        if over:
            self._shares.expire(contributor, epoch)
        return over

    def _policy(self, signed_policy: str, log_proof: str) -> tuple[Policy, bytes]:
        """The policy and its bytes, if its signatures and its place in the log hold. Raises Refused."""
        signed = SignedPolicy.parse(from_base64(signed_policy, "signed_policy"))
        try:
            proof = LogProof.parse(log_proof)
            charter = self._chain.at(proof.index)
            policy = verify_signatures(signed, charter)
            check_proof(PolicyLeaf(policy.policy_id).encode(), proof, charter)
        except CheckFailed as error:
            raise Refused("no_quorum", f"the policy is not shown to be in the log: {error}") from error
        return policy, signed.policy_bytes

    def charters(self, _path: str, body: bytes) -> Reply:
        """POST /v1/charters: a charter that follows the one in force, with its proofs, from anyone."""
        self._chain.take(body)
        return Reply(200, msgspec.json.encode({"charter": self._chain.current.charter_id}), "application/json")

    def _open(self, deposit: EpochDeposit) -> bytes:
        try:
            share: bytes = pyrage.decrypt(from_base64(deposit.guardian_share, "share"), [self._keys.identity])
            return share
        except pyrage.DecryptError as error:
            raise Refused("share", "this share was not sealed to this guardian: it can't be opened") from error

    def destroy(self, _path: str, body: bytes) -> Reply:
        """POST /v1/destroy: what a contributor's signed request names is gone when this answers."""
        signed = SignedDeletion.parse(body)
        request = check_deletion(signed)
        if request.scope == "segments":
            raise Refused("scope", "the guardian holds keys, not segments: name epochs, or all")
        epochs = None if request.scope == "all" else [str(epoch) for epoch in request.epochs]
        with self._lock:
            gone = self._shares.destroy(request.contributor, epochs, body)
        return Reply(200, msgspec.json.encode({"destroyed": len(gone)}), "application/json")


def _stored(data: bytes) -> EpochDeposit:
    try:
        return SignedDeposit.parse(data[:DEPOSIT_BYTES_MAX]).deposit
    except BadInput as error:
        raise Corrupt("a stored deposit can't be read: restore the guardian's folder") from error
