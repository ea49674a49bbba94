"""A whole recorder without a display: real terms, consents, gate, spool and sender around a scripted observer."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from aboveboard.core.clock import FixedClock
from aboveboard.core.events import ButtonEdge, KeptEvent, Observed, Snapshot
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import Policy, SignedPolicy
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.pauses import Pauses
from aboveboard.recorder.recorder import Recorder
from aboveboard.recorder.recording import Parts
from aboveboard.recorder.seal import Sealer
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.upload import Uplink
from aboveboard.wire.api import CurrentPolicy, to_base64
from tests.support.scripted import BUTTON, NOTE, ScriptedObserver, page
from tests.support.world import T0_S, World

NOWHERE = "http://127.0.0.1:1"


class Lamp:
    """An indicator that can always be seen."""

    kind = "badge"

    def __init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None

    def alive(self) -> bool:
        return True

    def show(self, state: str) -> None:
        """There is nothing to draw on."""

    def close(self) -> None:
        """There is nothing to close."""


class Laptop:
    """policy() puts one into the log and into the folder; start() records as soon as the person agrees."""

    def __init__(self, folder: Path, region: str = "DE") -> None:
        self.world = World(notice_days_min=0, demo=True)
        self.world.start_log()
        self.clock = FixedClock(T0_S * 1_000_000)
        self.home = Home(folder / "home")
        self.home.make()
        self.home.write(self.world.charter.to_bytes(), "charter.json")
        self.home.write(Config(region, NOWHERE, NOWHERE).to_bytes(), "config.json")
        self.terms = Terms(self.home, self.clock)
        self.consents = Consents(self.home, self.clock)
        self.spool = Spool(self.home.path("spool"), self.home.spool_key())
        self.observers: list[ScriptedObserver] = []
        self.policy: Policy | None = None
        self.recorder: Recorder | None = None
        self.indicator: Any = self.lamp()

    token = "token"
    lamp = Lamp

    def put(self, **changes: Any) -> Policy:
        """A policy in force, with zero notice."""
        policy = self.world.policy(**{"notice_days": 0, "review_hold_minutes": 60, **changes})
        signed: SignedPolicy = self.world.signed(policy)
        index = self.world.append(PolicyLeaf(policy.policy_id).encode())
        current = CurrentPolicy(to_base64(signed.to_bytes()), self.world.proof(index).encode()).to_bytes()
        self.home.write(current, "policy.json")
        self.home.write(current, "policies", f"{policy.policy_id}.json")
        self.policy = policy
        return policy

    def start(self) -> Recorder:
        assert self.policy is not None
        uplink = Uplink(self.home.config(), self.token)
        sealer = Sealer(
            self.home, self.spool, self.consents.contributor, self.consents.device, self.home.key("device")
        )  # fmt: skip
        sender = Sender(self.home, uplink, self.consents, sealer, self.clock)
        parts = Parts(
            self.home, self.terms, self.terms.charter(), self.policy, self.consents, Pauses(self.home, self.clock),
            self.spool, sender, cast("Any", self.indicator), self._observe, self.clock,
        )  # fmt: skip
        self.recorder = Recorder(parts)
        self.recorder.start()
        return self.recorder

    def _observe(self) -> ScriptedObserver:
        self.observers.append(ScriptedObserver())
        return self.observers[-1]

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < deadline, "it did not come about"
            self.clock.advance(50_000)
            time.sleep(0.01)

    def click(self, app: str = "chromium", site: str | None = "https://example.org", title: str = "A page") -> None:
        """On whatever observes now; nobody may."""
        surface = page(site, app, title)
        t_us = self.clock.now_us()
        for observer in self.observers[-1:]:
            observer.here = surface
            for pressed in (True, False):
                scene = Snapshot(t_us - 1, (NOTE, BUTTON), BUTTON) if pressed else None
                observer.queue.append(Observed(ButtonEdge(t_us, 30, 70, 1, pressed), surface, BUTTON, scene))
        self.clock.advance(100_000)

    def end(self) -> None:
        """Whatever came before: a recorder that is left would take the processor from every test after it."""
        if self.recorder is not None and not self.recorder.recording.stopped.is_set():
            self.recorder.stop()

    def stop(self) -> list[KeptEvent]:
        """What is on disk then."""
        assert self.recorder is not None
        self.end()
        return [event for _, chunk in self.spool.chunks() for event in chunk.events]
