"""The figures of a run: everything in report.json, each measured in that run."""

from __future__ import annotations

import os
import platform
from typing import Any

from aboveboard.core.clock import US_PER_S
from aboveboard.core.events import Gap, KeptEvent, Text
from aboveboard.datasets.actions import actions_of
from aboveboard.datasets.agreement import Agreement, Truth, agreement
from aboveboard.demo.measure import (
    Span,
    count_over,
    count_within,
    gap_seconds,
    kept_inputs,
    pointer_lost,
)
from aboveboard.demo.run import Outcome
from aboveboard.demo.search import Search
from aboveboard.demo.unseal import OwnCopy, events_of, own_segments, search_opened

# A pointer sample on the very edge of a span may be stamped a few ms to its other side.
EDGE_US = 20_000


def machine() -> str:
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {gib:.0f} GiB"


def _spans(outcome: Outcome, *names: str) -> list[Span]:
    return [span for span in outcome.diary.spans if span.name in names]


def _agreement(outcome: Outcome, events: list[KeptEvent]) -> tuple[Agreement, int]:
    """Every demonstration's actions as reconstructed, against what the script did; and how many were reconstructed."""
    actions = actions_of(events)
    whole = Agreement()
    n = 0
    for done in outcome.diary.performances:
        mine = [a for a in actions if done.start_us - US_PER_S // 5 <= a.start_us <= done.end_us]
        truths = [Truth(d.kind, d.box, d.text, d.key, d.start_us, d.end_us) for d in done.actions]
        part = agreement(mine, truths)
        n += len([a for a in mine if a.kind not in ("hover", "wait", "done")])
        whole.matched += part.matched
        whole.total += part.total
        whole.misses += [f"{done.task}: {miss}" for miss in part.misses]
        for kind, found in part.confusion.items():
            whole.confusion.setdefault(kind, type(found)()).update(found)
    return whole, n


def _lost(outcome: Outcome, events: list[KeptEvent]) -> tuple[int, int]:
    """(input events sent, lost): what the display did not give the recorder, and pointer positions of demonstrations
    that are neither in the recording nor in a gap that says why."""
    diary = outcome.diary
    observed = diary.status["counters"]["observed"]
    sent = diary.sent
    pairs = (("motion", "motion"), ("button", "buttons"), ("wheel", "wheel"), ("key", "keys"))
    unseen = sum(max(sent.get(ours, 0) - observed[theirs], 0) for ours, theirs in pairs)
    gaps = [Span(e.reason, e.t_us - EDGE_US, e.end_us + EDGE_US) for e in events if isinstance(e, Gap)]
    pointer = [each for each in diary.pointer if not any(gap.holds(each[0]) for gap in gaps)]
    spans = [Span("episode", done.start_us + EDGE_US, done.end_us - EDGE_US) for done in diary.performances]
    return sum(sent.values()), unseen + pointer_lost(pointer, events, spans)


def _audits(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"when": when, "check": check["check"], "result": check["result"], "reason": check["reason"]}
        for when, found in outcome.audits.items() for check in found["checks"]
    ]  # fmt: skip


def _evaluation(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("successes", "episodes", "rate", "low", "high", "tasks", "decision_ms_p50")}


def texts(events: list[KeptEvent]) -> list[tuple[str, str]]:
    """What stands in the recording where something was typed into the form and the mail: field and text."""
    found: dict[tuple[str, str], None] = {}
    for event in events:
        if isinstance(event, Text) and "<" in event.text:
            found[(event.element.name if event.element else "unknown field", event.text)] = None
    return list(found)[:24]


def figures(outcome: Outcome) -> tuple[dict[str, Any], list[OwnCopy]]:
    """report.json, and the person's own copies for the pictures."""
    copies = own_segments(outcome.laptop)
    events = events_of(copies)
    inputs = list(kept_inputs(events))
    search = Search(outcome.canaries.values())
    search.tree(outcome.home)
    search_opened(search, outcome.home, outcome.laptop)
    places: dict[str, list[str]] = {name: [] for name in outcome.canaries}
    for finding in search.findings:
        places[finding.canary].append(finding.where)
    sent, lost = _lost(outcome, events)
    told, actions = _agreement(outcome, events)
    gaps = gap_seconds(events)
    covered_s = sum(copy.body.end_us - copy.body.start_us for copy in copies) / US_PER_S
    active_s = max(covered_s - sum(gaps.values()), 1.0)
    diary = outcome.diary
    counters = diary.status["counters"]
    evaluations = outcome.evaluations
    paused = [Span(s.name, s.start_us, s.end_us) for s in _spans(outcome, "paused")]
    elsewhere = _spans(outcome, "app not allowed")
    report = {
        "quick": outcome.size.episodes < 8,
        "machine": machine(),
        "hand_speed": outcome.size.speed,
        "events_sent": sent,
        "events_recorded": sum(item.count for item in inputs),
        "events_observed": counters["observed"],
        "events_kept": counters["kept"],
        "events_withheld": counters["withheld"],
        "events_lost": lost,
        "events_kept_while_paused": count_within(inputs, paused),
        "events_kept_in_disallowed_app": count_over(inputs, elsewhere, diary.xterm),
        "events_kept_after_opting_out": count_within(inputs, _spans(outcome, "opted out")),
        "events_kept_of_forgotten": count_within(inputs, _spans(outcome, "forgotten")),
        "canaries_searched": len(outcome.canaries),
        "canaries_found": sum(bool(where) for where in places.values()),
        "canaries": {name: sorted(where)[:10] for name, where in places.items()},
        "search": {"files": search.files, "bytes": search.bytes},
        "bytes_sealed": sum(copy.sealed_bytes for copy in copies),
        "active_seconds": round(active_s, 1),
        "bytes_per_active_hour": round(sum(copy.sealed_bytes for copy in copies) / active_s * 3600),
        "recorder_cpu_percent": round(100 * diary.cpu_s / max(diary.wall_s, 1e-9), 2),
        "recorder_rss_mb": round(diary.status["rss_mb"], 1),
        "gaps": {reason: round(s, 2) for reason, s in gaps.items()},
        "audit": _audits(outcome),
        "audit_ok": bool(outcome.audits) and all(found["ok"] for found in outcome.audits.values()),
        "episodes": outcome.dataset["episodes"],
        "demonstrations": len(diary.performances),
        "demonstrations_failed": diary.failed_tasks,
        "actions": actions,
        "label_agreement": round(told.share, 4),
        "label_misses": told.misses[:50],
        "label_confusion": {kind: dict(found) for kind, found in told.confusion.items()},
        "success": _evaluation(evaluations["policy"]),
        "success_random": _evaluation(evaluations["random"]),
        "success_majority": _evaluation(evaluations["majority"]),
        "seconds": {**outcome.progress.seconds, "total": round(outcome.progress.total_s, 1)},
    }
    return report, copies
