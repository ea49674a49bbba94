"""A Ray cluster of two nodes on this machine: the same bytes, whatever dies, dawdles or is spilled.

Slow: only in `make prove`."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import Text
from aboveboard.datasets import engine
from aboveboard.datasets.build import build
from aboveboard.datasets.session import BuildKeys, Part, Result, Session, seal, unseal, work
from aboveboard.datasets.spec import parse_spec
from tests.support.datasets import SPEC, everything, programme, session_events
from tests.support.stores import free_port

pytestmark = [
    pytest.mark.prove,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore"),  # Ray's own
]
KEYS = BuildKeys(os.urandom(32), os.urandom(32))
STORE_BYTES = 100 << 20


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two nodes of one processor each, in processes of their own; the second one may be killed."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    from ray import cluster_utils

    make: Any = cluster_utils.Cluster  # its types are incomplete
    port = free_port()
    head = {
        "num_cpus": 1,
        "ray_client_server_port": port,
        "object_store_memory": STORE_BYTES,
        "include_dashboard": False,
    }
    spilled = tmp_path / "spilled"
    spilled.mkdir()
    made = make(initialize_head=True, head_node_args={**head, "object_spilling_directory": str(spilled)})
    made.client_port, made.spilled = port, spilled
    made.second = made.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
    made.wait_for_nodes()
    monkeypatch.setenv("RAY_ADDRESS", made.address)
    yield made
    made.shutdown()


def _sessions(n: int) -> list[bytes]:
    return [seal(Session("c", "s", (Part(f"{i}", tuple(session_events(i, 1))),)), KEYS.seal) for i in range(n)]


def _plain(sealed: bytes) -> tuple[object, ...]:
    result = unseal(sealed, KEYS.seal, Result)
    return result.summaries, tuple(unseal(each, KEYS.seal, bytes) for each in result.episodes), result.events


def _files(cluster: Any) -> Iterator[Path]:
    """Whatever the cluster has on the disk."""
    for folder in (Path(cluster.head_node.get_session_dir_path()), cluster.spilled):
        yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _hide(keys: BuildKeys) -> list[bytes]:
    import base64

    return [form for key in (keys.salt, keys.seal) for form in (key, key.hex().encode(), base64.b64encode(key))]


def test_no_key_and_nothing_plain_touches_the_disk_of_a_cluster(cluster: Any) -> None:
    list(engine.run("ray", _sessions(20), KEYS, 2))
    looked = 0
    for path in _files(cluster):
        data = path.read_bytes()
        looked += 1
        assert not any(form in data for form in _hide(KEYS)), path
        assert b"hello <EMAIL_1>" not in data, path
    assert looked > 10


def _dying_once(folder: str) -> Callable[[bytes, BuildKeys], bytes]:
    def dying(data: bytes, keys: BuildKeys) -> bytes:
        mark = Path(folder) / "died"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return work(data, keys)

    return dying


def test_a_worker_that_is_killed_costs_nothing(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = _sessions(12)
    wanted = [_plain(work(each, KEYS)) for each in sessions]
    monkeypatch.setattr(engine, "work", _dying_once(str(tmp_path)))
    assert [_plain(each) for each in engine.run("ray", sessions, KEYS, 2)] == wanted
    assert (tmp_path / "died").exists()
    monkeypatch.setattr(engine, "work", _always_dying())
    with pytest.raises(Unavailable, match="for good"):
        list(engine.run("ray", sessions[:1], KEYS, 2))


def _always_dying() -> Callable[[bytes, BuildKeys], bytes]:
    def dying(data: bytes, keys: BuildKeys) -> bytes:
        os._exit(9)

    return dying


def _slow() -> Callable[[bytes, BuildKeys], bytes]:
    def slow(data: bytes, keys: BuildKeys) -> bytes:
        time.sleep(0.3)
        return work(data, keys)

    return slow


def test_a_node_that_is_killed_costs_nothing(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = _sessions(30)
    wanted = [_plain(work(each, KEYS)) for each in sessions]
    monkeypatch.setattr(engine, "work", _slow())
    found = []
    for n, each in enumerate(engine.run("ray", sessions, KEYS, 2)):
        found.append(_plain(each))
        if n == 6:
            cluster.remove_node(cluster.second, allow_graceful=False)
    assert found == wanted


def _waiting_for_others(folder: str, slow: bytes, others: int) -> Callable[[bytes, BuildKeys], bytes]:
    def waiting(data: bytes, keys: BuildKeys) -> bytes:
        if data == slow:
            while len(list(Path(folder).iterdir())) < others:
                time.sleep(0.05)
        else:
            (Path(folder) / os.urandom(8).hex()).touch()
        return work(data, keys)

    return waiting


def test_the_others_go_on_while_one_session_dawdles(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one ends only when twenty others have: with an order that waits for each, never."""
    sessions = _sessions(25)
    wanted = [_plain(work(each, KEYS)) for each in sessions]
    marks = tmp_path / "marks"
    marks.mkdir()
    monkeypatch.setattr(engine, "work", _waiting_for_others(str(marks), sessions[0], 20))
    assert [_plain(each) for each in engine.run("ray", sessions, KEYS, 2)] == wanted


def test_what_does_not_fit_into_memory_is_spilled_sealed(cluster: Any) -> None:
    rng = random.Random(1)
    large = []
    for n in range(40):  # 8 MB each that nothing makes smaller: 256 MB under way, in stores of 100
        noise = rng.randbytes(4 << 20).hex()
        events = [*session_events(n, 1), Text(2_000_000_000_000_000, 2_000_000_000_000_001, noise)]
        large.append(seal(Session("c", "s", (Part(f"{n}", tuple(events)),)), KEYS.seal))
    wanted = [_plain(work(each, KEYS)) for each in large]
    found = []
    spilled = 0
    for each in engine.run("ray", large, KEYS, 2):
        found.append(_plain(each))
        spilled = max(spilled, sum(path.stat().st_size for path in cluster.spilled.rglob("*") if path.is_file()))
        for path in cluster.spilled.rglob("*"):
            assert not path.is_file() or b"hello <EMAIL_1>" not in path.read_bytes()
    assert found == wanted
    assert spilled > 10 << 20


# These two come last: whoever was a client of a cluster can be nothing else in the same process.


def test_a_cluster_gives_the_same_bytes(cluster: Any, tmp_path: Path) -> None:
    reader, spec = programme(), parse_spec(SPEC, "spec.yaml")
    address = f"ray://127.0.0.1:{cluster.client_port}"
    for name, where in (("here", "processes"), ("there", address)):
        build(reader.as_reader(), spec, SPEC, tmp_path / name, skip_bad=False, engine=where, workers=2)
    here, there = (everything(tmp_path / name) for name in ("here", "there"))
    for each in (here, there):
        each.pop("dataset.proof")  # a later entry of the log
    assert here == there


def test_a_cluster_that_does_not_answer_is_said() -> None:
    with pytest.raises(Unavailable, match="no Ray cluster answers"):
        list(engine.run("ray://127.0.0.1:9", _sessions(1), KEYS, 1))
