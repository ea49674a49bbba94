"""What a demo or a simulation has started ends with it, also when nobody is left to stop it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from aboveboard.cli import main
from aboveboard.demo.processes import ended_well
from tests.support.world import World

STARTER = """
import sys, time
from pathlib import Path
from aboveboard.demo.processes import start
home, charter, log = map(Path, sys.argv[1:])
server = start("a witness", "witness", "serve", "--home", home, "--charter", charter, "--port", "0", log=log)
print(server.process.pid, flush=True)
time.sleep(600)
"""


def test_a_server_ends_when_its_starter_is_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, charter = tmp_path / "witness", tmp_path / "charter.json"
    assert main(["witness", "init", "--home", str(home), "--name", "witness-council"]) == 0
    charter.write_bytes(World().charter.to_bytes())
    words = [sys.executable, "-c", STARTER, str(home), str(charter), str(tmp_path / "log")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        server = psutil.Process(int(starter.stdout.readline()))
        time.sleep(0.2)
        assert server.is_running(), (tmp_path / "log").read_text()
        starter.kill()
    try:
        server.wait(10)
    finally:
        if server.is_running():
            server.kill()


def test_what_is_told_to_stop_ends_what_it_began() -> None:
    ended = []

    def begun() -> None:
        with ended_well():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(10)
            finally:
                ended.append(True)

    with pytest.raises(SystemExit) as raised:
        begun()
    assert (raised.value.code, ended) == (128 + signal.SIGTERM, [True])
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
