"""The collector in a process of its own, as `aboveboard collector serve` runs it, so that it can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pyrage

from aboveboard.collector.home import Keys, write_home
from aboveboard.collector.service import Service
from aboveboard.collector.settings import Settings
from aboveboard.core.clock import SystemClock
from aboveboard.witness.given import GivenRecords
from aboveboard.witness.guardian import Guardian
from aboveboard.witness.home import GuardianKeys
from aboveboard.witness.http import Route
from aboveboard.witness.releases import Releases
from aboveboard.witness.server import Witness
from aboveboard.witness.shares import Shares
from aboveboard.witness.state import WitnessState
from tests.support.servers import Servers, small_server
from tests.support.stores import free_port
from tests.support.world import World


@dataclass
class Process:
    """One server. `words` are its further arguments."""

    home: Path
    charter: Path
    settings: Settings
    words: list[str]
    port: int = field(default_factory=free_port)
    running: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        line = [sys.executable, "-m", "aboveboard", "collector", "serve", "--home", str(self.home), "--charter",
                str(self.charter), "--port", str(self.port), *self.words]  # fmt: skip
        env = {**os.environ, "ABOVEBOARD_COLLECTOR_DATABASE": self.settings.database,
               "ABOVEBOARD_COLLECTOR_BLOBS": self.settings.blobs,
               "ABOVEBOARD_COLLECTOR_DEVICE_MB_PER_HOUR": "100000"}  # fmt: skip
        with (self.home.parent / f"collector-{self.port}.log").open("a") as log:
            self.running = subprocess.Popen(line, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.running.stdout is not None
        said = self.running.stdout.readline()
        if not said or not json.loads(said)["ready"]:
            raise RuntimeError(f"the collector did not start: {log.name}")

    def log(self) -> str:
        return (self.home.parent / f"collector-{self.port}.log").read_text()

    def kill(self) -> None:
        assert self.running is not None
        self.running.kill()
        self._reap()

    def stop(self) -> int:
        """Asked to stop; its exit code."""
        assert self.running is not None
        self.running.send_signal(signal.SIGTERM)
        return self._reap()

    def _reap(self) -> int:
        assert self.running is not None
        assert self.running.stdout is not None
        code = self.running.wait(60)
        self.running.stdout.close()
        self.running = None
        return code


@contextmanager
def served(folder: Path, settings: Settings | None = None, *words: str) -> Iterator[tuple[Servers, Process]]:
    """Witnesses and guardian in this process, the collector in another, a policy published. The Servers' `service` is
    not there: what a test asks of it, it asks over HTTP."""
    world, clock = World(notice_days_min=0, demo=True), SystemClock()
    with ExitStack() as stack:
        urls = []
        for key in (world.council, world.auditor):
            witness = Witness(
                key, {world.charter.origin: world.log_key.verify_key}, WitnessState(folder / key.name), clock
            )
            urls.append(
                stack.enter_context(small_server([Route("POST", "/add-checkpoint", 1 << 17, witness.add_checkpoint)]))
            )
        home, charter = folder / "collector", folder / "charter.json"
        write_home(home, Keys(world.log_key, pyrage.x25519.Identity.from_str(world.collector_identity)))
        charter.write_bytes(world.charter.to_bytes())
        asked = [word for url in urls for word in ("--witness", url)]
        process = Process(home, charter, settings or Settings(), [*asked, *words])
        process.start()
        stack.callback(lambda: process.running and process.stop())
        http = stack.enter_context(httpx.Client(base_url=process.url, timeout=60))
        keys = GuardianKeys(world.guardian_key, pyrage.x25519.Identity.from_str(world.guardian_identity))
        guardian = Guardian(keys, world.charter, Shares(folder), Releases(folder), GivenRecords(folder), clock)
        policy = world.policy(notice_days=0, starts="2026-01-01")
        servers = Servers(world, folder, cast("Service", cast("Any", None)), http, guardian, policy)
        assert http.post("/v1/policies", content=world.signed(policy).to_bytes()).status_code == 201
        deadline = time.monotonic() + 20
        while http.get("/v1/policies/current").status_code != 200:
            assert time.monotonic() < deadline, process.log()
            time.sleep(0.05)
        yield servers, process
