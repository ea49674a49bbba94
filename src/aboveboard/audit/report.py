"""What an audit says: named checks, each with its result and a reason in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from aboveboard.core.errors import AboveboardError, Unavailable

Result: TypeAlias = Literal["holds", "fails", "unknown"]


# The guarantee of the design that each check looks after. A check that is not named here can't be made.
GUARANTEES: dict[str, int] = {
    "charter": 3, "checkpoint": 3, "entries": 3, "tiles": 3, "append_only": 3, "entry_kinds": 10,
    "policies_signed": 1, "policies_logged": 1, "nothing_before_notice": 2, "counters": 6, "releases": 6,
    "lineage": 7, "deletions": 8,
    "own_consents": 1, "own_consents_logged": 9, "own_policies": 1, "own_chain": 8, "own_segments_consented": 9,
    "own_consent_first": 9, "own_segments_logged": 3, "own_same_log": 3, "own_segments_held": 8, "own_accesses": 6,
    "own_accesses_complete": 6,
    "spans_contiguous": 4, "events_in_span": 4, "nothing_while_paused": 4, "pauses_marked": 4, "holes_explained": 4,
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


def judged(name: str, problems: Sequence[str], reason: str) -> Check:
    """Fails with the first problem and how many more there are; holds with `reason` when there is none."""
    if not problems:
        return Check(name, "holds", reason)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Check(name, "fails", problems[0] + more)


def checked(name: str, check: Callable[[], str]) -> Check:
    """Runs one check that returns its reason or raises. What the other side can't give is unknown, all else fails."""
    try:
        return Check(name, "holds", check())
    except Unavailable as error:
        return Check(name, "unknown", str(error))
    except AboveboardError as error:
        return Check(name, "fails", str(error))


def not_known(name: str, problem: AboveboardError) -> Check:
    """Of what rests on something that could not be read."""
    return Check(name, "unknown", f"the log could not be read whole: {problem}")


@dataclass(frozen=True, slots=True)
class Report:
    """about: what was audited (source, charter, size, ...), JSON values only."""

    about: dict[str, Any]
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Every check holds. What could not be looked at is not vouched for."""
        return bool(self.checks) and all(check.result == "holds" for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        rows = [
            {"check": c.name, "result": c.result, "reason": c.reason, "guarantee": c.guarantee} for c in self.checks
        ]
        return {**self.about, "ok": self.ok, "checks": rows}

    def to_text(self) -> str:
        lines = [f"{key}: {value}" for key, value in self.about.items() if not isinstance(value, (dict, list))]
        width = max((len(check.name) for check in self.checks), default=0)
        lines += [
            f"{check.result:8}{check.guarantee:>2}  {check.name:{width}}  {printable(check.reason)}"
            for check in self.checks
        ]
        failed = sum(check.result == "fails" for check in self.checks)
        open_ = sum(check.result == "unknown" for check in self.checks)
        lines.append(f"{len(self.checks)} checks: {failed} failed, {open_} unknown")
        return "\n".join(lines)


def printable(text: str, length_max: int = 400) -> str:
    """Without control characters: a hostile server's words must not steer the auditor's terminal."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return clean if len(clean) <= length_max else clean[:length_max] + "..."
