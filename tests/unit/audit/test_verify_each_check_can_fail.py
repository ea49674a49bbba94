"""The auditor: all holds on an honest log, and each check fails, alone where it can, when what it checks is broken."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.audit.log_checks import Seen
from aboveboard.audit.report import GUARANTEES
from aboveboard.audit.source import FolderSource
from aboveboard.audit.verify import verify
from aboveboard.cli import main
from aboveboard.core.canonical import canonical, parse_object
from aboveboard.core.errors import Unavailable
from aboveboard.core.leaves import (
    DAY_US,
    DeletionAskedLeaf,
    DeletionDoneLeaf,
    KeyReleasedLeaf,
    ModelTrainedLeaf,
    PolicyLeaf,
)
from aboveboard.core.merkle import leaf_hash
from aboveboard.core.policy import SignedPolicy
from aboveboard.core.tiles import encode_bundle, entries_path, tile_path
from aboveboard.wire.api import CurrentPolicy, to_base64
from tests.support.audited import EARLIER_DAY_US, LATER_DAY_US, LATER_S, begun, failing, fill, publish, verified
from tests.support.world import DAY_S, T0_S, World


def test_an_honest_log_holds_in_every_check(tmp_path: Path) -> None:
    world, signed = begun()
    fill(world)
    publish(world, signed, tmp_path)
    report = verified(world, tmp_path)
    assert report.ok, report.to_text()
    assert all(check.name in GUARANTEES for check in report.checks)


def _flip_entry(folder: Path) -> None:
    [path] = [p for p in (folder / "tile" / "entries").rglob("*") if p.is_file()]
    path.write_bytes(path.read_bytes().replace(b'"size":16', b'"size":64', 1))


def _flip_tile(folder: Path) -> None:
    [path] = [p for p in (folder / "tile" / "0").rglob("*") if p.is_file()]
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(bytes(data))


def _drop_last_lines(folder: Path, n: int) -> None:
    path = folder / "checkpoint"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-n]))


def _recount(folder: Path) -> None:
    path = folder / "published" / "counters.json"
    fields = parse_object(path.read_bytes(), "counters")
    path.write_bytes(canonical({**fields, "key_released": fields["key_released"] - 1}))


def _unsign(folder: Path) -> None:
    [path] = list((folder / "published" / "policies").iterdir())
    fields = parse_object(path.read_bytes(), "policy")
    current = CurrentPolicy(**fields)
    signed, _ = current.open()
    less = SignedPolicy.of(signed.policy_bytes, signed.signatures[:-1])
    path.write_bytes(CurrentPolicy(to_base64(less.to_bytes()), current.log_proof).to_bytes())


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (_flip_entry, "entries"),
        (_flip_tile, "tiles"),
        (lambda folder: _drop_last_lines(folder, 1), "checkpoint"),
        (lambda folder: (folder / "checkpoint").unlink(), "checkpoint"),
        (_recount, "counters"),
        (lambda folder: (folder / "published" / "counters.json").unlink(), "counters"),
        (_unsign, "policies_signed"),
        (lambda folder: next((folder / "published" / "policies").iterdir()).unlink(), "policies_signed"),
        (lambda folder: (folder / "published" / "charter.json").write_bytes(World().charter.to_bytes()), "charter"),
    ],
)
def test_a_published_file_changed_fails_its_check(broken: Callable[[Path], object], check: str, tmp_path: Path) -> None:
    world, signed = begun()
    fill(world)
    publish(world, signed, tmp_path)
    broken(tmp_path)
    report = verified(world, tmp_path)
    assert check in failing(report), report.to_text()
    assert not report.ok


@pytest.mark.parametrize(
    ("entry", "check"),
    [
        (KeyReleasedLeaf("9" * 64, "research-interfaces").encode(), "releases"),
        (ModelTrainedLeaf("9" * 64, "8" * 64).encode(), "lineage"),
        (DeletionDoneLeaf("9" * 64).encode(), "deletions"),
        (DeletionAskedLeaf("9" * 64, EARLIER_DAY_US).encode(), "deletions"),
        (DeletionAskedLeaf("9" * 64, EARLIER_DAY_US + 40 * DAY_US).encode(), "deletions"),
        (PolicyLeaf("9" * 64).encode(), "policies_logged"),
    ],
)
def test_a_log_that_says_what_may_not_be_fails_that_check(entry: bytes, check: str, tmp_path: Path) -> None:
    """The log is well formed and signed; only what it says is wrong."""
    world, signed = begun()
    fill(world)
    world.append(entry)
    publish(world, signed, tmp_path)
    found = failing(verified(world, tmp_path))
    assert check in found
    assert found <= {check, "policies_signed"}


def test_a_deletion_asked_again_with_a_later_day_is_due_as_it_was(tmp_path: Path) -> None:
    world, signed = begun()
    for due_us in (EARLIER_DAY_US, LATER_DAY_US):
        world.append(DeletionAskedLeaf("9" * 64, due_us).encode())
    publish(world, signed, tmp_path)
    assert failing(verified(world, tmp_path)) == {"deletions"}


def test_a_deletion_said_to_be_done_twice_was_done(tmp_path: Path) -> None:
    """As after a crash between the log and the collector's own record of it."""
    world, signed = begun()
    world.append(DeletionAskedLeaf("9" * 64, EARLIER_DAY_US).encode())
    for _ in range(2):
        world.append(DeletionDoneLeaf("9" * 64).encode())
    publish(world, signed, tmp_path)
    assert verified(world, tmp_path).ok


def test_a_copy_whose_partial_tiles_were_replaced_by_full_ones_holds(tmp_path: Path) -> None:
    """A log that grew while it was copied: the checkpoint is of before, and the full tiles begin as it says."""
    world, signed = begun()
    for i in range(200):
        world.append(DeletionAskedLeaf(f"{i:064x}", LATER_DAY_US).encode())
    publish(world, signed, tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in ("checkpoint", "published/counters.json")}
    for i in range(200, 400):
        world.append(DeletionAskedLeaf(f"{i:064x}", LATER_DAY_US).encode())
    shutil.rmtree(tmp_path / "tile")
    publish(world, signed, tmp_path)
    for name, data in before.items():
        (tmp_path / name).write_bytes(data)
    assert verified(world, tmp_path).ok
    for name, check in (("tile/entries/000", "entries"), ("tile/0/000", "tiles")):
        honest = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(honest[:70] + bytes([honest[70] ^ 1]) + honest[71:])
        assert check in failing(verified(world, tmp_path))
        (tmp_path / name).write_bytes(honest)


class _Silent(FolderSource):
    """Answers for everything but what has one of these words in its path."""

    def __init__(self, folder: Path, *words: str) -> None:
        super().__init__(folder)
        self._words = words

    def get(self, path: str, size_max: int) -> bytes | None:
        if any(word in path for word in self._words):
            raise Unavailable(f"{path} answers 503")
        return super().get(path, size_max)


def test_what_a_server_does_not_answer_for_is_unknown_and_hides_no_failure(tmp_path: Path) -> None:
    world, signed = begun()
    fill(world)
    lacking = world.signed(world.policy(version=2), [world.employer])
    other = world.signed(world.policy(version=3))
    for each in (lacking, other):
        world.append(PolicyLeaf(each.policy_id).encode())
    world.publish(tmp_path, [signed, lacking, other], LATER_S + 40 * DAY_S)

    def results(*words: str) -> dict[str, str]:
        report, _ = verify(_Silent(tmp_path, *words), world.charter)
        return {check.name: check.result for check in report.checks}

    asked = ("policies_signed", "policies_logged", "same_rules", "nothing_before_notice", "releases")
    silent = results(signed.policy_id)
    assert {silent[name] for name in asked} == {"unknown"}
    late = results(other.policy_id)
    assert (late["policies_signed"], late["policies_logged"]) == ("fails", "fails")
    assert late["releases"] == "holds"


@pytest.mark.parametrize(
    "entry",
    [
        canonical({"kind": "note", "text": "Jane paused for an hour"}),
        canonical({"commitment": "9" * 64, "kind": "key_released", "purpose": "what Jane did"}),
        canonical({"commitment": "9" * 64, "due_us": LATER_DAY_US + 1, "kind": "deletion_asked"}),
        canonical({"kind": "batch", "root": "9" * 64, "size": 1, "what": "segments"}),
        b'{"kind":' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'{"\\ud800":1}',
        b"",
    ],
)
def test_an_entry_that_is_none_of_the_specification_fails(entry: bytes, tmp_path: Path) -> None:
    """What names somebody, tells an hour or how many, or is made to break its reader."""
    world, signed = begun()
    world.batch([b"r" * 32], "rights")
    publish(world, signed, tmp_path)
    world.append(entry)
    note, entries = world.note(LATER_S), world.entries
    (tmp_path / "checkpoint").write_text(note)
    (tmp_path / entries_path(0, len(entries))).write_bytes(encode_bundle(entries))
    (tmp_path / tile_path(0, 0, len(entries))).write_bytes(b"".join(leaf_hash(entry) for entry in entries))
    assert failing(verified(world, tmp_path)) == {"entry_kinds"}


def test_segments_before_the_notice_has_run_fail(tmp_path: Path) -> None:
    world, signed = begun()
    world.batch([b"s" * 32], "segments")
    world.publish(tmp_path, [signed], T0_S)
    assert failing(verified(world, tmp_path)) == {"nothing_before_notice"}


def test_segments_from_before_the_notice_are_shown_later_by_a_checkpoint_that_holds_them(tmp_path: Path) -> None:
    """One look after the notice has run finds nothing; with a checkpoint of before, the log convicts itself."""
    world, signed = begun()
    world.batch([b"s" * 32], "segments")
    publish(world, signed, tmp_path)
    assert verified(world, tmp_path).ok

    def shown(size: int) -> set[str]:
        note = world.note(T0_S + 60, entries=world.entries[:size])
        seen = Seen(*world.charter.check_checkpoint(note), "the checkpoint of a contributor")
        return failing(verify(FolderSource(tmp_path), world.charter, [seen])[0])

    assert shown(3) == {"nothing_before_notice"}
    assert shown(2) == set()


def test_segments_before_any_policy_fail(tmp_path: Path) -> None:
    world = World()
    world.start_log()
    world.batch([b"s" * 32], "segments")
    world.publish(tmp_path, time_s=LATER_S)
    assert "nothing_before_notice" in failing(verified(world, tmp_path))


def test_another_history_than_was_seen_before_fails(tmp_path: Path) -> None:
    world, signed = begun()
    fill(world)
    publish(world, signed, tmp_path)

    def seen(entries: list[bytes]) -> Seen:
        return Seen(*world.charter.check_checkpoint(world.note(T0_S, entries=entries)), "the checkpoint seen before")

    true, rewritten = seen(world.entries[:3]), seen([*world.entries[:3], b"{}"])
    shrunk = seen([*world.entries, b"{}"])
    report, _ = verify(FolderSource(tmp_path), world.charter, [true])
    assert report.ok
    for other in (rewritten, shrunk):
        report, _ = verify(FolderSource(tmp_path), world.charter, [true, other])
        assert failing(report) == {"append_only"}


def test_a_server_that_is_away_is_unknown_and_not_ok(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    world = World()
    charter = tmp_path / "charter.json"
    charter.write_bytes(world.charter.to_bytes())
    assert main(["audit", "verify", "http://127.0.0.1:9", "--charter", str(charter), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    results = {check["check"]: check["result"] for check in found["checks"]}
    assert set(results.values()) == {"unknown"}


def test_the_command_says_what_it_found_and_keeps_the_checkpoint(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    world, signed = begun()
    fill(world)
    publish(world, signed, tmp_path / "copy")
    charter, saved = tmp_path / "charter.json", tmp_path / "seen"
    charter.write_bytes(world.charter.to_bytes())
    words = ["audit", "verify", str(tmp_path / "copy"), "--charter", str(charter)]
    assert main([*words, "--save", str(saved)]) == 0
    assert "14 checks: 0 failed, 0 unknown" in capsys.readouterr().out
    assert main([*words, "--since", str(saved), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["checks"]) == 16
    assert main(["audit", "verify", str(tmp_path / "nowhere"), "--charter", str(charter)]) == 2
    assert "neither the address of a collector" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["checkpoint", "tile/entries/000.p/9", "tile/0/000.p/9", "published/charter.json",
                                   "published/counters.json", "published/policies"])  # fmt: skip
@pytest.mark.parametrize("instead", ["a folder", "a pipe", "itself"])
def test_what_is_no_file_in_a_copy_ends_no_audit(place: str, instead: str, tmp_path: Path) -> None:
    world, signed = begun()
    fill(world)
    publish(world, signed, tmp_path)
    path = tmp_path / place if place != "published/policies" else next((tmp_path / place).iterdir())
    path.unlink()
    match instead:
        case "a folder":
            path.mkdir()
        case "a pipe":
            os.mkfifo(path)
        case _:
            path.symlink_to(path)
    report = verified(world, tmp_path)
    assert report.exit_code == (3 if instead == "itself" and place != "checkpoint" else report.exit_code)
    assert report.exit_code in (1, 3), report.to_text()
