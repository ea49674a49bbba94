"""What a command had at work for it ends with the command, also when that is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from aboveboard.core.events import Element
from aboveboard.datasets.schema import Episode, Step, encode_episodes

PROGRAMS = {"Xvfb", "chromium"}


def programs_of(process: psutil.Process) -> list[psutil.Process]:
    found = []
    for each in process.children(recursive=True):
        try:
            found += [each] * (each.name() in PROGRAMS)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_an_evaluation_that_is_ended_leaves_no_display_and_no_browser(tmp_path: Path, how: str) -> None:
    button = Element("push button", "Yes", (10, 10, 90, 20), (), (0,))
    step = Step("click", 0, 10, x=20, y=15, target=button, target_index=0, elements=(button,))
    (tmp_path / "train.parquet").write_bytes(
        encode_episodes([Episode("0" * 32, "p", "all", "x", "success", (), (step,))])
    )
    words = [
        "--model",
        "random",
        "--data",
        str(tmp_path),
        "--tasks",
        "click-button",
        "--episodes",
        "500",
        "--workers",
        "1",
    ]
    command = [sys.executable, "-m", "aboveboard", "learn", "evaluate", *words, "--json"]
    with psutil.Popen(command, stdout=subprocess.DEVNULL) as evaluation:
        deadline = time.monotonic() + 60
        while {each.name() for each in programs_of(evaluation)} != PROGRAMS:
            assert evaluation.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        started = programs_of(evaluation)
        getattr(evaluation, how)()
        assert psutil.wait_procs(started, timeout=30)[1] == []
