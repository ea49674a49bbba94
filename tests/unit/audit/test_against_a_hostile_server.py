"""The auditor against a server that means harm: always an answer, in bounded memory and time, and never a "holds"."""

from __future__ import annotations

import functools
import json
import resource
import socketserver
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aboveboard.audit.facts import Facts
from aboveboard.audit.log_reader import read_log
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.errors import Unavailable
from aboveboard.core.leaves import CharterLeaf, PolicyLeaf
from tests.support.published import MemorySource, checkpoint_of, log_files
from tests.support.world import T0_S, World

MEMORY_BYTES_MAX = 300 << 20
Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def plainly(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def endless(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    with suppress(OSError):
        while True:
            handler.wfile.write(b"x" * 65536)


def lying_about_the_length(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) + 1000))
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


def claiming_an_enormous_length(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(1 << 60))
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(b"\0" * 65536)


def redirecting(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/elsewhere")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@functools.cache
def bomb() -> bytes:
    """Packed once: it takes seconds."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(1024)) + packer.flush()


def packed(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """A bomb: a megabyte that unpacks to a gigabyte, were it unpacked."""
    data = bomb()
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    with suppress(OSError):
        handler.wfile.write(data)


def malformed_chunks(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"zz\r\nnot a number\r\n")
    handler.close_connection = True


def headers_without_end(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    with suppress(OSError):
        while True:
            handler.wfile.write(b"X-More: " + b"y" * 60000 + b"\r\n")


def half_the_body(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    plainly(handler, body[: len(body) // 2])


def twice_the_body(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    plainly(handler, body + body)


def an_error(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_error(500, "\x1b]0;owned\x07")


def nothing(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.close_connection = True


HOSTILE: list[Answer] = [
    endless, lying_about_the_length, claiming_an_enormous_length, redirecting, packed, malformed_chunks,
    headers_without_end, half_the_body, twice_the_body, an_error, nothing,
]  # fmt: skip


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The auditor hung up: as it should."""


@contextmanager
def serving(files: dict[str, bytes], behave: dict[str, Answer]) -> Iterator[tuple[str, list[str]]]:
    """Serves `files`; a path that starts with a key of `behave` gets that answer. Yields address and paths asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet."""

        def do_GET(self) -> None:
            asked.append(self.path)
            body = files.get(self.path[1:])
            answer = next((how for start, how in behave.items() if self.path[1:].startswith(start)), plainly)
            if body is None:
                self.send_error(404)
            else:
                answer(self, body)

    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def honest(tmp_path: Path) -> dict[str, bytes]:
    world = World()
    world.start_log()
    signed = world.signed()
    world.append(PolicyLeaf(signed.policy_id).encode())
    world.batch([b"r" * 32], "rights")
    world.publish(tmp_path / "log", [signed], T0_S)
    (tmp_path / "charter.json").write_bytes(world.charter.to_bytes())
    found = (tmp_path / "log").rglob("*")
    return {str(path.relative_to(tmp_path / "log")): path.read_bytes() for path in found if path.is_file()}


def audit(url: str, tmp_path: Path) -> tuple[int, dict[str, Any], str]:
    """The public command, in a process that may not have more memory than this."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))

    words = [sys.executable, "-m", "aboveboard", "audit", "verify", url, "--charter", str(tmp_path / "charter.json")]
    done = subprocess.run(
        [*words, "--json"], capture_output=True, text=True, timeout=120, preexec_fn=limit, check=False
    )
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("behaviour", HOSTILE, ids=lambda how: how.__name__)
@pytest.mark.parametrize("where", ["checkpoint", "tile/entries", "tile/0", "published/policies"])
def test_whatever_a_server_does_it_is_said_and_nothing_is_vouched_for(
    behaviour: Answer, where: str, tmp_path: Path
) -> None:
    with serving(honest(tmp_path), {where: behaviour}) as (url, asked):
        code, report, stderr = audit(url, tmp_path)
    assert code in (1, 3), report
    assert "Traceback" not in stderr
    assert report["ok"] is False
    assert "/elsewhere" not in asked, "redirects are not followed"
    [touched] = ({"checkpoint": 3, "tile/entries": 3, "tile/0": 3, "published/policies": 1}[where],)
    verdict = {each["guarantee"]: each["result"] for each in report["guarantees"]}
    assert verdict[touched] != "holds"


def test_an_honest_server_is_found_honest(tmp_path: Path) -> None:
    with serving(honest(tmp_path), {}) as (url, _):
        code, report, _ = audit(url, tmp_path)
    assert (code, report["ok"]) == (0, True)


def test_a_log_that_claims_to_be_enormous_costs_one_request(tmp_path: Path) -> None:
    """Signed by the log and its witnesses, and yet a lie: it stops at the first bundle that is not there."""
    source = MemorySource(log_files([CharterLeaf("0" * 64).encode()]))
    for size in (99_999_999, (1 << 63) - 1):
        reading = read_log(source, Checkpoint("example.org/log", size, b"0" * 32), Facts())
        assert "entries" in reading.problems
    assert len(source.asked) == 1


@pytest.mark.parametrize(
    "bundle",
    [b"", b"\0", b"\0\5abc", b"\0\1a\0\1b\0\1c", b"\0\0\0\0", b"\xff\xff" + b"a" * 10, b"\0\1a" * 300],
)
def test_malformed_bundles_are_refused(bundle: bytes) -> None:
    entries = [b"a", b"b"]
    files = log_files(entries)
    files["tile/entries/000.p/2"] = bundle
    reading = read_log(MemorySource(files), checkpoint_of(entries), Facts())
    assert "entries" in reading.problems or reading.root != checkpoint_of(entries).root


def test_a_server_that_drips_is_left_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every byte comes in time, the whole never does: one deadline holds for the exchange, and one for the audit."""
    from aboveboard.audit import source as module

    def dripping(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with suppress(OSError):
            for byte in body:
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
                time.sleep(0.2)

    monkeypatch.setattr(module, "EXCHANGE_S_MAX", 1.0)
    files = honest(tmp_path)
    with serving(files, {"checkpoint": dripping}) as (url, _):
        source = module.HttpSource(url)
        with pytest.raises(Unavailable):
            source.get("checkpoint", 1 << 16)
        source.close()
        late = module.HttpSource(url, audit_s_max=0.0)
        with pytest.raises(Unavailable, match="longer than"):
            late.get("published/charter.json", 1 << 16)
        late.close()
