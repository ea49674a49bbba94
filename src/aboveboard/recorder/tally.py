"""How many events were seen, kept and withheld, over all sessions since the start: numbers and nothing else."""

from __future__ import annotations

from typing import Any

from aboveboard.recorder.pipeline import Counts, Pipeline
from aboveboard.recorder.platform.source import InputCounters, Observer


class Tally:
    """The recording thread adds; any thread may ask."""

    def __init__(self) -> None:
        self._earlier = Counts()
        self._seen = InputCounters()

    def session_ended(self, counts: Counts) -> None:
        for kind, n in counts.kept.items():
            self._earlier.kept[kind] += n
        for reason, by_kind in counts.withheld.items():
            self._earlier.withheld.setdefault(reason, type(by_kind)()).update(by_kind)

    def source_ended(self, counters: InputCounters) -> None:
        c, s = counters, self._seen
        self._seen = InputCounters(s.motion + c.motion, s.buttons + c.buttons, s.wheel + c.wheel, s.keys + c.keys)

    def total(self, pipeline: Pipeline | None, observer: Observer | None) -> dict[str, Any]:
        """observed: by kind; kept: by kind; withheld: by reason and kind. With those of the session that runs."""
        counts = pipeline.counts if pipeline is not None else Counts()
        kept = dict(self._earlier.kept)
        withheld = {reason: dict(by_kind) for reason, by_kind in self._earlier.withheld.items()}
        for kind, n in list(counts.kept.items()):
            kept[kind] = kept.get(kind, 0) + n
        for reason, by_kind in list(counts.withheld.items()):
            at = withheld.setdefault(reason, {})
            for kind, n in list(by_kind.items()):
                at[kind] = at.get(kind, 0) + n
        counters = observer.counters if observer is not None else InputCounters()
        seen = {name: getattr(self._seen, name) + getattr(counters, name) for name in InputCounters.__slots__}
        return {"observed": seen, "kept": kept, "withheld": withheld}
