"""What waits on the laptop, as rows for the person who looks at it."""

from __future__ import annotations

from typing import Any

from aboveboard.core.clock import US_PER_S
from aboveboard.core.events import Correction, Gap, Text
from aboveboard.recorder.spool.spool import Spool


def waiting_rows(spool: Spool) -> list[dict[str, Any]]:
    """By minute and app: how many events, and text as it will leave; gaps with their reasons; corrections of tasks."""
    rows: list[dict[str, Any]] = []
    for _, chunk in spool.chunks():
        for event, app in zip(chunk.events, chunk.apps, strict=True):
            minute = event.t_us // (60 * US_PER_S) * 60
            name = event.reason if isinstance(event, Gap) else app
            kind = "gap" if isinstance(event, Gap) else "correction" if isinstance(event, Correction) else "app"
            row = rows[-1] if rows else None
            if row is None or (row["from_s"], row["kind"], row["name"]) != (minute, kind, name):
                row = {"from_s": minute, "kind": kind, "name": name, "events": 0, "texts": []}
                rows.append(row)
            row["events"] += 1
            if isinstance(event, Text):
                label = event.element.name if event.element is not None else ""
                row["texts"].append({"field": label, "text": event.text})
            elif isinstance(event, Correction):
                row["texts"].append({"field": "", "text": event.description})
    return rows
