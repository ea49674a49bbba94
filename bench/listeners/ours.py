"""The whole recorder as a person has it: input, windows, tree, gate, redaction, spool, indicator, sender without a
connection. Only the policy is a test's, and the programme "xterm" is allowed."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from aboveboard.core.clock import SystemClock
from aboveboard.core.events import Button, PointerPath, Scroll, Text
from aboveboard.recorder.badge import Badge
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.observe import X11Observer
from aboveboard.recorder.pauses import Pauses
from aboveboard.recorder.recorder import Parts, Recorder
from aboveboard.recorder.seal import Sealer
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.upload import Uplink
from tests.support.world import World

SETTLE_S = 1.5  # longer than a chunk stays open


def main() -> int:
    folder = Path(sys.argv[1])
    display, bus = os.environ["DISPLAY"], os.environ["DBUS_SESSION_BUS_ADDRESS"]
    world, clock, home = World(), SystemClock(), Home(folder)
    home.make()
    home.write(Config("DE", "http://127.0.0.1:9", "http://127.0.0.1:9").to_bytes(), "config.json")
    home.write(world.charter.to_bytes(), "charter.json")
    policy = world.policy(apps=("xterm", "chromium"), browsers=("chromium",), sites=("http://127.0.0.1:*",))
    consents = Consents(home, clock)
    spool = Spool(home.path("spool"), home.spool_key())
    sealer = Sealer(home, spool, consents.contributor, consents.device, home.key("device"))
    sender = Sender(home, Uplink(home.config()), consents, sealer, clock)
    recorder = Recorder(
        Parts(
            home, Terms(home, clock), world.charter, policy, consents, Pauses(home, clock), spool, sender,
            Badge(display), lambda: X11Observer(display, None, bus, frozenset(policy.browsers)), clock,
        )
    )  # fmt: skip
    recorder.start()
    recorder.agree(policy.policy_id)
    while recorder.state == "waiting_for_consent":
        time.sleep(0.05)
    time.sleep(1.0)
    print("ready", flush=True)
    sys.stdin.read()
    time.sleep(SETTLE_S)
    recorder.stop()
    status = recorder.status()
    chunks = [chunk for _, chunk in spool.chunks()]
    events = [event for chunk in chunks for event in chunk.events]
    paths = sum(event.n for event in events if isinstance(event, PointerPath))
    print(
        json.dumps(
            {
                "n": sum(status["counters"]["observed"].values()),
                "kept_pointer": paths,
                "kept_buttons": sum(isinstance(event, Button) for event in events),
                "kept_wheel": sum(isinstance(event, Scroll) for event in events),
                "texts": sum(isinstance(event, Text) for event in events),
                "withheld": status["counters"]["withheld"],
                "bytes": spool.bytes,
                "chunks": len(chunks),
                "cpu_by_thread": {},
                "problem": status["problem"],
            }
        ),
        flush=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
