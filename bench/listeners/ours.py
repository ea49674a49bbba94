"""The whole recorder as a person has it: input, windows, tree, gate, redaction, spool, indicator, sender without a
connection. Only the policy is a test's, and the programme "xterm" is allowed."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import cast

from aboveboard.core.clock import SystemClock
from aboveboard.core.events import Button, Crop, Frame, PointerPath, Scroll, Text
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import FrameLevel
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
from aboveboard.wire.api import CurrentPolicy, to_base64
from tests.support.world import World

SETTLE_S = 1.5  # longer than a chunk stays open


def main() -> int:
    folder = Path(sys.argv[1])
    display, bus = os.environ["DISPLAY"], os.environ["DBUS_SESSION_BUS_ADDRESS"]
    world, clock, home = World(), SystemClock(), Home(folder)
    home.make()
    home.write(Config("DE", "http://127.0.0.1:9", "http://127.0.0.1:9").to_bytes(), "config.json")
    home.write(world.charter.to_bytes(), "charter.json")
    level = cast("FrameLevel", os.environ.get("BENCH_FRAMES", "none"))
    base = world.policy()
    frames = {} if level == "none" else {"frames": base.categories["elements"]}
    policy = world.policy(
        apps=("xterm", "chromium"), browsers=("chromium",), sites=("http://127.0.0.1:*",), frames=level,
        categories={**base.categories, **frames},
    )  # fmt: skip
    world.start_log()
    proof = world.proof(world.append(PolicyLeaf(policy.policy_id).encode()))
    current = CurrentPolicy(to_base64(world.signed(policy).to_bytes()), proof.encode())
    home.write(current.to_bytes(), "policies", f"{policy.policy_id}.json")
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
                "frames": sum(isinstance(event, Frame) for event in events),
                "crops": sum(isinstance(event, Crop) and bool(event.picture) for event in events),
                "crops_withheld": Counter(event.withheld for event in events if isinstance(event, Crop)),
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
