"""Taking sealed segments beside a bare uvicorn handler that writes and fsyncs the bodies: `python -m bench.ingest`.

Both servers run in a process of their own on the same disk, one after the other in alternating rounds, and are asked by
the same clients. Ours also checks token, signature, chain, consent and size class, writes rows, and signs a promise.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from itertools import product
from pathlib import Path

from aboveboard.collector.settings import Settings
from aboveboard.core.ids import sha256_hex
from aboveboard.wire.segment import CONTEXT, Manifest, SealedSegment
from bench.common import Row, arguments, row, tell
from tests.support.process import served
from tests.support.servers import Person
from tests.support.stores import postgres

CLIENTS = 8, 32  # a few, and a busy hour
SMALL_MIN = 700  # a second
SIZES = {"1 MB": 1 << 20, "100 KB": 1 << 17}  # the size classes nearest to them
BARE = """
import os, secrets, sys
import uvicorn
folder, port = sys.argv[1], int(sys.argv[2])
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = b"".join(parts)
    if body:
        await to_thread(write, body)
    await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
from asyncio import to_thread
def write(body):
    descriptor = os.open(os.path.join(folder, secrets.token_hex(16)), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    view = memoryview(body)
    while view:
        view = view[os.write(descriptor, view):]
    os.fsync(descriptor)
    os.close(descriptor)
uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
"""


@dataclass(frozen=True, slots=True)
class Upload:
    """One request, made beforehand: the clients must not be what is measured."""

    path: str
    headers: dict[str, str]
    body: bytes


def uploads(person: Person, size: int, number: int) -> list[Upload]:
    """A chain of `number` segments. The seal's content is random bytes of the right length: nobody opens it here."""
    assert person.consent is not None
    made = []
    header = b"age-encryption.org/v1\n-> X25519 " + b"a" * 43 + b"\n" + b"b" * 43 + b"\n--- " + b"c" * 43 + b"\n"
    for _ in range(number):
        sealed = header + os.urandom(16 + size + 16 * -(-size // 65536))
        manifest = Manifest(
            person.contributor, person.device, person.seq, person.prev, person.epoch, person.servers.policy.policy_id,
            person.consent.record.consent_id, sha256_hex(sealed), len(sealed),
        )  # fmt: skip
        body = SealedSegment(manifest, person.device_key.sign(CONTEXT, manifest.to_bytes()), sealed).to_bytes()
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers = {**person.headers, "Content-Digest": f"sha-256=:{digest}:"}
        made.append(Upload(f"/v1/segments/{person.device}/{person.seq}", headers, body))
        person.seq, person.prev = person.seq + 1, manifest.segment_id
    return made


def rate(port: int, chains: list[list[Upload]]) -> float:
    """Uploads a second with one client for each chain. Every answer has to be 201."""
    problems: list[object] = []
    start = threading.Barrier(len(chains) + 1)

    def send(chain: list[Upload]) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start.wait()
        for each in chain:
            connection.request("PUT", each.path, each.body, each.headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 201:
                problems.append((answer.status, text[:300]))
                return
        connection.close()

    threads = [threading.Thread(target=send, args=(chain,)) for chain in chains]
    for thread in threads:
        thread.start()
    start.wait()
    begin = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begin
    if problems:
        raise RuntimeError(f"a server did not take an upload: {problems[0]}")
    return sum(map(len, chains)) / seconds


@contextmanager
def bare(folder: Path) -> Iterator[int]:
    """The peer's port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", BARE, str(folder), str(port)]) as process:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        try:
            yield port
        finally:
            process.terminate()
            process.wait()


def measured(folder: Path, settings: Settings, size: int, clients: int, each: int, rounds: int) -> tuple[float, float]:
    """(ours, the bare handler's) uploads a second: medians of alternating rounds."""
    ours, peers = [], []
    with served(folder, settings) as (servers, process), bare(folder / "bare") as port:
        people = [Person(servers).ready() for _ in range(clients)]
        for number in range(rounds + 1):
            chains = [uploads(person, size, each) for person in people]
            one, other = rate(process.port, chains), rate(port, chains)
            if number:  # the first warms up
                ours.append(one)
                peers.append(other)
    return statistics.median(ours), statistics.median(peers)


def judged(metric: str, ours: float, peer: float, size: int) -> Row:
    """Small segments hold by either: so many a second, or so much of what the bare handler takes."""
    small = size <= 1 << 18
    made = row(metric, ours, "/s", peer=peer, peer_name="bare write and fsync", target=">= 0.7" if small else ">= 0.8")
    if not small:
        return made
    return replace(made, target=f">= 0.7 or >= {SMALL_MIN}/s", holds=bool(made.holds) or ours >= SMALL_MIN)


def main() -> None:
    args = arguments(__doc__ or "")
    rows: list[Row] = []
    rounds = 1 if args.quick else 3
    with postgres(durable=True) as cluster:
        for database in ("SQLite", "PostgreSQL"):
            for (name, size), clients in product(SIZES.items(), CLIENTS):
                settings = Settings(database=cluster.new_database() if database == "PostgreSQL" else "")
                each = (80 if args.quick else 128) // clients * (1 if size > 1 << 18 else 4)
                with tempfile.TemporaryDirectory(prefix="aboveboard-bench-") as folder:
                    ours, peer = measured(Path(folder), settings, size, clients, each, rounds)
                rows.append(judged(f"segments of {name} from {clients} clients, {database}", ours, peer, size))
    tell(rows, args.json)


if __name__ == "__main__":
    main()
