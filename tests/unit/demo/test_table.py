"""The end of the demo: what was made adds up."""

from __future__ import annotations

import re
from typing import Any

from aboveboard.demo.report import table

EVALUATION = {"successes": 1, "episodes": 2, "rate": 0.5}
REPORT: dict[str, Any] = {
    "events_sent": 130, "events_kept": {"pointer": 90, "keys": 20, "frames": 7}, "events_lost": 1,
    "events_withheld": {"paused": {"pointer": 15, "keys": 4}}, "events_kept_while_paused": 0,
    "events_kept_in_disallowed_app": 0, "canaries_found": 0, "canaries_searched": 3, "bytes_per_active_hour": 1,
    "recorder_cpu_percent": 1.0, "recorder_rss_mb": 50.0, "audit": [], "episodes": 1, "actions": 9,
    "label_agreement": 1.0, "success": EVALUATION, "success_random": EVALUATION, "success_majority": EVALUATION,
    "seconds": {"total": 1.0},
}  # fmt: skip


def test_kept_withheld_and_lost_are_what_was_made_and_pictures_are_no_input() -> None:
    lines = dict(re.split(r"  +", line.strip(), maxsplit=1) for line in table(REPORT).splitlines())
    withheld = sum(int(value) for name, value in lines.items() if name.startswith("withheld"))
    assert int(lines["kept"]) + withheld + int(lines["lost"]) == int(lines["input events made"])
    assert lines["pictures of the screen kept"] == "7"
