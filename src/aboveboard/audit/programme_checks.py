"""What the log and the published files say about the programme: policies, notice, access, lineage, deletion. Pure."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence

from aboveboard.audit.published import Published
from aboveboard.audit.report import Check, checked, judged
from aboveboard.core.canonical import parse_canonical
from aboveboard.core.charter import Charter
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import AboveboardError, CheckFailed, Refused
from aboveboard.core.leaves import (
    BatchLeaf,
    DatasetBuiltLeaf,
    DeletionAskedLeaf,
    DeletionDoneLeaf,
    KeyReleasedLeaf,
    Leaf,
    ModelTrainedLeaf,
    PolicyLeaf,
)
from aboveboard.core.policy import DAY_S, Policy, verify_signatures
from aboveboard.core.proof import check_proof
from aboveboard.wire.api import Counters, CurrentPolicy, parse

COUNTED = ("key_released", "dataset_built", "model_trained", "deletion_asked", "deletion_done")


def open_policies(found: Published, charter: Charter) -> tuple[Check, dict[str, tuple[Policy, int]]]:
    """policies_signed, and by name each policy that holds, with the second from which its notice ran.

    Every published policy is signed by the employer and enough representatives, and keeps the charter's floor.
    """
    problems: list[str] = []
    good: dict[str, tuple[Policy, int]] = {}
    if "policies_signed" in found.problems:
        problems.append(str(found.problems["policies_signed"]))
    for name, data in found.policies.items():
        try:
            signed, proof = parse(data, f"policies/{name}.json", CurrentPolicy, len(data)).open()
            if signed.policy_id != name:
                raise CheckFailed("the file holds another policy than its name says")
            policy = verify_signatures(signed, charter)
            _, cosigned_s = check_proof(PolicyLeaf(policy.policy_id).encode(), proof, charter)
            good[name] = policy, cosigned_s
        except (AboveboardError, Refused) as error:
            problems.append(f"policy {name[:16]}: {error}")
    reason = (
        f"{len(good)} policies, each signed by the employer and {charter.representatives.threshold} representatives"
    )
    return judged("policies_signed", problems, reason), good


def check_policies_logged(found: Published, leaves: Sequence[Leaf], good: dict[str, tuple[Policy, int]]) -> Check:
    """The log names the policies that are published, and no other."""
    named = {leaf.policy for leaf in leaves if isinstance(leaf, PolicyLeaf)}
    problems = [
        f"policy {name[:16]} is in the log, but not published or not valid" for name in sorted(named - set(good))
    ]
    problems += [f"policy {name[:16]} is published, but not in the log" for name in sorted(set(found.policies) - named)]
    return judged("policies_logged", problems, f"{len(named)} policies in the log, each published with its proof")


def in_force_from_s(policy: Policy, cosigned_s: int, charter: Charter) -> int:
    """The second at which its notice has run: from the witnesses' time of signing, for the longer of both periods."""
    return cosigned_s + DAY_S * max(policy.notice_days, charter.notice_days_min)


def check_nothing_before_notice(
    found: Published, leaves: Sequence[Leaf], good: dict[str, tuple[Policy, int]], charter: Charter
) -> Check:
    """The log holds segments only if some policy's notice had run by the witnesses' time, after that policy's entry."""
    if not good:
        return checked(
            "nothing_before_notice", lambda: "no policy, and no segments" if not _segments(leaves) else _none()
        )
    starts = {name: in_force_from_s(policy, at_s, charter) for name, (policy, at_s) in good.items()}
    problems = []
    if _segments(leaves):
        first = _segments(leaves)[0]
        before = {leaf.policy for leaf in leaves[:first] if isinstance(leaf, PolicyLeaf)}
        if not before:
            problems.append("segments were accepted before any policy was in the log")
        elif not any(starts.get(name, found.cosigned_s + 1) <= found.cosigned_s for name in before):
            problems.append("segments were accepted although no policy's notice period has run")
    earliest = min(starts.values())
    days = max(min(policy.notice_days for policy, _ in good.values()), charter.notice_days_min)
    return judged("nothing_before_notice", problems, f"notice of {days} days from the witnesses' time: in force from "
                  f"{datetime.datetime.fromtimestamp(earliest, datetime.UTC):%Y-%m-%d %H:%M UTC}")  # fmt: skip


def _segments(leaves: Sequence[Leaf]) -> list[int]:
    return [i for i, leaf in enumerate(leaves) if isinstance(leaf, BatchLeaf) and leaf.what == "segments"]


def _none() -> str:
    raise CheckFailed("segments were accepted although no valid policy is published")


def _kind(leaf: Leaf) -> str:
    return str(leaf.__struct_config__.tag)


def check_counters(found: Published, leaves: Sequence[Leaf]) -> Check:
    """The published numbers are those that anyone counts in the log."""

    def run() -> str:
        for need in ("counters", "entries", "checkpoint"):
            if need in found.problems:
                raise found.problems[need]
        assert found.counters is not None  # noqa: S101  # no problem was noted
        said = parse(found.counters, "counters.json", Counters)
        parse_canonical(found.counters, "counters.json", len(found.counters))
        if said.size > len(leaves):
            raise CheckFailed(f"the counters are of {said.size} entries, the log has {len(leaves)}")
        counted = Counter(_kind(leaf) for leaf in leaves[: said.size])
        for name in COUNTED:
            if counted[name] != getattr(said, name):
                raise CheckFailed(f"{name}: published as {getattr(said, name)}, in the log {counted[name]}")
        return ", ".join(f"{getattr(said, name)} {name}" for name in COUNTED)

    return checked("counters", run)


def check_releases(leaves: Sequence[Leaf], good: dict[str, tuple[Policy, int]]) -> Check:
    """Keys were released for purposes only that a policy before them in the log names."""
    purposes: set[str] = set()
    problems, n = [], 0
    for index, leaf in enumerate(leaves):
        if isinstance(leaf, PolicyLeaf) and leaf.policy in good:
            purposes |= set(good[leaf.policy][0].purposes)
        if isinstance(leaf, KeyReleasedLeaf):
            n += 1
            if leaf.purpose not in purposes:
                problems.append(
                    f"entry {index}: a key was released for {leaf.purpose!r}, which no policy before it names"
                )
    return judged("releases", problems, f"{n} keys released, each for a purpose of a policy")


def check_lineage(leaves: Sequence[Leaf]) -> Check:
    """A dataset comes after a release of keys, a model after the dataset it names."""
    released = False
    manifests: set[str] = set()
    problems, datasets, models = [], 0, 0
    for index, leaf in enumerate(leaves):
        if isinstance(leaf, KeyReleasedLeaf):
            released = True
        elif isinstance(leaf, DatasetBuiltLeaf):
            datasets += 1
            manifests.add(leaf.manifest)
            if not released:
                problems.append(f"entry {index}: a dataset was built before any key was released")
        elif isinstance(leaf, ModelTrainedLeaf):
            models += 1
            if leaf.dataset not in manifests:
                problems.append(f"entry {index}: a model names a dataset that is not in the log before it")
    return judged("lineage", problems, f"{datasets} datasets and {models} models, each after what it comes from")


def check_deletions(leaves: Sequence[Leaf], now_s: int) -> Check:
    """What was asked is done by its day; nothing is done that was not asked. now_s: the witnesses' time."""
    asked = {leaf.commitment: leaf for leaf in leaves if isinstance(leaf, DeletionAskedLeaf)}
    seen: set[str] = set()
    problems, done = [], set()
    for index, leaf in enumerate(leaves):
        if isinstance(leaf, DeletionAskedLeaf):
            seen.add(leaf.commitment)
        elif isinstance(leaf, DeletionDoneLeaf):
            done.add(leaf.commitment)
            if leaf.commitment not in seen:
                problems.append(f"entry {index}: a deletion is done that was not asked")
    overdue = [name for name, leaf in asked.items() if name not in done and leaf.due_us < now_s * US_PER_S]
    problems += [f"deletion {name[:16]} is overdue" for name in overdue]
    open_ = len(set(asked) - done)
    return judged("deletions", problems, f"{len(asked)} asked, {len(done)} done, {open_} within their time")
