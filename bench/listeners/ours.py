"""`aboveboard record` as a person has it, in a process of its own: windows, tree, gate, redaction, encrypted spool,
tray or badge, page, hotkeys, and a sender without a connection."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from aboveboard.core.errors import AboveboardError
from aboveboard.core.events import Button, Crop, Frame, KeptEvent, PointerPath, Scroll, Text
from aboveboard.recorder.asking import ask
from aboveboard.recorder.home import Home
from aboveboard.recorder.spool.keys import spool_key
from aboveboard.recorder.spool.spool import Spool

SETTLE_S = 1.5  # longer than a chunk stays open
START_S_MAX = 120.0


def kept(home: Home) -> list[KeptEvent]:
    """What lies in the spool of a recorder that has ended."""
    return [event for _, chunk in Spool(home.path("spool"), spool_key(home)).chunks() for event in chunk.events]


def _recording(home: Home) -> None:
    """Until it records, or can as soon as a window is in front. Raises RuntimeError."""
    deadline = time.monotonic() + START_S_MAX
    while True:
        try:
            state = ask(home.folder, do="status")["state"]
        except AboveboardError:
            state = ""
        if state in ("recording", "not_allowed"):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"the recorder does not record: {state}")
        time.sleep(0.1)


def told(status: dict[str, Any], events: list[KeptEvent]) -> dict[str, Any]:
    """For whoever measures."""
    return {
        "n": sum(status["counters"]["observed"].values()),
        "kept_pointer": sum(event.n for event in events if isinstance(event, PointerPath)),
        "kept_buttons": sum(isinstance(event, Button) for event in events),
        "presses_us": [event.t_us for event in events if isinstance(event, Button) and event.pressed],
        "kept_wheel": sum(isinstance(event, Scroll) for event in events),
        "texts": sum(isinstance(event, Text) for event in events),
        "frames": sum(isinstance(event, Frame) for event in events),
        "crops": sum(isinstance(event, Crop) and bool(event.picture) for event in events),
        "crops_withheld": Counter(event.withheld for event in events if isinstance(event, Crop)),
        "withheld": status["counters"]["withheld"],
        "bytes": status["spool_bytes"],
        "problem": status["problem"],
    }


def main() -> int:
    home = Home(Path(sys.argv[1]) / "home")
    subprocess.run([sys.executable, "-m", "bench.listeners.programme", str(home.folder)], check=True)
    program = "bench.listeners.staged" if "BENCH_STAGES" in os.environ else "aboveboard"
    recorder = subprocess.Popen(
        [sys.executable, "-m", program, "record", "--home", str(home.folder)], stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
    )  # fmt: skip
    try:
        _recording(home)
        time.sleep(1.0)
        print(f"ready {recorder.pid}", flush=True)
        sys.stdin.read()
        time.sleep(SETTLE_S)
        ask(home.folder, do="review")  # what was recorded up to now is on disk then
        status = ask(home.folder, do="status")
    finally:
        recorder.send_signal(signal.SIGTERM)
        recorder.wait(30)
    print(json.dumps(told(status, kept(home))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
