"""`aboveboard simulate` drives a real collector, and finds what is lost, double or undead."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aboveboard.cli import main
from aboveboard.core.events import Gap, PointerPath, Text
from aboveboard.core.ids import SegmentId
from aboveboard.simulate.check import Check
from aboveboard.simulate.counts import Counts
from aboveboard.simulate.deeds import Deeds, Programme
from aboveboard.simulate.drive import Drive, Player
from aboveboard.simulate.laptop import Laptop
from aboveboard.simulate.plan import Script, Step, Trouble, script
from aboveboard.simulate.work import Piece, Stretch, pieces
from aboveboard.witness.http import Route
from tests.support.servers import Servers, now_us, running, small_server

HOUR_US = 3600 * 1_000_000


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers")) as made:
        yield made


def _work(servers: Servers, minutes: int = 20, seed: int = 1) -> list[Piece]:
    since = now_us() - minutes * 60 * 1_000_000
    pause = (since + 300_000_000, since + 600_000_000)
    stretch = Stretch(since, since + minutes * 60 * 1_000_000, pause)
    [session] = pieces(servers.policy, "DE", [stretch], random.Random(seed))
    return session


def _play(servers: Servers, laptop: Laptop, work: list[Piece], *steps: Step) -> Counts:
    counts = Counts()
    with small_server([Route("PUT", "/v1/epochs/", 1 << 16, servers.guardian.deposit),
                       Route("POST", "/v1/destroy", 1 << 16, servers.guardian.destroy)]) as guardian:  # fmt: skip
        programme = Programme(
            str(servers.http.base_url), (guardian,), servers.world.stewards[0], "DE", servers.service.clock
        )
        Drive([Player(laptop, Script(steps, 0), work)], Deeds(programme, counts), 1000, 1).run(print)
    return counts


def _check(servers: Servers, laptop: Laptop) -> Counts:
    counts = Counts()
    Check(str(servers.http.base_url), servers.world.charter, counts, 1).run([laptop], 2)
    return counts


def test_what_is_made_up_has_the_form_of_a_recording(servers: Servers) -> None:
    """Every instant covered, the pause a gap with nothing in it, and what is typed redacted."""
    work = _work(servers)
    assert all(one.end_us == other.start_us for one, other in itertools.pairwise(work))
    events = [each.event for piece in work for each in piece.events]
    assert {PointerPath, Text, Gap} <= {type(each) for each in events}
    gaps = [each for each in events if isinstance(each, Gap)]
    assert [each.reason for each in gaps] == ["paused"]
    assert not [each for each in events if gaps[0].t_us < each.t_us < gaps[0].end_us]


def test_the_same_seed_does_the_same() -> None:
    assert script(7, 3, 1.0, 5) == script(7, 3, 1.0, 5) != script(7, 4, 1.0, 5)


@pytest.mark.parametrize("trouble", ["twice", "torn", "early", "garbled"])
def test_whatever_goes_wrong_on_the_way_each_segment_is_there_once(servers: Servers, trouble: Trouble) -> None:
    laptop, work = Laptop(servers.world.charter, servers.policy), _work(servers)
    counts = _play(servers, laptop, work, Step(0, "join"), Step(1, "send", trouble), Step(2, "send"))
    assert counts.faults == []
    assert counts.done[f"trouble: {trouble}"] == 1
    assert len(laptop.acknowledged) == 2
    found = _check(servers, laptop)
    assert found.faults == []
    assert (found.done["segments read back"], found.done["proofs verified"]) == (2, 2)


def test_after_a_withdrawal_nothing_is_taken_and_what_is_deleted_is_gone(servers: Servers) -> None:
    laptop, work = Laptop(servers.world.charter, servers.policy), _work(servers)
    steps = [Step(0, "join"), *(Step(1, "send") for _ in work[:2]), Step(2, "delete_all"), Step(3, "withdraw")]
    counts = _play(servers, laptop, work, *steps)
    assert counts.faults == []
    assert "segment after withdrawal 403" in counts.statuses
    found = _check(servers, laptop)
    assert found.faults == []
    assert found.done["deletions done"] == 1


def test_what_is_not_as_it_has_to_be_is_found(servers: Servers) -> None:
    """A segment that was acknowledged and is not there; one too many; one that was deleted and is still given."""
    laptop, work = Laptop(servers.world.charter, servers.policy), _work(servers)
    _play(servers, laptop, work, Step(0, "join"), Step(1, "send"), Step(2, "send"))
    known = list(laptop.acknowledged)
    laptop.acknowledged = [*known, SegmentId("0" * 64)]
    found = _check(servers, laptop)
    assert (found.done["lost"], found.done["unreadable"], found.done["unproven"]) == (1, 1, 1)
    laptop.acknowledged = known[:1]
    assert _check(servers, laptop).done["double"] == 1
    laptop.acknowledged, laptop.deleted = known, {known[0]}
    assert _check(servers, laptop).done["undead"] == 1


def test_the_command_starts_servers_of_its_own_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "report.json"
    words = ["simulate", "--contributors", "12", "--hours", "0.5", "--speed", "600", "--seed", "4", "--out", str(out)]
    assert main(words) == 0, capsys.readouterr().out
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["faults"] == 0
    assert not any(report["wrong"].values())
    assert report["done"]["joined"] == 12
    assert report["segments_acknowledged"] == report["done"]["segments listed"] > 12
    assert report["audit"]["ok"]
    assert report["times"]["segment"]["p99_ms"] > 0
    assert "nothing lost, nothing double" in capsys.readouterr().out


def test_numbers_that_make_no_sense_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--contributors", "0"]) == 2
    assert main(["simulate", "--collector", "http://127.0.0.1:9"]) == 2
    assert "--charter" in capsys.readouterr().err


@pytest.mark.prove
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("when", ["servers begin", "laptops send"])
def test_however_it_ends_its_servers_end_too(tmp_path: Path, sign: signal.Signals, when: str) -> None:
    """SIGTERM and Ctrl+C: their folder is removed as well."""
    words = [sys.executable, "-m", "aboveboard", "simulate", "--contributors", "3", "--speed", "1"]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True) as running:
        if when == "laptops send":
            assert running.stderr is not None
            while "their laptops send" not in running.stderr.readline():
                assert running.poll() is None
        started = list[psutil.Process]()
        while len(started) < (3 if when == "laptops send" else 1):
            with contextlib.suppress(psutil.NoSuchProcess):  # other commands come and go
                started = [each for each in psutil.Process(running.pid).children() if "serve" in each.cmdline()]
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(sign)
        codes = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGKILL: -9}
        assert running.wait(40) == codes[sign]
    gone, left = psutil.wait_procs(started, 20)
    for each in left:
        each.kill()
    assert not left
    assert len(gone) == len(started)
    assert sign is signal.SIGKILL or list(tmp_path.iterdir()) == []
