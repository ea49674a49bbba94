"""A piece of a long bench in a process of its own: a file says what, another holds what came of it."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

What = TypeVar("What")


def carry_out(kind: type[What], prefix: str, run: Callable[[What, Path], object]) -> int:
    """argv: the file with the task, a `kind` as JSON, and the one for the outcome, which is there whole or not at all.
    run: is given the task and a folder that goes with it. Where it is ended early, displays and programs end too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    task = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=kind)
    with tempfile.TemporaryDirectory(prefix=prefix) as folder:
        outcome = run(task, Path(folder))
    unfinished = Path(sys.argv[2]).with_suffix(".unfinished")
    unfinished.write_bytes(msgspec.json.encode(outcome))
    unfinished.replace(sys.argv[2])
    return 0
