"""A folder for `aboveboard record`, made by a process of its own: a demo programme whose policy is in force now, and a
person who has agreed to it. There is no collector: what is recorded waits. `BENCH_FRAMES`: the policy's level."""

from __future__ import annotations

import datetime
import os
import sys
import time
from pathlib import Path
from typing import cast

from aboveboard.core.clock import SystemClock
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import FrameLevel
from aboveboard.core.policy_words import explain
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.home import Config, Home
from aboveboard.wire.api import CurrentPolicy, to_base64
from tests.support.world import World

NOWHERE = "http://127.0.0.1:9"


def main() -> int:
    world, home = World(notice_days_min=0, demo=True), Home(Path(sys.argv[1]))
    home.make()
    home.write(Config("DE", NOWHERE, NOWHERE).to_bytes(), "config.json")
    home.write(world.charter.to_bytes(), "charter.json")
    home.write(b"none", "token")
    level = cast("FrameLevel", os.environ.get("BENCH_FRAMES", "none"))
    base, today = world.policy(), datetime.datetime.now(datetime.UTC).date()
    frames = {} if level == "none" else {"frames": base.categories["elements"]}
    policy = world.policy(
        apps=("xterm", "chromium", "mousepad"), browsers=("chromium",), sites=("http://127.0.0.1:*",), frames=level,
        categories={**base.categories, **frames}, notice_days=0, starts=(today - datetime.timedelta(1)).isoformat(),
        expires=(today + datetime.timedelta(300)).isoformat(), battery_percent_min=0,
    )  # fmt: skip
    world.start_log()
    index = world.append(PolicyLeaf(policy.policy_id).encode())
    note = world.note(int(time.time()))
    current = CurrentPolicy(to_base64(world.signed(policy).to_bytes()), world.proof(index, note).encode()).to_bytes()
    home.write(current, "policy.json")
    home.write(current, "policies", f"{policy.policy_id}.json")
    home.write(note.encode(), "checkpoint")
    Consents(home, SystemClock()).say("given", policy, explain(policy, world.charter))
    return 0


if __name__ == "__main__":
    sys.exit(main())
