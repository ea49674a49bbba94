"""A recorder or a peer that listens to a display, in a process of its own, and what that process costs."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from aboveboard.desktop.display import PrivateDisplay


def cpu_ns(pid: int) -> int:
    """Processor time of a process's threads so far. From schedstat: the usual counters tick in 10 ms only."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def tree(pid: int) -> list[psutil.Process]:
    """It and what it has started."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def wakeups(pid: int) -> int:
    """Times any thread of the process was put on a processor after sleeping."""
    lines = [line for path in Path(f"/proc/{pid}/task").glob("*/status") for line in path.read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


@dataclass
class Listener:
    """A running recorder and what it said at its end."""

    process: subprocess.Popen[str]
    pid: int  # of what is measured
    said: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def listening(who: str, display: PrivateDisplay) -> Iterator[Listener]:
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", f"bench.listeners.{who}", folder], env={**os.environ, **display.env},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        word, _, pid = process.stdout.readline().strip().partition(" ")
        if word != "ready":
            raise RuntimeError(f"{who} did not start")
        listener = Listener(process, int(pid or process.pid))
        yield listener
        process.stdin.close()
        listener.said = json.loads(process.stdout.readline())
        process.wait(60)
