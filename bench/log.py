"""Appends, proofs, restart, memory and audit of the log, beside pymerkle's SQLite tree doing the same in the same run.

Every append counts only when it is durable and a root over it exists. pymerkle runs as it comes (rollback journal,
synchronous=FULL) and with journal_mode=WAL, synchronous=FULL. Each contender works in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pyrage

from aboveboard.collector.sequencer import Sequencer
from aboveboard.core.charter import Charter, CollectorEntry, Group, Guardian, Log, Signers, WitnessEntry, Witnesses
from aboveboard.core.clock import SystemClock
from aboveboard.core.leaves import BatchLeaf
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey
from aboveboard.wire.api import Counters
from aboveboard.witness.http import Route, SmallServer
from aboveboard.witness.server import Witness
from aboveboard.witness.state import WitnessState
from bench.common import Row, row, tell

BATCH = 1000
TURN = 20
PROOFS = 2000
PEERS = {"as it comes": (), "WAL": ("journal_mode=WAL", "synchronous=FULL")}


class Tree(Protocol):
    """What both can do. `append` is durable when it returns."""

    def append(self, entries: Sequence[bytes]) -> None: ...

    def root(self) -> bytes: ...

    def prove(self, index: int) -> None: ...

    def close(self) -> None: ...


def entry(number: int) -> bytes:
    """A leaf as the log holds them, about 120 bytes."""
    return BatchLeaf("rights", f"{number:064x}", 16).encode()


class Ours:
    """The sequencer with one witness, as a collector runs it."""

    def __init__(self, folder: Path) -> None:
        keys = _keys(folder)
        self._stack = ExitStack()
        self.charter = _charter(keys)
        state = WitnessState(folder / "witness")
        witness = Witness(keys["council"], {self.charter.origin: keys["log"].verify_key}, state, SystemClock())
        server = SmallServer("127.0.0.1", 0, [Route("POST", "/add-checkpoint", 1 << 20, witness.add_checkpoint)])
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self._stack.callback(server.server_close)
        self._stack.callback(server.shutdown)
        self._log = Sequencer(folder / "log", keys["log"], self.charter, [server.url])
        self._stack.callback(self._log.close)

    def append(self, entries: Sequence[bytes]) -> None:
        self._log.append(entries)

    def root(self) -> bytes:
        return self._log.tree()[1]

    def prove(self, index: int) -> None:
        self._log.proof(index)

    def publish(self) -> None:
        self._log.publish()

    def close(self) -> None:
        self._stack.close()


class Peer:
    """pymerkle.SqliteTree."""

    def __init__(self, folder: Path, pragmas: Sequence[str]) -> None:
        from pymerkle import SqliteTree

        folder.mkdir(parents=True, exist_ok=True)
        self._tree: Any = SqliteTree(str(folder / "tree.db"))
        for pragma in pragmas:
            self._tree.con.execute(f"PRAGMA {pragma}").fetchall()

    def append(self, entries: Sequence[bytes]) -> None:
        if len(entries) == 1:
            self._tree.append_entry(entries[0])
        else:
            self._tree.append_entries(entries)

    def root(self) -> bytes:
        root: bytes = self._tree.get_root()
        return root

    def prove(self, index: int) -> None:
        self._tree.prove_inclusion(index + 1)

    def close(self) -> None:
        self._tree.close()


def _keys(folder: Path) -> dict[str, SigningKey]:
    """Made once a folder, so that a restart finds its own log."""
    file = folder / "keys.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        names = ("employer", "representative", "steward-1", "steward-2", "log.example", "guardian")
        made = {name.removesuffix(".example"): SigningKey.generate(name) for name in names}
        made["council"] = SigningKey.generate("witness-council", COSIGNATURE_V1)
        recipient = str(pyrage.x25519.Identity.generate().to_public())
        file.write_text(json.dumps({name: key.encode() for name, key in made.items()} | {"age": recipient}))
    found = json.loads(file.read_text())
    os.environ["BENCH_RECIPIENT"] = found.pop("age")
    return {name: SigningKey.decode(text) for name, text in found.items()}


def _charter(keys: dict[str, SigningKey]) -> Charter:
    public = {name: key.verify_key.encode() for name, key in keys.items()}
    recipient = os.environ["BENCH_RECIPIENT"]
    return Charter(
        name="Bench", employer=public["employer"], representatives=Signers(1, (public["representative"],)),
        stewards=Signers(2, (public["steward-1"], public["steward-2"])), log=Log(public["log"], "log.example"),
        witnesses=Witnesses((WitnessEntry(public["council"], "workers"),), Group(1, ("witness-council",))),
        guardian=Guardian(recipient, "http://127.0.0.1:1", public["guardian"]),
        collector=CollectorEntry(recipient, "http://127.0.0.1:2"),
    )  # fmt: skip


def open_tree(who: str, folder: Path) -> Ours | Peer:
    return Ours(folder) if who == "ours" else Peer(folder, PEERS[who])


def memory_mb() -> float:
    """The most this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def singles(folder: Path, n: int) -> dict[str, float]:
    """Appends a second, one by one, a root after each: the median over turns of 20 that the contenders take in one
    process, so that what else the disk does falls on all of them."""
    trees = {who: open_tree(who, folder / who) for who in ("ours", *PEERS)}
    rates: dict[str, list[float]] = {who: [] for who in trees}

    def add(tree: Tree, start: int) -> None:
        for i in range(start, start + TURN):
            tree.append([entry(i)])
            tree.root()

    for start in range(0, n, TURN):
        for who, tree in trees.items():
            rates[who].append(TURN / timed(partial(add, tree, start)))
    for tree in trees.values():
        tree.close()
    return {who: statistics.median(values) for who, values in rates.items()}


def grow(who: str, folder: Path, n: int) -> dict[str, float]:
    """Batches of 1,000 with a root after each, to n entries; then proofs of random entries; then memory."""
    tree = open_tree(who, folder)

    def add(batch: list[bytes]) -> None:
        tree.append(batch)
        tree.root()

    seconds = sum(timed(partial(add, [entry(i) for i in range(at, at + BATCH)])) for at in range(0, n, BATCH))
    found = {"per_s": n / seconds}
    if isinstance(tree, Ours):
        found["publish_s"] = timed(tree.publish)
    found |= proofs(tree, n)
    found["memory_mb"] = memory_mb()
    tree.close()
    return found


def proofs(tree: Tree, n: int) -> dict[str, float]:
    """Microseconds a proof: median and 99th percentile over random entries, in the state the writer is in."""
    rng = random.Random(1)
    places = [rng.randrange(n) for _ in range(PROOFS)]
    times = sorted(timed(partial(tree.prove, place)) for place in places)
    return {"p50_us": times[PROOFS // 2] * 1e6, "p99_us": times[PROOFS * 99 // 100] * 1e6}


def restart(who: str, folder: Path, n: int) -> dict[str, float]:
    """Milliseconds from opening the folder to a root; proofs with nothing remembered; memory of a writer after both."""
    opened: list[Ours | Peer] = []

    def work() -> None:
        opened.append(open_tree(who, folder))
        opened[0].root()

    found = {"restart_ms": timed(work) * 1e3}
    for i in range(20):
        opened[0].append([entry(n + i)])
        opened[0].root()
    found |= {f"cold_{name}": value for name, value in proofs(opened[0], n).items()}
    found["memory_mb"] = memory_mb()
    opened[0].close()
    return found


PARTS = {"grow": grow, "restart": restart}


def part(name: str, who: str, folder: Path, n: int) -> dict[str, float]:
    """Runs a part in a process of its own."""
    words = [sys.executable, "-m", "bench.log", "--part", name, "--who", who, "--folder", str(folder), "--n", str(n)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def audit(folder: Path) -> dict[str, float]:
    """`aboveboard audit verify` on the folder: entries a second, peak memory. Raises when it does not find it good."""
    charter = _charter(_keys(folder))
    published = folder / "log" / "published"
    (published / "policies").mkdir(parents=True, exist_ok=True)
    (published / "charter.json").write_bytes(charter.to_bytes())
    size = int((folder / "log" / "checkpoint").read_text(encoding="utf-8").split("\n")[1])
    (published / "counters.json").write_bytes(Counters(0, 0, 0, 0, 0, size).to_bytes())
    words = [sys.executable, "-m", "aboveboard", "audit", "verify", str(folder / "log"), "--charter",
             str(published / "charter.json"), "--json"]  # fmt: skip
    begun = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if b'"fails"' in said or not said:
        raise RuntimeError(f"the audit of a good log fails: {said!r}")
    return {"per_s": size / seconds, "memory_mb": usage.ru_maxrss / 1024}


def measure(base: Path, *, quick: bool) -> list[Row]:
    """All rows."""
    n_single, n = (200, 20_000) if quick else (2000, 1_000_000)
    contenders = ["ours", *PEERS]
    single = singles(base / "single", n_single)
    big = {who: part("grow", who, base / who, n) for who in contenders}
    again = {who: part("restart", who, base / who, n) for who in contenders}
    rows = []
    for peer in PEERS:
        name = f"pymerkle, {peer}"

        def beside(metric: str, key: str, unit: str, table: dict[str, dict[str, float]], target: str,
                   peer: str = peer, name: str = name) -> Row:  # fmt: skip
            return row(metric, table["ours"][key], unit, peer=table[peer][key], peer_name=name, target=target)

        one_by_one = {who: {"per_s": rate} for who, rate in single.items()}
        rows += [
            beside("durable appends one by one, a root after each", "per_s", "1/s", one_by_one, "> 1"),
            beside(f"durable appends in batches of 1,000, a root after each, to {n:,}", "per_s", "1/s", big, "> 1"),
            beside(f"inclusion proof at {n:,}, median", "p50_us", "us", big, "< 1"),
            beside(f"inclusion proof at {n:,}, 99th percentile", "p99_us", "us", big, "< 1"),
            beside(f"restart to first root at {n:,}", "restart_ms", "ms", again, "< 1"),
            beside("inclusion proof after restart, median", "cold_p50_us", "us", again, "< 1"),
            beside("inclusion proof after restart, 99th percentile", "cold_p99_us", "us", again, "< 1"),
            beside(f"peak memory of the writer that grew to {n:,}", "memory_mb", "MB", big, "< 1"),
            beside(f"memory of a restarted writer at {n:,}", "memory_mb", "MB", again, "< 1"),
        ]
    rows.append(
        row("tiles, signature and one witness's cosignature after the last batch", big["ours"]["publish_s"], "s")
    )
    found = audit(base / "ours")
    rows.append(row("full audit", found["per_s"], "1/s"))
    rows.append(row(f"peak memory of the audit at {n:,}", found["memory_mb"], "MB", target="< 250"))
    return rows


def main() -> int:
    """Prints and writes the rows; with --part, runs one part and prints its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small log: to see that it runs, not for figures")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the rows as JSON")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--who", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--n", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        print(json.dumps(PARTS[args.part](args.who, args.folder, args.n)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        tell(measure(Path(folder), quick=args.quick), args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
