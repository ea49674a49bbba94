"""Appends, proofs, restart, memory and audit of the log, beside pymerkle's SQLite tree doing the same in the same run.

Every append counts only when it is durable and a root over it exists. pymerkle runs as it comes (rollback journal,
synchronous=FULL) and with journal_mode=WAL, synchronous=FULL. Contenders are processes of their own that take turns.
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
BATCHES, SINGLES = 20, 40  # of a turn
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


class Worker:
    """A contender in a process of its own, which does one command at a time: so that in one run they take turns, and
    what else the machine does falls on all of them."""

    def __init__(self, who: str, folder: Path) -> None:
        words = [sys.executable, "-m", "bench.log", "--who", who, "--folder", str(folder)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.opened = self._answer()

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        found: dict[str, float] = json.loads(self._process.stdout.readline())
        return found

    def do(self, command: str) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        self._process.communicate()
        if self._process.returncode != 0:
            raise RuntimeError(f"a contender ended with {self._process.returncode}")


def work(who: str, folder: Path) -> None:
    """A worker: opens the tree to its first root, then does what each line of standard input says."""
    begun = time.perf_counter()
    tree = open_tree(who, folder)
    tree.root()
    print(json.dumps({"ms": (time.perf_counter() - begun) * 1e3}), flush=True)

    def append(batch: list[bytes]) -> None:
        tree.append(batch)
        tree.root()

    for line in sys.stdin:
        verb, *numbers = line.split()
        match verb, [int(number) for number in numbers]:
            case "append", [start, batches, size]:
                made = [[entry(start + i * size + j) for j in range(size)] for i in range(batches)]
                found = {"per_s": batches * size / sum(timed(partial(append, batch)) for batch in made)}
            case "prove", [n]:
                found = proofs(tree, n)
            case "publish", [] if isinstance(tree, Ours):
                found = {"s": timed(tree.publish)}
            case _:
                raise ValueError(line)
        print(json.dumps(found | {"memory_mb": memory_mb()}), flush=True)
    tree.close()


def proofs(tree: Tree, n: int) -> dict[str, float]:
    """Microseconds a proof: median and 99th percentile over random entries, in the state the writer is in."""
    rng = random.Random(1)
    places = [rng.randrange(n) for _ in range(PROOFS)]
    times = sorted(timed(partial(tree.prove, place)) for place in places)
    return {"p50_us": times[PROOFS // 2] * 1e6, "p99_us": times[PROOFS * 99 // 100] * 1e6}


def in_turns(workers: dict[str, Worker], turns: int, batches: int, size: int) -> dict[str, dict[str, float]]:
    """Appends a second: of each contender the median over its turns; and its memory after them."""
    rates: dict[str, list[float]] = {who: [] for who in workers}
    last: dict[str, dict[str, float]] = {}
    for turn in range(turns):
        for who, worker in workers.items():
            last[who] = worker.do(f"append {turn * batches * size} {batches} {size}")
            rates[who].append(last[who]["per_s"])
    return {who: last[who] | {"per_s": statistics.median(rates[who])} for who in workers}


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
    turns, single_turns = (2, 5) if quick else (50, 50)
    n = turns * BATCHES * BATCH
    contenders = ["ours", *PEERS]
    workers = {who: Worker(who, base / f"single-{who}") for who in contenders}
    single = in_turns(workers, single_turns, SINGLES, 1)
    for worker in workers.values():
        worker.close()
    workers = {who: Worker(who, base / who) for who in contenders}
    big = in_turns(workers, turns, BATCHES, BATCH)
    published = workers["ours"].do("publish")
    for who, worker in workers.items():
        big[who] |= worker.do(f"prove {n}")
        worker.close()
    again = {}
    for who in contenders:
        worker = Worker(who, base / who)
        again[who] = worker.opened | worker.do(f"prove {n}")
        worker.close()
    rows = []
    for peer in PEERS:
        name = f"pymerkle, {peer}"

        def beside(metric: str, key: str, unit: str, table: dict[str, dict[str, float]], target: str,
                   peer: str = peer, name: str = name) -> Row:  # fmt: skip
            return row(metric, table["ours"][key], unit, peer=table[peer][key], peer_name=name, target=target)

        rows += [
            beside("durable appends one by one, a root after each", "per_s", "1/s", single, "> 1"),
            beside(f"durable appends in batches of 1,000, a root after each, to {n:,}", "per_s", "1/s", big, "> 1"),
            beside(f"inclusion proof at {n:,}, median", "p50_us", "us", big, "< 1"),
            beside(f"inclusion proof at {n:,}, 99th percentile", "p99_us", "us", big, "< 1"),
            beside(f"restart to first root at {n:,}", "ms", "ms", again, "< 1"),
            beside("inclusion proof after restart, median", "p50_us", "us", again, "< 1"),
            beside("inclusion proof after restart, 99th percentile", "p99_us", "us", again, "< 1"),
            beside(f"peak memory of the writer that grew to {n:,}", "memory_mb", "MB", big, "< 1"),
            beside(f"memory of a restarted writer at {n:,}", "memory_mb", "MB", again, "< 1"),
        ]
    rows.append(row("tiles, signature and one witness's cosignature after the last batch", published["s"], "s"))
    found = audit(base / "ours")
    rows.append(row("full audit", found["per_s"], "1/s"))
    rows.append(row(f"peak memory of the audit at {n:,}", found["memory_mb"], "MB", target="< 250"))
    return rows


def main() -> int:
    """Prints and writes the rows; with --who, is one of the contenders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small log: to see that it runs, not for figures")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the rows as JSON")
    parser.add_argument("--who", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.who:
        work(args.who, args.folder)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        tell(measure(Path(folder), quick=args.quick), args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
