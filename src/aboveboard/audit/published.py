"""What is published beside the log's tiles: checkpoint, charter, counters, policies. Bounded, and nothing believed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aboveboard.audit.charters import alone, read_charters
from aboveboard.audit.report import Check, Result, judged
from aboveboard.audit.source import Source, required
from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import Charters, charter_at, under
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.errors import AboveboardError, BadInput, CheckFailed, Unavailable
from aboveboard.core.ids import PolicyId
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.notes import NOTE_BYTES_MAX
from aboveboard.core.policy import Policy, verify_signatures
from aboveboard.core.proof import check_proof
from aboveboard.wire.api import Counters, CurrentPolicy, parse

POLICY_BYTES_MAX = 2 << 20
COUNTERS_BYTES_MAX = 1 << 16
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Published:
    """What a source gave. charters: the one in hand and those that follow it. checkpoint: None unless the log and its
    quorum signed it; cosigned_s: by when they had.

    problems: why something could not be had, by check.
    """

    charters: Charters
    note: str = ""
    checkpoint: Checkpoint | None = None
    cosigned_s: int = 0
    counters: Counters | None = None
    problems: dict[str, AboveboardError] = field(default_factory=dict)

    def attempt(self, check: str, work: Callable[[], None]) -> None:
        """Notes what went wrong under the check's name."""
        try:
            work()
        except AboveboardError as error:
            self.problems[check] = error


def read_published(source: Source, charter: Charter) -> Published:
    """The files that are read before the entries. charter: the one in hand."""
    found = Published(alone(charter))

    def read_checkpoint() -> None:
        try:
            found.note = required(source, "checkpoint", NOTE_BYTES_MAX).decode("utf-8")
        except UnicodeDecodeError as error:
            raise CheckFailed("the checkpoint is not UTF-8") from error
        found.checkpoint, found.cosigned_s = under(found.charters, lambda each: each.check_checkpoint(found.note))

    def read_charter() -> None:
        found.charters = read_charters(source, charter)

    def read_counters() -> None:
        data = required(source, "published/counters.json", COUNTERS_BYTES_MAX)
        counters = parse(data, "counters.json", Counters)
        if counters.to_bytes() != data:
            raise BadInput("is not in canonical form (RFC 8785)", "counters.json")
        found.counters = counters

    found.attempt("charter", read_charter)
    found.attempt("checkpoint", read_checkpoint)
    found.attempt("counters", read_counters)
    return found


@dataclass(frozen=True, slots=True)
class KnownPolicy:
    """A policy that holds. index: of its entry; cosigned_s: from when its notice runs, by its published proof; charter:
    the one in force at its entry, which says who had to sign."""

    policy: Policy
    index: int
    cosigned_s: int
    charter: Charter


@dataclass(frozen=True, slots=True)
class Policies:
    """good: by name, those that hold in every way. unread: those the source did not answer for, by name. signed, rules:
    the checks made on all of them."""

    good: dict[PolicyId, KnownPolicy]
    signed: Check
    rules: Check
    unread: frozenset[str] = frozenset()


def read_policies(source: Source, named: Mapping[str, int], charters: Charters) -> Policies:
    """named: each policy that the log names, with the index of its entry. Every one is published, in the grammar,
    signed by both sides, keeps the floor, and is proven.

    One file at a time, and only what the workers signed is kept: a hostile server can't fill the memory.
    """
    good: dict[PolicyId, KnownPolicy] = {}
    unsigned: list[str] = []
    unruly: list[str] = []
    unread: list[str] = []
    why = ""
    for name, index in named.items():
        if unread:  # a source that does not answer is not asked for every one of them
            unread.append(name)
            continue
        try:
            known = _read_policy(source, name, index, charter_at(charters, index), unruly)
            good[known.policy.policy_id] = known
        except Unavailable as error:
            unread.append(name)
            why = f"not every policy could be read: {error}"
        except AboveboardError as error:
            unsigned.append(f"policy {name[:16]}: {error}")
    need = charters[-1].charter.representatives.threshold
    reason = f"{len(good)} policies, each signed by the employer and {need} representatives"
    rules = f"{len(good)} policies, all in a grammar without rank, without a single person, without appraisal"
    return Policies(
        good, unless_unread(judged("policies_signed", unsigned, reason), "holds", why),
        unless_unread(judged("same_rules", unruly, rules), "holds", why), frozenset(unread),
    )  # fmt: skip


def unless_unread(check: Check, result: Result, why: str) -> Check:
    """Unknown for a check with this result when something was not read that could turn it. why: "" when all was."""
    return Check(check.name, "unknown", why) if why and check.result == result else check


def _read_policy(source: Source, name: str, index: int, charter: Charter, unruly: list[str]) -> KnownPolicy:
    if not _HASH.fullmatch(name):
        raise CheckFailed("its name is no hash")
    data = required(source, f"published/policies/{name}.json", POLICY_BYTES_MAX)
    signed, proof = parse(data, f"policies/{name}.json", CurrentPolicy, len(data)).open()
    if signed.policy_id != name:
        raise CheckFailed("the file holds another policy than its name says")
    try:
        Policy.parse(signed.policy_bytes)
    except BadInput as error:
        unruly.append(f"policy {name[:16]} says what the grammar has no word for: {error}")
    policy = verify_signatures(signed, charter)
    _, cosigned_s = check_proof(PolicyLeaf(policy.policy_id).encode(), proof, charter)
    if proof.index != index:
        raise CheckFailed(f"its proof is of entry {proof.index}, and it stands in the log at {index} first")
    return KnownPolicy(policy, index, cosigned_s, charter)
