"""A whole recorder without a display that speaks to a real collector and a real guardian."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from aboveboard.core.clock import SystemClock
from aboveboard.core.vault import DeviceCert, sign_device_cert
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.control import ControlServer
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.recorder import Recorder
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.upload import Uplink
from tests.support.laptop import Laptop
from tests.support.servers import Servers


class Passing(SystemClock):
    """A clock that can't be put forward: it is waited for."""

    def advance(self, us: int) -> None:
        time.sleep(us / 1e6)


class SendingLaptop(Laptop):
    """Enrolled at `servers`, whose policy is in its folder. start() serves its commands too."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.world, self.clock, self.observers = servers.world, Passing(), []  # type: ignore[assignment]
        self.home = Home(folder / "home")
        self.home.make()
        charter = self.world.charter
        config = Config.under(charter, "DE", str(servers.http.base_url).rstrip("/"))
        self.home.write(charter.to_bytes(), "charter.json")
        self.home.write(config.to_bytes(), "config.json")
        self.terms = Terms(self.home, self.clock)
        self.consents = Consents(self.home, self.clock)
        self.spool = Spool(self.home.path("spool"), self.home.spool_key())
        self.recorder, self.indicator = None, self.lamp()
        self.policy = servers.policy
        current = servers.get("/v1/policies/current").content
        self.home.write(current, "policy.json")
        self.home.write(current, "policies", f"{servers.policy.policy_id}.json")
        self._enrol(config, servers.invited())
        self._control: ControlServer | None = None

    def _enrol(self, config: Config, code: str) -> None:
        contributor, device = self.home.key("contributor"), self.home.key("device")
        cert = DeviceCert(
            self.consents.contributor, contributor.verify_key.encode(), self.consents.device, device.verify_key.encode()
        )  # fmt: skip
        with closing(Uplink(config)) as uplink:
            self.token = uplink.enrol(code, sign_device_cert(cert, contributor), "DE")

    def start(self) -> Recorder:
        """Recording, by its person's consent."""
        recorder = super().start()
        self._control = ControlServer(self.home.path("control.sock"), recorder, self.clock.now_us)
        recorder.agree(recorder.status()["policy"])
        self.until(lambda: recorder.state == "recording")
        return recorder

    def sent(self) -> int:
        """How many segments have left, once all that were sealed have and are proven to be in the log."""
        assert self.recorder is not None
        status = self.recorder.status()
        return int(status["sent_segments"]) if not status["proofs_missing"] + status["unsent_segments"] else 0

    def send(self) -> None:
        """Has what waits sent, and waits for the proofs."""
        assert self.recorder is not None
        before = self.sent()
        self.recorder.send_now()
        self.until(lambda: self.sent() > before)

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < deadline, self.recorder and self.recorder.status()["problem"]
            time.sleep(0.02)

    def close(self) -> None:
        if self._control is not None:
            self._control.close()
        if self.recorder is not None and not self.recorder.recording.stopped.is_set():
            self.recorder.stop()
