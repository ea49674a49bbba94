"""The monitor from look to look: forks, rollbacks, notice set back, late deletions; and nothing is forgotten."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aboveboard.audit.monitor import Monitor
from aboveboard.audit.remembered import Memory
from aboveboard.audit.source import FolderSource
from aboveboard.audit.summary import Report
from aboveboard.cli import main
from aboveboard.core.charter import Group, WitnessEntry, Witnesses
from aboveboard.core.charter_chain import CharterBundle, SignedCharter
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import Corrupt, Refused
from aboveboard.core.leaves import DeletionAskedLeaf, DeletionDoneLeaf, PolicyLeaf
from aboveboard.core.notes import NoteSignature
from aboveboard.core.policy import SignedPolicy
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey
from aboveboard.wire.api import CurrentPolicy, to_base64
from tests.support.charters import rotated, successor
from tests.support.world import DAY_S, T0_S, World

US = 1_000_000


class Watched:
    """A published log that can be changed between looks, and its monitor."""

    def __init__(self, folder: Path) -> None:
        self.world = World()
        self.world.start_log()
        self.world.batch([b"r" * 32], "rights")
        self.folder, self.clock = folder, FixedClock(T0_S * US)
        self.policies: list[SignedPolicy] = []

    def publish(self, time_s: int) -> None:
        for path in sorted((self.folder / "log").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        self.world.publish(self.folder / "log", self.policies, time_s)

    def look(self, *, live: bool = False) -> Report:
        memory = Memory(self.folder / "state", self.world.charter.origin)
        try:
            return Monitor(
                FolderSource(self.folder / "log"), self.world.charter, memory, self.clock, live=live
            ).look()  # fmt: skip
        finally:
            memory.close()

    def evidence(self) -> list[str]:
        return [path.read_text("utf-8") for path in sorted((self.folder / "state" / "evidence").iterdir())]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    watched = Watched(tmp_path)
    watched.publish(T0_S)
    assert watched.look().ok
    return watched


def _failing(report: Report) -> set[str]:
    return {check.name for check in report.checks if check.result == "fails"}


def test_a_log_that_only_grows_is_looked_at_again_and_again(watched: Watched) -> None:
    for day in range(1, 4):
        watched.world.batch([bytes([day]) * 32], "rights")
        watched.publish(T0_S + day * DAY_S)
        watched.clock.advance(DAY_S * US)
        report = watched.look()
        assert report.ok, report.to_text()
    assert report.about["looks"] == 4
    assert watched.evidence() == []


def test_a_fork_is_noticed_and_both_sides_kept_as_proof_for_anyone(watched: Watched) -> None:
    true = list(watched.world.entries)
    watched.world.entries[1] = watched.world.batch([b"x" * 32], "rights")[0].leaf.encode()
    watched.publish(T0_S + 60)
    assert "append_only" in _failing(watched.look())
    notes = [watched.world.charter.check_checkpoint(text)[0] for text in watched.evidence()]
    assert [note.size for note in notes] == [2, 3]
    assert notes[0] != notes[1]
    # Put right again, it is still told; and the forked log never became the measure of the true one.
    watched.world.entries[:] = true
    watched.publish(T0_S + 120)
    report = watched.look()
    assert _failing(report) == {"append_only"}
    assert "not acknowledged" in next(c.reason for c in report.checks if c.name == "append_only")


def test_a_fork_that_only_the_log_signed_is_noticed_by_whoever_is_given_it(watched: Watched, tmp_path: Path) -> None:
    """As a witness keeps the checkpoint it refused: the log's own signature holds it to what it signed."""
    world, theirs = watched.world, tmp_path / "theirs"
    words = [*_words(watched), "--since", str(theirs)]
    theirs.write_text(world.note(T0_S, [], [world.entries[0], b"{}"]))
    assert main(words) == 1
    theirs.write_text(world.note(T0_S, [], world.entries[:1]))
    assert main([*words, "--acknowledge"]) == 0
    theirs.write_text(world.note(T0_S, [], [*world.entries, b"{}"]))
    assert main(words) == 3, "signed, but not cosigned yet: no log has to show it"
    theirs.write_text(World().note(T0_S, entries=world.entries))
    assert main(words) == 2, "another log's"


def test_a_server_that_hides_how_the_charter_was_replaced_does_not_stop_the_monitor(watched: Watched) -> None:
    """The checkpoint of the last look is cosigned under a charter that can't be had any more; it is a measure still."""
    world, published = watched.world, watched.folder / "log" / "published"
    witness = SigningKey.generate("witness-new", COSIGNATURE_V1)
    first = CharterBundle(SignedCharter.of(world.charter.to_bytes()), world.proof(0).encode())
    witnesses = Witnesses((WitnessEntry(witness.verify_key.encode(), "workers"),), Group(1, ("witness-new",)))
    new = successor(world.charter, witnesses=witnesses)
    later = rotated(world, new)
    watched.publish(T0_S)
    (watched.folder / "log" / "checkpoint").write_text(world.note(T0_S, [witness]))
    (published / "charter.json").write_bytes(new.to_bytes())
    (published / "charters").mkdir()
    for bundle in (first, later):
        (published / "charters" / f"{bundle.charter_id}.json").write_bytes(bundle.to_bytes())
    assert watched.look().ok
    world.entries[1] = world.batch([b"x" * 32], "rights")[0].leaf.encode()
    watched.publish(T0_S + 60)
    assert {"append_only", "charter"} <= _failing(watched.look())
    assert [checkpoint_size(text) for text in watched.evidence()[:2]] == [3, 4]


def checkpoint_size(note: str) -> int:
    return int(note.splitlines()[1])


def test_evidence_is_kept_whole_whatever_stands_beside_the_signatures(watched: Watched) -> None:
    """The log's server may put as many lines into a checkpoint as a note takes, in front of those that count."""
    world, path = watched.world, watched.folder / "log" / "checkpoint"

    def padded() -> None:
        text, separator, lines = path.read_text("utf-8").partition("\n\n")
        junk = "".join(NoteSignature(f"nobody-{i}", b"none", bytes(3000)).line() for i in range(40))
        path.write_text(text + separator + junk + lines, "utf-8")

    padded()
    assert watched.look().ok
    world.entries[1] = world.batch([b"x" * 32], "rights")[0].leaf.encode()
    watched.publish(T0_S + 60)
    padded()
    assert "append_only" in _failing(watched.look())
    assert [world.charter.check_checkpoint(text)[0].size for text in watched.evidence()] == [2, 3]


def test_a_log_that_drops_its_last_entry_is_noticed(watched: Watched) -> None:
    watched.world.batch([b"x" * 32], "rights")
    watched.publish(T0_S + 60)
    assert watched.look().ok
    watched.world.entries.pop()
    watched.publish(T0_S + 120)
    report = watched.look()
    assert "append_only" in _failing(report)
    assert "rolled back" in next(c.reason for c in report.checks if c.name == "append_only")


def test_a_notice_that_is_made_to_start_earlier_is_noticed(watched: Watched) -> None:
    """A colluding quorum signs with a clock set back, after a checkpoint that did not hold the policy yet."""
    world, signed = watched.world, watched.world.signed()
    watched.policies.append(signed)
    world.append(PolicyLeaf(signed.policy_id).encode())
    watched.publish(T0_S + DAY_S)
    path = watched.folder / "log" / "published" / "policies" / f"{signed.policy_id}.json"
    backdated = world.proof(2, world.note(T0_S - 40 * DAY_S))
    path.write_bytes(CurrentPolicy(to_base64(signed.to_bytes()), backdated.encode()).to_bytes())
    assert _failing(watched.look()) == {"notice_start"}


def test_a_deletion_that_is_overdue_is_noticed_also_when_the_log_stands_still(watched: Watched) -> None:
    watched.world.append(DeletionAskedLeaf("5" * 64, (T0_S // DAY_S + 9) * DAY_S * US).encode())
    watched.publish(T0_S + 60)
    assert watched.look().ok
    watched.clock.advance(20 * DAY_S * US)
    assert watched.look(live=False).ok, "a copy from then says nothing about now"
    assert _failing(watched.look(live=True)) == {"deletions"}
    watched.world.append(DeletionDoneLeaf("5" * 64).encode())
    watched.publish(T0_S + 20 * DAY_S)
    assert _failing(watched.look(live=True)) == {"deletions"}, "done late is still told"


def test_segments_from_before_the_notice_had_run_stay_noticed_after_it_has(watched: Watched) -> None:
    signed = watched.world.signed()
    watched.policies.append(signed)
    watched.world.append(PolicyLeaf(signed.policy_id).encode())
    watched.world.batch([b"s" * 32], "segments")
    watched.publish(T0_S + DAY_S)
    assert _failing(watched.look()) == {"nothing_before_notice"}
    watched.world.batch([b"t" * 32], "rights")
    watched.publish(T0_S + 100 * DAY_S)
    path = watched.folder / "log" / "published" / "policies" / f"{signed.policy_id}.json"
    early = watched.world.entries.pop()
    proof = watched.world.proof(2, watched.world.note(T0_S + DAY_S))
    watched.world.entries.append(early)
    path.write_bytes(CurrentPolicy(to_base64(signed.to_bytes()), proof.encode()).to_bytes())
    report = watched.look()
    assert _failing(report) == {"nothing_before_notice"}, "one look alone would find nothing any more"


def test_two_monitors_of_one_memory_and_a_memory_of_another_log_are_refused(tmp_path: Path) -> None:
    memory = Memory(tmp_path, "example.org/log")
    with pytest.raises(Refused, match="another monitor"):
        Memory(tmp_path, "example.org/log")
    memory.keep(memory.known)
    memory.close()
    with pytest.raises(Refused, match="memory of the log"):
        Memory(tmp_path, "example.org/other")
    (tmp_path / "state.json").write_bytes(b"{}")
    with pytest.raises(Corrupt, match="restore it"):
        Memory(tmp_path, "example.org/log")


def _words(watched: Watched) -> list[str]:
    charter = watched.folder / "charter.json"
    charter.write_bytes(watched.world.charter.to_bytes())
    return ["audit", "monitor", str(watched.folder / "log"), "--charter", str(charter), "--state",
            str(watched.folder / "state"), "--json"]  # fmt: skip


def test_the_command_reports_remembers_and_acknowledges(watched: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    words = _words(watched)
    assert main(words) == 0
    watched.world.entries.pop()
    watched.publish(T0_S + 60)
    assert main(words) == 1
    capsys.readouterr()
    watched.world.batch([b"r" * 32], "rights")
    watched.publish(T0_S + 120)
    assert main(words) == 1
    report = json.loads(capsys.readouterr().out)
    assert [each["guarantee"] for each in report["guarantees"] if each["result"] == "fails"] == [3]
    assert main([*words, "--acknowledge"]) == 0
    assert main(["audit", "monitor", "--charter", words[4]]) == 2


def test_it_goes_on_until_it_is_stopped(watched: Watched) -> None:
    words = [sys.executable, "-m", "aboveboard", *_words(watched), "--every", "0.002"]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert running.stdout is not None
    looks = [json.loads(running.stdout.readline())["looks"] for _ in range(3)]
    assert looks == [2, 3, 4]
    os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while running.poll() is None and time.monotonic() < deadline:
        running.stdout.readline()
    assert running.returncode == 0
    running.stdout.close()


def test_a_checkpoint_of_somebody_else_that_disagrees_is_noticed(watched: Watched, tmp_path: Path) -> None:
    """Two contributors compare what they were shown: a split view fails for whoever holds both."""
    other = [watched.world.entries[0], b"{}"]
    (tmp_path / "theirs").write_text(watched.world.note(T0_S, entries=other))
    assert main([*_words(watched), "--since", str(tmp_path / "theirs")]) == 1
    (tmp_path / "theirs").write_text(watched.world.note(T0_S, entries=watched.world.entries[:1]))
    assert main([*_words(watched), "--since", str(tmp_path / "theirs"), "--acknowledge"]) == 0
    assert isinstance(watched.world.charter.check_checkpoint(watched.world.note())[0], Checkpoint)
