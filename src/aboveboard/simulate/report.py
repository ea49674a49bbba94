"""A run's report: the same figures as JSON and for people."""

from __future__ import annotations

from typing import Any

from aboveboard.simulate.counts import Counts

WRONG = ("lost", "double", "unreadable", "undead", "unproven", "undone")


def figures(counts: Counts, about: dict[str, Any], memory: dict[str, Any] | None, audit: Any) -> dict[str, Any]:
    """about: what was run, and how long it took. memory: None for a collector of somebody else's."""
    wall_s = max(float(about["wall_s"]), 1e-9)
    sent = counts.done["segments acknowledged"]
    return {
        **about,
        "segments_acknowledged": sent, "segments_per_s": round(sent / wall_s, 1),
        "sent_mb": round(counts.sent_bytes / 1e6, 1),
        "devices_at_once_max": counts.under_way_max,
        "wrong": {name: counts.done[name] for name in WRONG},
        "faults": counts.faults_in_all, "first_faults": counts.faults,
        "done": dict(sorted(counts.done.items())), "times": counts.times(),
        "answers": dict(sorted(counts.statuses.items())),
        "collector_memory": memory, "audit": audit,
    }  # fmt: skip


def holds(report: dict[str, Any]) -> bool:
    """Everything is there once, nothing was answered that should not be, and no check of the audit fails."""
    return not report["faults"] and not any(report["wrong"].values()) and bool(report["audit"]["ok"])


def _audited(audit: dict[str, Any]) -> str:
    checks = audit["checks"]
    failing = [f"{each['check']}: {each['reason']}" for each in checks if each["result"] != "holds"]
    text = f"audit from outside: {len(checks) - len(failing)} of {len(checks)} checks hold, {audit['size']:,} entries"
    return "; ".join([text, *failing])


def table(report: dict[str, Any]) -> str:
    """For people."""
    wrong = report["wrong"]
    lines = [
        f"{report['contributors']:,} contributors, {report['hours']:g} h of theirs in {report['wall_s']:.0f} s",
        f"{report['segments_acknowledged']:,} segments acknowledged ({report['segments_per_s']:g}/s, "
        f"{report['sent_mb']:,} MB); at most {report['devices_at_once_max']:,} devices at once",
        "nothing lost, nothing double" if holds(report) else
        "NOT AS IT HAS TO BE: " + ", ".join(f"{n} {name}" for name, n in wrong.items() if n)
        + f" ({report['faults']} faults)",
        "",
        f"{'asked':<38}{'answers':>9}{'p50 ms':>10}{'p99 ms':>10}{'longest':>10}",
    ]  # fmt: skip
    lines += [
        f"{what:<38}{each['n']:>9,}{each['p50_ms']:>10,}{each['p99_ms']:>10,}{each['max_ms']:>10,}"
        for what, each in report["times"].items()
    ]
    lines += ["", *(f"{n:>9,} {what}" for what, n in report["done"].items())]
    memory = report["collector_memory"]
    if memory and "quarters_mb" in memory:
        quarters = ", ".join(f"{each:g}" for each in memory["quarters_mb"])
        lines += [
            "",
            f"the collector's memory by quarters of the run: {quarters} MB; highest {memory['highest_mb']:g} MB; "
            f"second half {memory['second_half_mb_per_minute']:+g} MB a minute",
        ]
    lines.append(_audited(report["audit"]))
    lines += [f"FAULT: {each}" for each in report["first_faults"][:10]]
    return "\n".join(lines)
