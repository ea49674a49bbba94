"""The whole recorder for a session of the benchmark: only the policy is a test's. Told by lines on standard input what
a person tells it ("pause 30m", "resume", "task TEXT", "done", "stop"), and leaves the kept events in events.msgpack."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import msgspec

from aboveboard.core.clock import SystemClock
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.indicator import TrayOrBadge
from aboveboard.recorder.observe import X11Observer
from aboveboard.recorder.pauses import Pauses
from aboveboard.recorder.pipeline import Mark
from aboveboard.recorder.recorder import Recorder
from aboveboard.recorder.recording import Parts
from aboveboard.recorder.seal import Sealer
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.upload import Uplink
from aboveboard.wire.api import CurrentPolicy, to_base64
from tests.support.world import World

APPS = ("chromium", "mousepad", "featherpad", "galculator")
SETTLE_S = 1.5  # longer than a chunk stays open


def _told(recorder: Recorder, line: str) -> None:
    what, _, rest = line.strip().partition(" ")
    match what:
        case "pause":
            recorder.pause(rest)
        case "resume":
            recorder.resume()
        case "task":
            recorder.task(Mark("start", rest))
        case "done":
            recorder.task(Mark("stop", "", "success"))
        case _:
            raise ValueError(f"the recorder is told {what!r}")


def main() -> int:
    folder = Path(sys.argv[1])
    display, bus = os.environ["DISPLAY"], os.environ["DBUS_SESSION_BUS_ADDRESS"]
    world, clock, home = World(notice_days_min=0, demo=True), SystemClock(), Home(folder / "home")
    world.start_log()
    home.make()
    home.write(Config("DE", "http://127.0.0.1:9", "http://127.0.0.1:9").to_bytes(), "config.json")
    home.write(world.charter.to_bytes(), "charter.json")
    policy = world.policy(apps=APPS, browsers=("chromium",), sites=("http://127.0.0.1:*",))
    index = world.append(PolicyLeaf(policy.policy_id).encode())
    current = CurrentPolicy(to_base64(world.signed(policy).to_bytes()), world.proof(index).encode())
    home.write(current.to_bytes(), "policies", f"{policy.policy_id}.json")
    consents = Consents(home, clock)
    spool = Spool(home.path("spool"), home.spool_key())
    sealer = Sealer(home, spool, consents.contributor, consents.device, home.key("device"))
    sender = Sender(home, Uplink(home.config()), consents, sealer, clock)
    recorder = Recorder(
        Parts(
            home, Terms(home, clock), world.charter, policy, consents, Pauses(home, clock), spool, sender,
            TrayOrBadge(display, bus, home), lambda: X11Observer(display, None, bus, frozenset(policy.browsers)), clock,
        )
    )  # fmt: skip
    recorder.start()
    recorder.agree(policy.policy_id)
    while recorder.state == "waiting_for_consent":
        time.sleep(0.05)
    time.sleep(1.0)
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "stop":
            break
        try:
            _told(recorder, line)
            print("ok", flush=True)
        except Exception as error:  # noqa: BLE001  said to whoever asked
            print(f"{type(error).__name__}: {error}", flush=True)
    time.sleep(SETTLE_S)
    recorder.stop()
    events = [event for _, chunk in spool.chunks() for event in chunk.events]
    (folder / "events.msgpack").write_bytes(msgspec.msgpack.encode(events))
    status = recorder.status()
    said = {"problem": status["problem"], "withheld": status["counters"]["withheld"], "indicator": status["indicator"]}
    print(json.dumps(said), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
