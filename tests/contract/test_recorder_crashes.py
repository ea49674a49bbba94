"""A recorder that is killed while it records: at most the last second is lost, nothing is broken, nothing secret lies
about."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aboveboard.core.columns import decode_column
from aboveboard.core.events import Button, PointerPath
from aboveboard.recorder.spool.spool import Spool
from tests.support.scripted import NOTE, Recording

SECRET = "Tr0ub4dor&3-horse"


def record_until_killed(folder: Path) -> None:
    """A session at a person's pace and more, on the machine's own clock; tells each sample's number once it is in."""
    recording = Recording(folder)
    recording.clock.advance(time.time_ns() // 1000 - recording.clock.now_us())
    recording.pipeline._start_us = recording.clock.now_us()
    n = 0
    while True:
        now_us = time.time_ns() // 1000
        if n % 40 == 39:
            recording.click(now_us, x=n)
        elif n % 40 == 20:
            recording.type(now_us - 40_000, SECRET, NOTE)
            recording.click(now_us)
        else:
            recording.move(now_us)
        os.write(1, f"{now_us}\n".encode())
        recording.clock.advance(time.time_ns() // 1000 - recording.clock.now_us())
        recording.pipeline.step(0.0)
        n += 1
        time.sleep(0.002)


@pytest.mark.parametrize("rounds", [4, pytest.param(50, marks=pytest.mark.prove)])
def test_a_kill_loses_at_most_the_last_second(rounds: int, tmp_path: Path) -> None:
    chance = random.Random(7)
    for number in range(rounds):
        folder = tmp_path / str(number)
        words = [sys.executable, "-m", "tests.contract.test_recorder_crashes", str(folder)]
        child = subprocess.Popen(words, stdout=subprocess.PIPE)
        assert child.stdout is not None
        first_us = int(child.stdout.readline())
        time.sleep(chance.uniform(0.7, 2.2))
        child.send_signal(signal.SIGKILL)
        told = [int(line) for line in child.stdout.read().split(b"\n")[:-1]]
        child.wait()
        child.stdout.close()
        spool = Spool(folder / "spool", bytes(range(32)))
        chunks = [chunk for _, chunk in spool.chunks()]
        times = [t_us for chunk in chunks for event in chunk.events for t_us in _times(event)]
        assert not spool.broken
        assert not list((folder / "spool").glob("*.open"))
        assert times == sorted(times)
        assert times[0] == first_us
        assert told[-1] - times[-1] < 1_000_000, f"{(told[-1] - times[-1]) / 1e6:.2f} s are lost"
        wanted = {t_us for t_us in told if t_us <= times[-1]}
        assert wanted <= set(times), "a hole"
        for path in folder.rglob("*"):
            assert not path.is_file() or SECRET.encode() not in path.read_bytes()


def _times(event: object) -> list[int]:
    if isinstance(event, PointerPath):
        return [int(t_us) for t_us in decode_column(event.t, event.n) + event.t_us]
    return [event.t_us] if isinstance(event, Button) and event.pressed else []


def test_no_core_file_and_no_reading_of_the_recorders_memory() -> None:
    code = (
        "from aboveboard.recorder.memory import keep_memory_private; keep_memory_private();"
        "import ctypes, os, resource as r;"
        "print(r.getrlimit(r.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True); os.abort()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGABRT
    assert done.stdout == "(0, 0) 0\n"  # PR_GET_DUMPABLE


if __name__ == "__main__":
    record_until_killed(Path(sys.argv[1]))
