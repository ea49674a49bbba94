"""Rounds of the crash table: `python -m tests.support.crash_table sequencer|store|old-store|witness ROUNDS FOLDER`.

A process of its own, without threads, forks each round from what it has imported. For every step that a scenario makes
on disk: run it, die there, look at what is left. Prints one JSON line: how many rounds each kind of step had.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyrage

from aboveboard.collector.sequencer import Sequencer
from aboveboard.collector.storage.blobs import BlobName
from aboveboard.collector.storage.folder import FolderBlobs
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import AboveboardError
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, EpochId, PolicyId
from aboveboard.core.merkle import leaf_hash, root_hash, root_of_hashes
from aboveboard.core.signing import SigningKey
from aboveboard.wire import durable
from aboveboard.wire.segment import GENESIS, seal
from aboveboard.witness.http import Route, SmallServer
from aboveboard.witness.server import BODY_BYTES_MAX, Witness
from aboveboard.witness.state import WitnessState
from tests.support.killer import REAL_WRITE, Killer
from tests.support.servers import add_checkpoint_request
from tests.support.world import World

NEVER = 1 << 30
Say = Callable[..., None]
WORLD = World()


def entry(number: int) -> bytes:
    return b'{"kind":"policy","policy":"%064x"}' % number


def witness_of(folder: Path, name: str) -> Witness:
    key = {"council": WORLD.council, "auditor": WORLD.auditor}[name]
    return Witness(key, {WORLD.charter.origin: WORLD.log_key.verify_key}, WitnessState(folder / name), SystemClock())


@contextmanager
def log_in(folder: Path) -> Iterator[Sequencer]:
    """The log with both its witnesses, all on this folder."""
    servers = [SmallServer("127.0.0.1", 0, [Route("POST", "/add-checkpoint", BODY_BYTES_MAX,
               witness_of(folder, name).add_checkpoint)]) for name in ("council", "auditor")]  # fmt: skip
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    log = Sequencer(folder / "log", WORLD.log_key, WORLD.charter, [server.url for server in servers])
    try:
        yield log
    finally:
        log.close()
        for server in servers:
            server.shutdown()
            server.server_close()


# ---------------------------------------------------------------- the log's writer


def prepare_sequencer(folder: Path) -> None:
    """240 entries, published: the next appends fill a tile."""
    with log_in(folder) as log:
        log.append([entry(i) for i in range(1, 241)])
        log.publish()


def run_sequencer(folder: Path, say: Say) -> None:
    with log_in(folder) as log:
        for number in (1, 9, 12):
            first = log.size
            log.append([entry(first + i) for i in range(number)])
            size, root = log.tree()
            say("tree", size, root.hex())
            if number > 1:
                checkpoint = log.publish()
                say("published", checkpoint.size, checkpoint.root.hex())


def check_sequencer(folder: Path, said: list[list[object]]) -> None:
    """Every acknowledged root is still there, and the witnesses still follow the log."""
    with log_in(folder) as log:
        entries = log.entries(0, log.size)
        hashes = [leaf_hash(each) for each in entries]
        assert entries[1:] == [entry(i) for i in range(1, len(entries))]
        published = log.checkpoint
        assert published is not None
        for what, size, root in said:
            assert isinstance(size, int)
            assert size <= len(entries), f"acknowledged {size}, found {len(entries)}"
            assert root_of_hashes(hashes[:size]).hex() == root
            assert what != "published" or size <= published.size, "a published checkpoint was lost"
        first = log.size
        log.append([entry(first)])
        last = log.publish()
        assert (last.size, last.root) == (first + 1, root_hash([*entries, entry(first)]))
        assert [log.proof(at).index for at in (0, first)] == [0, first]


# ---------------------------------------------------------------- a witness

HISTORIES = [[b"%d %d" % (which, i) for i in range(8)] for which in range(2)]


def prepare_witness(folder: Path) -> None:
    folder.mkdir(exist_ok=True)


def run_witness(folder: Path, say: Say) -> None:
    """A log that shows two histories; the first one it is offered is the one it keeps to."""
    witness, seen = witness_of(folder, "council"), 0
    for which, size in ((0, 2), (1, 2), (0, 3), (1, 5), (1, 1), (0, 5)):
        body = add_checkpoint_request(min(seen, size), HISTORIES[which][:size], WORLD)
        if witness.add_checkpoint("/add-checkpoint", body).status == 200:
            say("signed", which, size)
            seen = size


def check_witness(folder: Path, said: list[list[object]]) -> None:
    """It remembers what it signed, signs on in that history, and never in the other."""
    witness = witness_of(folder, "council")
    state = WitnessState(folder / "council").get(WORLD.charter.origin)
    signed = [size for _, which, size in said if isinstance(size, int)]
    assert {which for _, which, _ in said} <= {0}
    assert (state.size if state else 0) >= max(signed, default=0), "what it signed it remembers"
    seen = state.size if state else 0
    offered = [(1, seen + 1), (0, seen + 1), (0, seen + 2), (1, seen + 2)] if seen else [(0, 1), (1, 2), (0, 2)]
    for which, size in offered:
        reply = witness.add_checkpoint("/", add_checkpoint_request(seen, HISTORIES[which][:size], WORLD))
        assert (reply.status == 200) == (which == 0), (which, size, reply)
        seen = size if reply.status == 200 else seen


# ---------------------------------------------------------------- the folder of sealed segments

SEGMENTS: list[tuple[BlobName, bytes]] = []  # the same in each round: made before the first


def store_of(folder: Path) -> FolderBlobs:
    return FolderBlobs(folder / "segments")


def prepare_store(folder: Path) -> None:
    folder.mkdir(exist_ok=True)


def run_store(folder: Path, say: Say) -> None:
    """Two people's; each segment comes once more, as a laptop sends that got no answer."""
    blobs = store_of(folder)
    for number, (name, data) in enumerate(SEGMENTS):
        blobs.put(name, (data[:100], data[100:]))
        say("put", number)
        blobs.put(name, (data,))


def run_old_store(folder: Path, say: Say) -> None:
    """As above, on a file system that knows no files without a name."""

    def unknown(folder: str, mode: int) -> int | None:
        return None

    durable._open_nameless = unknown  # in this round's process only
    run_store(folder, say)


def check_store(folder: Path, said: list[list[object]]) -> None:
    """What was acknowledged is there; whatever else is, coming again makes it good, and nothing stays behind."""
    blobs = store_of(folder)
    for _, number in said:
        name, data = SEGMENTS[int(str(number))]
        assert blobs.get(name) == data
    blobs.remove_torn(time.time() + 60)
    for name, data in SEGMENTS:
        blobs.put(name, (data,))
        assert blobs.get(name) == data
    files = [each for each in (folder / "segments").rglob("*") if each.is_file()]
    assert len(files) == len(SEGMENTS), files


def make_segments() -> None:
    device = SigningKey.generate("device")
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    for contributor in "12":
        sealed = seal(
            [], session="5" * 32, start_us=1, end_us=2, seq=0, prev=GENESIS, device=DeviceId("d" * 32),
            contributor=ContributorId(contributor * 32), epoch=EpochId("e" * 32), recipient=recipient,
            policy=PolicyId("a" * 64), consent=ConsentId("b" * 64), device_key=device,
        )  # fmt: skip
        name = BlobName(sealed.manifest.contributor, sealed.manifest.epoch, sealed.manifest.segment_id)
        SEGMENTS.append((name, sealed.to_bytes()))


SCENARIOS = {
    "sequencer": (prepare_sequencer, run_sequencer, check_sequencer),
    "store": (prepare_store, run_store, check_store),
    "old-store": (prepare_store, run_old_store, check_store),
    "witness": (prepare_witness, run_witness, check_witness),
}

# ---------------------------------------------------------------- rounds


def in_child(work: Callable[[Say], None]) -> tuple[int, list[list[object]]]:
    """(exit status, what it said) of work done in a forked process, however it ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:

        def say(*words: object) -> None:
            REAL_WRITE(writer, json.dumps(words).encode() + b"\n")

        code = 1
        try:
            os.close(reader)
            work(say)
            code = 0
        except (AboveboardError, AssertionError, OSError):
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writer)
    with open(reader, encoding="utf-8") as file:
        said = [json.loads(line) for line in file]
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said


def main() -> int:
    """Non-zero when a round fails; the folder of that round stays."""
    name, rounds, base = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]).resolve()
    prepare, run, check = SCENARIOS[name]
    make_segments()
    rng = random.Random(5)
    prepared = base / "prepared"
    prepared.mkdir(parents=True)
    assert in_child(lambda _say: prepare(prepared))[0] == 0

    def round_at(at: int, power_cut: bool, torn: bool) -> tuple[int, list[list[object]]]:
        folder = base / "round"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(prepared, folder)

        def work(say: Say) -> None:
            killer = Killer(folder, at, power_cut=power_cut, torn=torn)
            killer.arm()
            run(folder, say)
            say("sites", killer.sites)

        return in_child(work)

    def check_round(said: list[list[object]], _say: Say) -> None:
        check(base / "round", said)

    code, said = round_at(NEVER, power_cut=False, torn=False)
    assert code == 0
    steps = [site for what, *rest in said if what == "sites" for site in rest[0]]  # type: ignore[attr-defined]
    kinds = [kind_of(site) for site in steps]
    done: Counter[str] = Counter()
    for at, kind in enumerate(kinds, 1):
        for _ in range(-(-rounds // kinds.count(kind)) if rounds > 1 else 1):
            code, said = round_at(at, power_cut=rng.random() < 0.5, torn=rng.random() < 0.5)
            said = [words for words in said if words[0] != "sites"]
            if in_child(partial(check_round, said))[0] != 0:
                print(f"killed at step {at} ({steps[at - 1]}), exit {code}, said {said}", file=sys.stderr)
                return 1
            done[kind] += 1
    print(json.dumps({"steps": len(steps), "rounds": done}))
    return 0


KINDS = (
    ".state/journal",
    ".state/tree",
    "tile/entries",
    "tile/",
    "checkpoint",
    "known.json",
    "refusals",
    "logs",
    ".seg",
)


def kind_of(site: str) -> str:
    """Of a step: the call and what it is done to, without numbers."""
    call, _, path = site.partition(" ")
    if "/#" in path:
        return f"{call} nameless"
    for part in KINDS:
        if part in path:
            return f"{call} {part}"
    return f"{call} folder"


if __name__ == "__main__":
    sys.exit(main())
