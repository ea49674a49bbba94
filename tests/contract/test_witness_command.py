"""`aboveboard witness` as a works council runs it: over HTTP, every answer of add-checkpoint; inspect; lost state."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from aboveboard.core.charter import Charter, Group, Log, WitnessEntry, Witnesses
from aboveboard.core.checkpoint import Checkpoint, cosign, cosignatures, open_checkpoint, sign_checkpoint
from aboveboard.core.merkle import EMPTY_ROOT, consistency_proof, root_hash
from aboveboard.core.notes import Note, NoteSignature
from aboveboard.core.signing import SigningKey, VerifyKey
from tests.support.servers import add_checkpoint_request
from tests.support.world import World

LEAVES = [str(n).encode() for n in range(40)]
OTHERS = [b"another", *LEAVES[1:]]


def aboveboard(*words: str | Path, exit_code: int = 0) -> str:
    """What it prints; on an exit that isn't 0, what it says."""
    done = subprocess.run([sys.executable, "-m", "aboveboard", *map(str, words)], capture_output=True, text=True,
                          timeout=60, check=False)  # fmt: skip
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr if exit_code else done.stdout


@contextmanager
def serving(home: Path, *charters: Path) -> Iterator[str]:
    """Its address; stopped by the signal a service manager sends."""
    options = [word for path in charters for word in ("--charter", str(path))]
    words = [sys.executable, "-m", "aboveboard", "witness", "serve", "--home", str(home), *options, "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        yield json.loads(line)["url"]
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(30) == 0


class Council:
    """A witness's home, and a charter that names its key."""

    def __init__(self, folder: Path, world: World, name: str = "charter.json") -> None:
        self.home, self.world = folder / "home", world
        if not self.home.exists():
            aboveboard("witness", "init", "--home", self.home, "--name", "witness.council.example")
        self.key = VerifyKey.decode(
            json.loads(aboveboard("witness", "inspect", "--home", self.home, "--json"))["witness"]
        )
        witnesses = Witnesses((WitnessEntry(self.key.encode(), "workers"),), Group(1, (self.key.name,)))
        charter = msgspec.structs.replace(world.charter, witnesses=witnesses)
        self.charter = folder / name
        self.charter.write_bytes(Charter.parse(charter.to_bytes()).to_bytes())

    def report(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(aboveboard("witness", "inspect", "--home", self.home, "--json"))
        return found


@pytest.fixture
def council(tmp_path: Path) -> Council:
    return Council(tmp_path, World())


def post(url: str, body: bytes, method: str = "POST", path: str = "/add-checkpoint") -> tuple[int, str, str]:
    """(status, content type, body)."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=20)
    connection.request(method, path, body)
    answer = connection.getresponse()
    found = answer.status, answer.getheader("Content-Type", ""), answer.read().decode()
    connection.close()
    return found


def request(old: str, proof: list[bytes], note: str) -> bytes:
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof)]
    return ("\n".join(lines) + "\n\n" + note).encode()


def note_of(world: World, leaves: list[bytes], key: SigningKey | None = None, *extensions: str) -> str:
    checkpoint = Checkpoint(world.charter.origin, len(leaves), root_hash(leaves), extensions)
    return sign_checkpoint(checkpoint, key or world.log_key)


def test_every_answer_of_add_checkpoint(council: Council) -> None:
    world = council.world
    first, later = note_of(world, LEAVES[:5]), note_of(world, LEAVES[:9])
    proof = consistency_proof(LEAVES[:9], 5)
    stranger = SigningKey.generate(world.log_key.name)
    with serving(council.home, council.charter) as url:
        status, kind, line = post(url, request("0", [], first))
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        assert set(cosignatures(first + line, [council.key])) == {council.key.name}
        assert line.startswith("— ")
        assert line.endswith("\n")

        assert post(url, request("0", [], later)) == (409, "text/x.tlog.size", "5\n")
        assert post(url, request("4", [], later)) == (409, "text/x.tlog.size", "5\n")
        assert post(url, request("5", [], note_of(world, OTHERS[:5])))[0] == 409
        assert post(url, request("0", [], note_of(world, OTHERS[:5])))[0] == 409
        assert post(url, request("5", [], later))[0] == 422
        assert post(url, request("5", proof[::-1], later))[0] == 422
        assert post(url, request("5", proof, first))[0] == 422
        assert post(url, request("5", consistency_proof(OTHERS[:9], 5), note_of(world, OTHERS[:9])))[0] == 422
        assert post(url, request("5", proof, note_of(world, LEAVES[:9], stranger)))[0] == 403
        assert post(url, request("5", proof, later.replace("\n9\n", "\n10\n")))[0] == 403
        assert post(url, request("5", proof, later.replace("example.org/log", "example.org/lag")))[0] == 404
        assert post(url, request("10", proof, later))[0] == 400

        for old in ("05", "+5", "-5", "", " 5", "5 ", "5\t", "٥", "9223372036854775808", "1e0"):
            assert post(url, request(old, proof, later))[0] == 400, old
        assert post(url, request("5", [*proof, b"short"], later))[0] == 400
        assert post(url, request("5", [bytes(32)] * 64, later))[0] == 400
        assert post(url, request("5", [bytes(32)] * 63, later))[0] == 422
        for body in (b"", b"old 5", b"old 5\n\n", b"\xff\n\n", f"old 5\n{later}".encode(), later.encode()):
            assert post(url, body)[0] in (400, 404), body
        assert post(url, request("5", proof, later), method="PUT")[0] == 405
        assert post(url, b"", method="GET", path="/healthz")[::2] == (200, "ok\n")

        assert post(url, request("5", proof, later))[0] == 200
        assert post(url, request("9", [], later))[0] == 200, "the same tree again gets a newer cosignature"


def test_signature_lines_of_strangers_and_extension_lines_are_passed_over(council: Council) -> None:
    world = council.world
    note = note_of(world, LEAVES[:3], None, "extension of the log", "another")
    opened = Note.parse(note)
    namesake = NoteSignature(world.log_key.name, b"\1\2\3\4", bytes(64))
    lines = [NoteSignature(f"post-quantum.example/{n}", b"abcd", bytes(4800)) for n in range(14)]
    crowded = Note(opened.text, (namesake, *lines, *opened.signatures)).encode()
    with serving(council.home, council.charter) as url:
        status, _, line = post(url, request("0", [], crowded))
        assert status == 200
        assert set(cosignatures(note + line, [council.key])) == {council.key.name}, "over the whole text"
        assert open_checkpoint(crowded, world.log_key.verify_key).extensions == ("extension of the log", "another")


def test_a_tree_of_no_entries_is_cosigned_and_grows(council: Council) -> None:
    world = council.world
    empty = sign_checkpoint(Checkpoint(world.charter.origin, 0, EMPTY_ROOT), world.log_key)
    forged = sign_checkpoint(Checkpoint(world.charter.origin, 0, bytes(32)), world.log_key)
    with serving(council.home, council.charter) as url:
        assert post(url, request("0", [], forged))[0] == 409
        assert post(url, request("0", [bytes(32)], empty))[0] == 422
        assert post(url, request("0", [], empty))[0] == 200
        assert post(url, request("0", [], note_of(world, LEAVES[:2])))[0] == 200


def test_several_logs_each_with_its_own_key_and_state(council: Council, tmp_path: Path) -> None:
    other_world = World()
    log = Log(other_world.log_key.verify_key.encode(), "example.org/second")
    other_world._charter = msgspec.structs.replace(other_world.charter, log=log)
    second = Council(tmp_path, other_world, "second.json")
    with serving(council.home, council.charter, second.charter) as url:
        assert post(url, request("0", [], note_of(council.world, LEAVES[:5])))[0] == 200
        assert post(url, request("0", [], note_of(other_world, OTHERS[:3])))[0] == 200
        assert post(url, request("5", [], note_of(other_world, LEAVES[:5], council.world.log_key)))[0] == 403
    assert [(log["origin"], log["size"]) for log in council.report()["logs"]] == [  # type: ignore[attr-defined]
        ("example.org/log", 5), ("example.org/second", 3),
    ]  # fmt: skip


def test_inspect_shows_what_was_cosigned_and_the_evidence_of_a_fork(council: Council) -> None:
    world = council.world
    with serving(council.home, council.charter) as url:
        for leaves, old in ((LEAVES[:9], 0), (OTHERS[:9], 9), (LEAVES[:4], 0), (OTHERS[:12], 9), (OTHERS[:9], 0)):
            post(url, add_checkpoint_request(old, leaves, world) if old <= len(leaves) else b"")
    found = council.report()
    kinds = sorted(refusal["kind"] for refusal in found["refusals"])  # type: ignore[attr-defined]
    assert kinds == ["fork", "rollback", "unproven"], "each once, however often it came"
    [fork] = [refusal for refusal in found["refusals"] if refusal["kind"] == "fork"]  # type: ignore[attr-defined]
    seen, refused = (open_checkpoint(fork[name], world.log_key.verify_key) for name in ("seen_note", "refused_note"))
    assert seen.size == refused.size == 9
    assert seen.root != refused.root
    assert (council.home / fork["file"]).is_file()
    said = aboveboard("witness", "inspect", "--home", council.home)
    assert "example.org/log: cosigned up to 9 entries" in said
    assert "two trees of one size" in said


@pytest.mark.parametrize("lost", ["state", "known", "both", "broken"])
def test_with_a_lost_state_it_signs_nothing_until_it_is_recovered(lost: str, council: Council, tmp_path: Path) -> None:
    world = council.world
    with serving(council.home, council.charter) as url:
        _, _, line = post(url, add_checkpoint_request(0, LEAVES[:9], world))
    [state] = (council.home / "logs").iterdir()
    if lost == "broken":
        state.write_bytes(b"{}")
    if lost in ("state", "both"):
        state.unlink()
    if lost in ("known", "both"):
        (council.home / "known.json").unlink()
    serve = ("witness", "serve", "--home", council.home, "--charter", council.charter, "--port", "0")
    said = aboveboard(*serve, exit_code=1)
    assert "aboveboard witness recover" in said
    assert "aboveboard witness recover" in aboveboard("witness", "inspect", "--home", council.home, exit_code=1)

    kept = tmp_path / "kept"
    kept.write_text(note_of(world, LEAVES[:9]))
    words = ("witness", "recover", "--home", council.home, "--charter", council.charter)
    assert "own cosignature" in aboveboard(*words, kept, exit_code=1)
    kept.write_text(note_of(world, LEAVES[:9]) + line)
    assert "9 entries" in aboveboard(*words, kept)
    with serving(council.home, council.charter) as url:
        assert post(url, add_checkpoint_request(0, OTHERS[:9], world))[0] == 409
        assert post(url, add_checkpoint_request(9, OTHERS[:12], world))[0] == 422
        assert post(url, add_checkpoint_request(9, LEAVES[:12], world))[0] == 200
    assert "at 12 entries" in aboveboard(*words, kept), "a state never falls"


def test_recovering_from_checkpoints_that_disagree_says_that_the_key_signed_twice(tmp_path: Path) -> None:
    council = Council(tmp_path, World())
    key = SigningKey.decode((council.home / "witness.key").read_text())
    paths = [tmp_path / name for name in ("one", "other")]
    for path, leaves in zip(paths, (LEAVES[:9], OTHERS[:9]), strict=True):
        note = note_of(council.world, leaves)
        path.write_text(note + cosign(note, key, 1_800_000_000))
    said = aboveboard(
        "witness", "recover", "--home", council.home, "--charter", council.charter, *paths, exit_code=1
    )  # fmt: skip
    assert "two trees of 9 entries" in said


def test_a_second_server_on_one_home_and_keys_that_others_can_read_are_refused(council: Council) -> None:
    words = ("witness", "serve", "--home", council.home, "--charter", council.charter, "--port", "0")
    with serving(council.home, council.charter):
        assert "another witness" in aboveboard(*words, exit_code=1)
    (council.home / "witness.key").chmod(0o644)
    assert "chmod 600" in aboveboard(*words, exit_code=1)
