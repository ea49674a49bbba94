"""A whole audit as people and programs read it: what was looked at, the ten guarantees, and every check."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

from aboveboard.audit.guarantees import verdicts
from aboveboard.audit.report import Check, printable

HOLDS, FAILS, CANT_SAY = 0, 1, 3  # exit codes; 2 is a command line that can't be used
WIDTH = 118


@dataclass(frozen=True, slots=True)
class Report:
    """about: what was audited (source, charter, size, ...), JSON values only."""

    about: dict[str, Any]
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Every check that was made holds. What could not be looked at is not vouched for."""
        return bool(self.checks) and all(check.result == "holds" for check in self.checks)

    @property
    def exit_code(self) -> int:
        """0: every check made holds. 1: one fails. 3: none fails, but one could not be made."""
        if any(check.result == "fails" for check in self.checks):
            return FAILS
        return HOLDS if self.ok else CANT_SAY

    def to_json(self) -> dict[str, Any]:
        rows = [
            {"check": c.name, "result": c.result, "reason": c.reason, "guarantee": c.guarantee} for c in self.checks
        ]
        ten = [
            {"guarantee": v.guarantee.number, "title": v.guarantee.title, "result": v.result, "why": v.why}
            for v in verdicts(self.checks)
        ]
        return {**self.about, "ok": self.ok, "guarantees": ten, "checks": rows}

    def to_text(self) -> str:
        lines = [f"{key}: {value}" for key, value in self.about.items() if not isinstance(value, (dict, list))]
        lines += ["", "The ten guarantees", ""]
        for verdict in verdicts(self.checks):
            # A line for what fails, in full; what holds or is open is told below, check by check.
            word = {"holds": "holds", "fails": "FAILS", "unknown": "open"}[verdict.result]
            lines.append(f"  {verdict.guarantee.number:>2}  {word:6} {verdict.guarantee.title}")
            lines += textwrap.wrap(
                printable(verdict.why), WIDTH, initial_indent=" " * 13, subsequent_indent=" " * 13
            )  # fmt: skip
        lines += ["", "The checks", ""]
        width = max((len(check.name) for check in self.checks), default=0)
        lines += [
            f"  {check.guarantee:>2}  {check.result:8}{check.name:{width}}  {printable(check.reason)}"
            for check in self.checks
        ]
        failed = sum(check.result == "fails" for check in self.checks)
        open_ = sum(check.result == "unknown" for check in self.checks)
        lines += ["", f"{len(self.checks)} checks: {failed} failed, {open_} unknown"]
        return "\n".join(lines)
