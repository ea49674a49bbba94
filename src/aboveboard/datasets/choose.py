"""Which episodes a dataset holds, by its spec; each one left out is counted with its reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from aboveboard.datasets.session import Summary
from aboveboard.datasets.spec import Spec


def _why_not(spec: Spec, one: Summary) -> str:
    if spec.apps and not set(one.apps) <= set(spec.apps):
        return "another program"
    if spec.sites and not set(one.sites) <= set(spec.sites):
        return "another site"
    if spec.outcome == "success" and one.outcome != "success":
        return "not said to be a success"
    if not spec.interrupted and {"interrupted", "unfinished"} & set(one.flags):
        return "interrupted by a gap"
    if refused := sorted(set(spec.exclude_flags) & set(one.flags)):
        return f"flagged {refused[0]}"
    if not spec.steps_min <= one.steps <= spec.steps_max:
        return "too few or too many steps"
    return ""


def splits_of(spec: Spec, people: Sequence[str]) -> dict[str, str]:
    """Which split each pseudonym is in: cut from their sorted order, so that no split shares a person."""
    everyone = sorted(people)
    shares = spec.shares()
    found: dict[str, str] = {}
    begun, edge = 0, 0.0
    for name, share in shares.items():
        edge += share
        until = len(everyone) if name == next(reversed(shares)) else int(len(everyone) * edge + 1e-9)
        found.update(dict.fromkeys(everyone[begun:until], name))
        begun = until
    return found


def floor(summaries: Sequence[Summary], contributors_min: int) -> tuple[list[Summary], int]:
    """Those left when no program is in it that fewer people used, and how many went.

    Taking an episode out may take another program under the floor, so this goes on until nothing changes.
    """
    left, gone = list(summaries), 0
    while True:
        people: dict[str, set[str]] = defaultdict(set)
        for one in left:
            for app in one.apps:
                people[app].add(one.contributor)
        few = {app for app, who in people.items() if len(who) < contributors_min}
        kept = [one for one in left if not few & set(one.apps)]
        if len(kept) == len(left):
            return kept, gone
        gone += len(left) - len(kept)
        left = kept


def choose(spec: Spec, summaries: Sequence[Summary], left_out: Counter[str]) -> dict[str, str]:
    """Episode ID -> split of those the spec asks for; counts the others by reason."""
    wanted: list[Summary] = []
    seen: set[tuple[str, str]] = set()
    for one in sorted(summaries, key=lambda each: each.episode_id):
        why = _why_not(spec, one)
        if not why and spec.duplicates == "drop" and (one.instruction, one.likeness) in seen:
            why = "a near-duplicate"
        if why:
            left_out[why] += 1
        else:
            seen.add((one.instruction, one.likeness))
            wanted.append(one)
    kept, few = floor(wanted, spec.min_contributors)
    if few:
        left_out["a program of too few contributors"] += few
    splits = splits_of(spec, sorted({one.contributor for one in kept}))
    return {one.episode_id: splits[one.contributor] for one in kept}
