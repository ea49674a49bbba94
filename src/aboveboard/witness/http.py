"""A small HTTP server of the standard library with everything bounded: bodies, connections, and time.

Handlers are functions from (path, body) to Reply. Nothing about a request is logged.
"""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from aboveboard.core.errors import AboveboardError, BadInput, Corrupt, Refused, Unavailable

CONNECTIONS_MAX = 64
IDLE_S_MAX = 15.0  # for the next byte
DRAIN_BYTES_MAX = 1 << 20
REQUEST_S_MAX = 30.0  # for a whole request and its answer: a byte now and then must not hold a thread for good


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


def json_reply(status: int, value: object) -> Reply:
    return Reply(status, json.dumps(value, separators=(",", ":")).encode("utf-8"), "application/json")


def error_reply(status: int, reason: str, text: str) -> Reply:
    """The form of every error: a stable word for programs, a sentence for people."""
    return json_reply(status, {"error": {"reason": reason, "text": text}})


def reply_to_error(error: AboveboardError) -> Reply:
    """400 can't be read, 403 a rule or check says no, 503 try again, 500 something of ours was lost or damaged."""
    if isinstance(error, BadInput):
        return error_reply(400, "bad_input", str(error))
    if isinstance(error, Refused):
        return error_reply(403, error.reason, str(error))
    if isinstance(error, Unavailable):
        return error_reply(503, "unavailable", str(error))
    if isinstance(error, Corrupt):
        return error_reply(500, "corrupt", str(error))
    return error_reply(403, "check_failed", str(error))


Handler = Callable[[str, bytes], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is exact, or a prefix when it ends in "/"."""

    method: str
    path: str
    body_bytes_max: int
    handler: Handler = field(repr=False)

    def takes(self, path: str) -> bool:
        return path == self.path or (self.path.endswith("/") and path.startswith(self.path))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "aboveboard-witness"
    sys_version = ""
    timeout = IDLE_S_MAX
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the standard library's name
        """Who asked for what is nobody's business."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        server = cast("SmallServer", self.server)
        self._read = False
        reply = self._reply(server)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Cache-Control", "no-store")
        if reply.status >= 400:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()
        if self.close_connection:
            self._drain()
        server.begin(self.connection)  # a kept connection starts a new request

    def _length(self) -> int | None:
        text = self.headers.get("Content-Length", "0" if self.command == "GET" else "")
        if not (text.isascii() and text.isdigit() and len(text) < 10) or "Transfer-Encoding" in self.headers:
            return None
        return int(text)

    def _drain(self) -> None:
        """Reads what is left of a small body: closing before would reset the connection and lose our answer."""
        if not self._read:
            self.rfile.read(min(self._length() or 0, DRAIN_BYTES_MAX))

    def _reply(self, server: SmallServer) -> Reply:
        known = [route for route in server.routes if route.takes(self.path)]
        route = next((each for each in known if each.method == self.command), None)
        if route is None:
            return error_reply(405 if known else 404, "not_found", "there is nothing under this address")
        length = self._length()
        if length is None:
            return error_reply(411, "bad_input", "the request needs a Content-Length")
        if length > route.body_bytes_max:
            return error_reply(413, "bad_input", f"the body may have {route.body_bytes_max} bytes at most")
        body = self.rfile.read(length)
        self._read = True
        if len(body) != length:
            return error_reply(400, "bad_input", "the body was cut off")
        try:
            return route.handler(self.path, body)
        except AboveboardError as error:
            return reply_to_error(error)


class SmallServer(ThreadingHTTPServer):
    """Serves `routes` on one address. Raises Unavailable when the port is taken."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, host: str, port: int, routes: list[Route]) -> None:
        self.routes = routes
        self._slots = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._started: dict[socket.socket, float] = {}
        self._started_lock = threading.Lock()
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise Unavailable(f"can't listen on {host}:{port} ({why}): give another port with --port") from error

    @property
    def url(self) -> str:
        host, port = cast("tuple[str, int]", self.server_address[:2])
        return f"http://{host}:{port}"

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # without HTTPServer's look-up of our own name

    def begin(self, connection: socket.socket) -> None:
        with self._started_lock:
            self._started[connection] = time.monotonic()

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self.begin(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._started_lock:
                self._started.pop(request, None)
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is no news; a bug shows where, without its text: that may hold content."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            traceback.print_tb(error.__traceback__)
            print(f"aboveboard witness: {type(error).__name__}, please report this", file=sys.stderr)

    def service_actions(self) -> None:
        """Called twice a second by serve_forever: ends connections that take too long."""
        now = time.monotonic()
        with self._started_lock:
            late = [each for each, since in self._started.items() if now - since > REQUEST_S_MAX]
        for each in late:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
