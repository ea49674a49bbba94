"""What an audit says: named checks, each with its result and a reason in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from aboveboard.core.errors import AboveboardError, Unavailable

Result: TypeAlias = Literal["holds", "fails", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """name: stable, for programs. result: "unknown" when what is needed could not be had. reason: for people."""

    name: str
    result: Result
    reason: str


def holds(name: str, reason: str) -> Check:
    return Check(name, "holds", reason)


def fails(name: str, reason: str) -> Check:
    return Check(name, "fails", reason)


def unknown(name: str, reason: str) -> Check:
    return Check(name, "unknown", reason)


def judged(name: str, problems: Sequence[str], reason: str) -> Check:
    """Fails with the first problem and how many more there are; holds with `reason` when there is none."""
    if not problems:
        return holds(name, reason)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return fails(name, problems[0] + more)


def checked(name: str, check: Callable[[], str]) -> Check:
    """Runs one check that returns its reason or raises. What the other side can't give is unknown, all else fails."""
    try:
        return holds(name, check())
    except Unavailable as error:
        return unknown(name, str(error))
    except AboveboardError as error:
        return fails(name, str(error))


@dataclass(frozen=True, slots=True)
class Report:
    """about: what was audited (source, charter, size, ...), JSON values only."""

    about: dict[str, Any]
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """No check failed."""
        return all(check.result != "fails" for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        rows = [{"name": c.name, "result": c.result, "reason": c.reason} for c in self.checks]
        return {**self.about, "ok": self.ok, "checks": rows}

    def to_text(self) -> str:
        lines = [f"{key}: {value}" for key, value in self.about.items() if not isinstance(value, (dict, list))]
        width = max((len(check.name) for check in self.checks), default=0)
        lines += [f"{check.result:8}{check.name:{width}}  {printable(check.reason)}" for check in self.checks]
        failed = sum(check.result == "fails" for check in self.checks)
        open_ = sum(check.result == "unknown" for check in self.checks)
        lines.append(f"{len(self.checks)} checks: {failed} failed, {open_} unknown")
        return "\n".join(lines)


def printable(text: str, length_max: int = 400) -> str:
    """Without control characters: a hostile server's words must not steer the auditor's terminal."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return clean if len(clean) <= length_max else clean[:length_max] + "..."
