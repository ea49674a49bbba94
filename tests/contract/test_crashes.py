"""kill -9 at any moment: nothing that was acknowledged is lost or moved, and no second history is signed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aboveboard.collector.sequencer import Sequencer
from aboveboard.witness.state import WitnessState
from tests.support.servers import add_checkpoint_request
from tests.support.world import World

QUICK, PROVE = 6, 50
WRITER = """
import sys
from pathlib import Path
from aboveboard.collector.sequencer import Sequencer
from aboveboard.core.charter import Charter
from aboveboard.core.signing import SigningKey
folder, charter, key = sys.argv[1:4]
log = Sequencer(Path(folder), SigningKey.decode(key), Charter.parse(Path(charter).read_bytes()), [])
print("ready", flush=True)
n = log.size
while True:
    entries = [('{"kind":"policy","policy":"%064x"}' % (n + i)).encode() for i in range(1 + n % 7)]
    indices = log.append(entries)
    for index, entry in zip(indices, entries, strict=True):
        print(index, entry.decode(), flush=True)
    n += len(entries)
"""
COSIGNER = """
import sys
from pathlib import Path
from aboveboard.core.clock import SystemClock
from aboveboard.core.signing import SigningKey, VerifyKey
from aboveboard.witness.server import Witness
from aboveboard.witness.state import WitnessState
folder, key, origin, log_key = sys.argv[1:5]
logs = {origin: VerifyKey.decode(log_key)}
witness = Witness(SigningKey.decode(key), logs, WitnessState(Path(folder)), SystemClock())
print("ready", flush=True)
for line in sys.stdin:
    size, path = line.split()
    reply = witness.add_checkpoint("/add-checkpoint", Path(path).read_bytes())
    print(size, reply.status, flush=True)
"""


def _rounds() -> list[object]:
    return [QUICK, pytest.param(PROVE, marks=pytest.mark.prove)]


@pytest.mark.parametrize("rounds", _rounds())
def test_every_acknowledged_entry_survives_at_its_place(rounds: int, tmp_path: Path) -> None:
    world, rng = World(), random.Random(3)
    charter, folder = tmp_path / "charter.json", tmp_path / "log"
    charter.write_bytes(world.charter.to_bytes())
    folder.mkdir()
    known: dict[int, bytes] = {}
    for _ in range(rounds):
        words = [sys.executable, "-c", WRITER, str(folder), str(charter), world.log_key.encode()]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.005, 0.2))
            child.kill()
            said = child.stdout.read()
        for line in said.splitlines():
            place, _, entry = line.partition(" ")
            if entry.endswith("}"):  # a line that was cut off was not read by anyone
                assert known.setdefault(int(place), entry.encode()) == entry.encode()
        log = Sequencer(folder, world.log_key, world.charter, [])
        for index, kept in known.items():
            assert list(log.entries(index, index + 1)) == [kept]
        log.close()
    assert len(known) > 10 * rounds


@pytest.mark.parametrize("rounds", _rounds())
def test_a_witness_that_is_killed_never_signs_a_second_history(rounds: int, tmp_path: Path) -> None:
    """Two histories are offered in turn, so that any forgetting shows."""
    world, rng = World(), random.Random(4)
    histories = [[f"{name}{i}".encode() for i in range(400)] for name in ("a", "b")]
    signed: list[tuple[int, int]] = []
    seen = 0
    for number in range(rounds):
        words = [sys.executable, "-c", COSIGNER, str(tmp_path), world.council.encode(), world.charter.origin,
                 world.log_key.verify_key.encode()]  # fmt: skip
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            for which, size in ((1, seen + 1), (0, seen + 1), (0, seen + 2), (1, seen + 2), (0, seen + 3)):
                path = tmp_path / f"request-{number}-{which}-{size}"
                path.write_bytes(add_checkpoint_request(size - 1, histories[which][:size], world))
                child.stdin.write(f"{which}:{size} {path}\n")
            child.stdin.flush()
            # Every other round it has answered once before it is killed, however busy the machine is.
            said = child.stdout.readline() if number % 2 else ""
            time.sleep(rng.uniform(0.0, 0.02))
            child.kill()
            said += child.stdout.read()
        for line in said.splitlines():
            name, _, status = line.partition(" ")
            if status == "200":
                signed.append((int(name.split(":")[0]), int(name.split(":")[1])))
        state = WitnessState(tmp_path).get(world.charter.origin)
        seen = state.size if state else 0
        assert seen >= max((size for _, size in signed), default=0), "what it signed it remembers"
    assert len({which for which, size in signed}) <= 1, signed
    assert signed
