"""What would leave, as it would leave: the spool as rows for a person to read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aboveboard.core.clock import US_PER_S
from aboveboard.core.events import Gap, Text
from aboveboard.recorder.spool.chunks import Chunk

STRETCH_US = 60 * US_PER_S


def rows_of(chunks: Iterable[Chunk]) -> list[dict[str, Any]]:
    """One row for each stretch of a minute in one app, or without recording: from_s, kind ("app" or "gap"), name (the
    app, or the gap's reason), events, texts (each with its field's label)."""
    rows: list[dict[str, Any]] = []
    for chunk in chunks:
        for event, app in zip(chunk.events, chunk.apps, strict=True):
            minute = event.t_us // STRETCH_US * 60
            name = event.reason if isinstance(event, Gap) else app
            kind = "gap" if isinstance(event, Gap) else "app"
            row = rows[-1] if rows else None
            if row is None or (row["from_s"], row["kind"], row["name"]) != (minute, kind, name):
                row = {"from_s": minute, "kind": kind, "name": name, "events": 0, "texts": []}
                rows.append(row)
            row["events"] += 1
            if isinstance(event, Text):
                label = event.element.name if event.element is not None else ""
                row["texts"].append({"field": label, "text": event.text})
    return rows
