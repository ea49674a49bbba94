"""The whole way, in a real browser on a private display, through the public command: every bar of a short run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.desktop, pytest.mark.early(1)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """report.json of one `aboveboard demo --quick`, and its folder."""
    home = tmp_path_factory.mktemp("demo") / "out"
    words = [sys.executable, "-m", "aboveboard", "demo", "--quick", "--out", str(home), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=580)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout), home


def test_nothing_is_lost_and_nothing_is_kept_that_may_not_be(run: tuple[dict[str, Any], Path]) -> None:
    report, _ = run
    assert report["events_sent"] > 500
    for name in ("events_lost", "events_kept_while_paused", "events_kept_in_disallowed_app",
                 "events_kept_after_opting_out", "events_kept_of_forgotten"):  # fmt: skip
        assert report[name] == 0, name
    for reason in ("paused", "app_not_allowed"):
        assert sum(report["events_withheld"][reason].values()) > 10, reason


def test_no_secret_is_found_in_anything_the_run_left(run: tuple[dict[str, Any], Path]) -> None:
    report, _ = run
    assert report["canaries_searched"] >= 12
    assert report["canaries_found"] == 0, report["canaries"]
    assert report["search"]["files"] > 50


def test_every_audit_check_holds_before_and_after_reading(run: tuple[dict[str, Any], Path]) -> None:
    report, _ = run
    assert len(report["audit"]) == (14 + 34) + (14 + 36)
    assert [check for check in report["audit"] if check["result"] != "holds"] == []
    reasons = {
        check["check"]: check["reason"] for check in report["audit"] if check["when"].startswith("after reading")
    }
    assert "Fola" in reasons["own_accesses"]
    assert reasons["lineage"].startswith("1 datasets and 1 models")


def test_actions_are_rebuilt_as_they_were_done_and_the_agent_does_the_tasks(run: tuple[dict[str, Any], Path]) -> None:
    report, _ = run
    assert report["label_agreement"] >= 0.95
    assert report["episodes"] >= 18
    assert report["success"]["episodes"] == 24
    assert report["success"]["successes"] > report["success_random"]["successes"]


def test_what_was_typed_stands_there_as_placeholders(run: tuple[dict[str, Any], Path]) -> None:
    _, home = run
    page = (home / "report.html").read_text("utf-8")
    for placeholder in ("&lt;EMAIL_1&gt;", "&lt;PHONE_1&gt;", "&lt;CARD_1&gt;", "&lt;SECRET&gt;"):
        assert placeholder in page
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://127.0.0.1", "")


def test_a_byte_flipped_in_what_the_laptop_keeps_is_seen_by_its_monitor(run: tuple[dict[str, Any], Path]) -> None:
    """The real files of the run, through the public command: honest first (but for the servers that are gone)."""
    _, home = run
    log = home / "organisation" / "collector"
    words = [sys.executable, "-m", "aboveboard", "audit", "monitor", str(log), "--home", str(home / "laptop"),
             "--charter", str(home / "organisation" / "charter.json"), "--state", str(home / "monitor-2"),
             "--acknowledge", "--json"]  # fmt: skip

    def failing() -> set[str]:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        return {c["check"] for c in json.loads(done.stdout)["checks"] if c["result"] == "fails"}

    assert failing() == set()
    segment = next((home / "laptop" / "sent").glob("*.seg"))
    honest = segment.read_bytes()
    segment.write_bytes(honest[:-5] + bytes([honest[-5] ^ 1]) + honest[-4:])
    assert "own_chain" in failing()
    segment.write_bytes(honest)
    pauses = home / "laptop" / "pauses.jsonl"
    held = pauses.read_bytes()
    pauses.write_bytes(b"")
    assert failing() == set(), "without the journal, the gaps in the segments still say it"
    pauses.write_bytes(held)
    segment.unlink()
    assert failing() & {"own_chain", "own_segments_held", "holes_explained"} or not list(segment.parent.glob("*.seg"))
