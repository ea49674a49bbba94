"""Named checks, each with its result and a reason in one sentence: what every audit is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from aboveboard.core.errors import AboveboardError, Unavailable

Result: TypeAlias = Literal["holds", "fails", "unknown"]


# The guarantee of the design that each check looks after. A check that is not named here can't be made.
GUARANTEES: dict[str, int] = {
    "policies_signed": 1, "policies_logged": 1, "own_consents": 1, "own_policies": 1,
    "nothing_before_notice": 2, "notice_start": 2, "own_policy_in_force": 2,
    "charter": 3, "checkpoint": 3, "entries": 3, "tiles": 3, "append_only": 3, "own_segments_logged": 3,
    "own_same_log": 3,
    "spans_contiguous": 4, "events_in_span": 4, "nothing_while_paused": 4, "pauses_marked": 4, "holes_explained": 4,
    "same_rules": 5, "exemptions": 5,
    "counters": 6, "releases": 6, "own_accesses": 6, "own_accesses_complete": 6,
    "lineage": 7, "own_datasets": 7,
    "deletions": 8, "own_chain": 8, "own_segments_held": 8,
    "own_consents_logged": 9, "own_segments_consented": 9, "own_consent_first": 9, "own_within_terms": 9,
    "own_withdrawal_ends_reading": 9,
    "entry_kinds": 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """name: stable, for programs. result: "unknown" when what is needed could not be had. reason: for people."""

    name: str
    result: Result
    reason: str

    @property
    def guarantee(self) -> int:
        """Its number in the design."""
        return GUARANTEES[self.name]


def judged(name: str, problems: Sequence[str], reason: str, count: int | None = None) -> Check:
    """Fails with the first problem and how many more there are; holds with `reason` when there is none.

    count: how many problems there are, when `problems` are only the first of them.
    """
    if not problems:
        return Check(name, "holds", reason)
    others = (len(problems) if count is None else count) - 1
    return Check(name, "fails", problems[0] + (f" (and {others} more)" if others > 0 else ""))


def checked(name: str, check: Callable[[], str]) -> Check:
    """Runs one check that returns its reason or raises. What the other side can't give is unknown, all else fails."""
    try:
        return Check(name, "holds", check())
    except Unavailable as error:
        return Check(name, "unknown", str(error))
    except AboveboardError as error:
        return Check(name, "fails", str(error))


def not_known(name: str, broken: Check) -> Check:
    """Of what rests on another check that does not hold."""
    return Check(name, "unknown", f"rests on {broken.name}, which does not hold: {broken.reason}")


def printable(text: str, length_max: int = 400) -> str:
    """Without control characters: a hostile server's words must not steer the auditor's terminal."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return clean if len(clean) <= length_max else clean[:length_max] + "..."
