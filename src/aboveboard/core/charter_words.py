"""A charter in plain words, and what a new one gives up or gains against the old one. Pure."""

from __future__ import annotations

import json

import msgspec

from aboveboard.core.charter import Charter, Group
from aboveboard.core.policy_diff import Difference, Verdict


def describe(charter: Charter) -> list[str]:
    """Who may sign what, a line each."""
    lines = [f"{charter.name}{' (a demonstration)' if charter.demo else ''}, charter {charter.charter_id}"]
    if charter.previous:
        lines.append(f"replaces: charter {charter.previous}")
    names = ", ".join(key.name for key in charter.representative_keys)
    lines += [
        f"employer: {charter.employer_key.name}",
        f"representatives, {charter.representatives.threshold} have to sign a policy: {names}",
        f"stewards, {charter.stewards.threshold} have to sign a grant: "
        + ", ".join(key.name for key in charter.steward_keys),
        f"log: {charter.log_key.name}, origin {charter.origin}",
    ]
    for key, entry in zip(charter.witness_keys, charter.witnesses.keys, strict=True):
        lines.append(f"witness: {key.name}, run by: {entry.run_by}")
    lines += [
        f"quorum: {quorum_words(charter.witnesses.quorum)}",
        f"{_guardians(charter)}; collector: {charter.collector.url}",
        f"notice: at least {charter.notice_days_min} days; never recorded: {', '.join(charter.never_record) or 'none'}",
    ]
    return lines


def _guardians(charter: Charter) -> str:
    if not charter.spare_guardians:
        return f"guardian: {charter.guardian.url}"
    urls = ", ".join(each.url for each in charter.guardians)
    return f"guardians, {charter.guardians_needed} of {len(charter.guardians)} are needed to read: {urls}"


def quorum_words(group: Group) -> str:
    """ "2 of (council, 1 of (auditor, union))"."""
    members = (member if isinstance(member, str) else quorum_words(member) for member in group.of)
    return f"{group.need} of ({', '.join(members)})"


def _names(name: str, old: dict[bytes, str], new: dict[bytes, str]) -> list[Difference]:
    """By key, so that a new key under an old name is seen."""
    found: list[Difference] = [("changes", f"{name}: {new[key]} is added") for key in new.keys() - old.keys()]
    return found + [("changes", f"{name}: {old[key]} is removed") for key in old.keys() - new.keys()]


def _less_is_weaker(name: str, old: int, new: int) -> list[Difference]:
    verdict: Verdict = "widens" if new < old else "narrows"
    return [(verdict, f"{name}: {old} becomes {new}")] if old != new else []


def compare_charters(old: Charter, new: Charter) -> list[Difference]:
    """What a new charter changes. "widens": the workers' side has less say or less is off limits; "narrows": more."""
    found = _less_is_weaker("representatives that have to sign", old.representatives.threshold,
                            new.representatives.threshold)  # fmt: skip
    found += _less_is_weaker("number of representatives", len(old.representatives.keys), len(new.representatives.keys))
    found += _less_is_weaker("stewards that have to sign a grant", old.stewards.threshold, new.stewards.threshold)
    found += _less_is_weaker("guardians needed to read", old.guardians_needed, new.guardians_needed)
    found += _names("guardians", {each.recipient.encode(): each.url for each in old.guardians},
                    {each.recipient.encode(): each.url for each in new.guardians})  # fmt: skip
    found += _less_is_weaker("notice_days_min", old.notice_days_min, new.notice_days_min)
    found += [("widens", f"never_record: {each} is removed from the floor") for each in old.never_record
              if each not in new.never_record]  # fmt: skip
    found += [("narrows", f"never_record: {each} is added to the floor") for each in new.never_record
              if each not in old.never_record]  # fmt: skip
    if not found and old.never_record != new.never_record:
        found.append(("changes", "never_record: in another order"))
    found += _quorums(old, new)
    for name in ("employer_key", "log_key"):
        before, after = getattr(old, name), getattr(new, name)
        found += _names(name.removesuffix("_key"), {before.public: before.name}, {after.public: after.name})
    for name in ("representative_keys", "steward_keys", "witness_keys"):
        before, after = ({key.public: key.name for key in getattr(each, name)} for each in (old, new))
        found += _names(name.removesuffix("_keys"), before, after)
    for name in ("name", "origin", "guardian", "collector", "demo"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            found.append(("changes", f"{name}: {_said(before)} becomes {_said(after)}"))
    return found


def _said(value: object) -> str:
    return json.dumps(msgspec.to_builtins(value))


def _quorums(old: Charter, new: Charter) -> list[Difference]:
    """A quorum is lower when fewer witnesses can reach it, or fewer of them have to be the workers'."""
    found = _less_is_weaker("witnesses needed for a quorum", _least(old, ""), _least(new, ""))
    found += _less_is_weaker("of them run by the workers", _least(old, "workers"), _least(new, "workers"))
    if not found and old.witnesses != new.witnesses:
        words = f"{quorum_words(old.witnesses.quorum)} becomes {quorum_words(new.witnesses.quorum)}"
        found.append(("changes", f"quorum: {words}"))
    return found


def _least(charter: Charter, run_by: str) -> int:
    """How many witnesses (of those that `run_by` runs; "": of all) a quorum takes at least."""
    runners = {key.name: entry.run_by for key, entry in zip(charter.witness_keys, charter.witnesses.keys, strict=True)}

    def cost(group: Group) -> int:
        costs = [
            (int(not run_by or runners[member] == run_by)) if isinstance(member, str) else cost(member)
            for member in group.of
        ]
        return sum(sorted(costs)[: group.need])

    return cost(charter.witnesses.quorum)
