"""The recorder's command with processor time counted by stage: `python -m bench.listeners.staged record --home FOLDER`.

What is measured is the program as it is: its functions are wrapped here, from outside, and only in this process. At
SIGUSR2 it writes what it has counted since its start to the file that `BENCH_STAGES` names, as JSON: {stage: ns}. A
stage's time is its own thread's, without the stages it calls; what a thread does outside any of them has its name.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

STAGES: dict[str, tuple[str, ...]] = {
    "input: waiting and decoding": ("recorder.platform.x11:X11Source.wait", "recorder.platform.x11:X11Source.read"),
    "windows": ("desktop.windows:Windows.update",),
    "what input landed on": ("recorder.observe:X11Observer.read", "recorder.observe:X11Observer.surface"),
    "gate": ("recorder.gate:Gate.admit", "recorder.gate:Gate.standing", "recorder.gate:Gate.is_own"),
    "redaction": (
        "redact.stage:RedactionStage.feed", "redact.stage:RedactionStage.flush", "redact.stage:RedactionStage.gap",
        "redact.stage:RedactionStage.pictures",
    ),
    "spool": ("recorder.spool.spool:Spool.append", "recorder.spool.spool:Spool.fold"),
    "pipeline": ("recorder.pipeline:Pipeline.step",),
    "tree: reading": ("desktop.accessibility:Accessibility.read", "desktop.accessibility:Accessibility.name_of"),
    "tree: the field alone": (
        "desktop.accessibility:Accessibility.field",
        "desktop.accessibility:Accessibility.focused",
    ),
    "tree: hearing of changes": ("desktop.dbuswire:Wire.signals", "recorder.signs:Signs.wait"),
    "badge": ("recorder.badge:Badge._check",),
    "terms": ("recorder.recorder:Recorder.look_at_terms", "recorder.terms:Terms.files"),
    "sender": ("recorder.sender:Sender._round",),
}  # fmt: skip


class Count:
    """Of all threads."""

    def __init__(self) -> None:
        self._open = threading.local()
        self._known: list[dict[str, int]] = []
        self._lock = threading.Lock()

    def _mine(self) -> tuple[list[str], dict[str, int]]:
        if not hasattr(self._open, "stack"):
            self._open.stack, self._open.ns, self._open.at = [], defaultdict(int), time.thread_time_ns()
            with self._lock:
                self._known.append(self._open.ns)
        return self._open.stack, self._open.ns

    def enter(self, stage: str) -> None:
        stack, ns = self._mine()
        self._charge(stack, ns)
        stack.append(stage)

    def leave(self) -> None:
        stack, ns = self._mine()
        self._charge(stack, ns)
        stack.pop()

    def _charge(self, stack: list[str], ns: dict[str, int]) -> None:
        now = time.thread_time_ns()
        if stack:
            ns[stack[-1]] += now - self._open.at
        self._open.at = now

    def told(self) -> dict[str, int]:
        """By stage, and by thread what none of them took."""
        found: dict[str, int] = defaultdict(int)
        with self._lock:
            for ns in self._known:
                for stage, spent in list(ns.items()):
                    found[stage] += spent
        staged = sum(found.values())
        found["everything"] = time.process_time_ns()
        found["outside of stages"] = found["everything"] - staged
        return dict(found)


COUNT = Count()


def _wrapped(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def work(*args: Any, **kwargs: Any) -> Any:
        COUNT.enter(stage)
        try:
            return function(*args, **kwargs)
        finally:
            COUNT.leave()

    return work


def wrap() -> None:
    """Every function of STAGES."""
    for stage, places in STAGES.items():
        for place in places:
            module, _, name = place.partition(":")
            holder, _, method = name.partition(".")
            kind = getattr(importlib.import_module(f"aboveboard.{module}"), holder)
            setattr(kind, method, _wrapped(stage, getattr(kind, method)))


def main() -> int:
    wrap()
    path = Path(os.environ["BENCH_STAGES"])

    def tell(_number: int, _frame: object) -> None:
        part = path.with_suffix(".part")
        part.write_text(json.dumps(COUNT.told()), encoding="utf-8")
        part.rename(path)

    signal.signal(signal.SIGUSR2, tell)
    from aboveboard.cli import main as aboveboard

    return aboveboard(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
