"""A small server for one person on their own laptop: 127.0.0.1 only, for whoever has the address that was printed.

Every request needs the right Host (so that no other name can be made to point here) and the token, by address once and
then by cookie; every change also needs the page's own form token, which no other site can know.
"""

from __future__ import annotations

import hmac
import http.cookies
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from aboveboard.core.errors import Unavailable
from aboveboard.ui import CSP

BODY_BYTES_MAX = 16 << 10
COOKIE = "replay"  # cookies don't tell ports apart: not the status page's name


@dataclass(frozen=True, slots=True)
class Asked:
    """form: of a POST, else None. language: what the browser prefers."""

    path: str
    form: dict[str, str] | None
    language: str


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


class _Handler(BaseHTTPRequestHandler):
    server_version = "aboveboard"
    sys_version = ""
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Keeps no log."""

    @property
    def pages(self) -> Loopback:
        return cast("_Server", self.server).pages

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {
            "Content-Type": reply.kind, "Content-Length": str(len(reply.body)), "Cache-Control": "no-store",
            "Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin", **reply.headers,
        }.items():  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def _refuse(self, status: int, text: str) -> None:
        self._send(Reply(status, text.encode(), "text/plain; charset=utf-8"))

    def _known(self) -> bool:
        cookie = http.cookies.SimpleCookie()
        try:
            cookie.load(self.headers.get("Cookie", "")[:4096])
        except http.cookies.CookieError:
            return False
        given = cookie[COOKIE].value if COOKIE in cookie else ""
        named = self.headers.get("Host") == self.pages.host
        return named and hmac.compare_digest(given.encode(), self.pages.token.encode())

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        given = parse_qs(parts.query).get("token", [""])[0]
        named = self.headers.get("Host") == self.pages.host
        if named and given and hmac.compare_digest(given.encode(), self.pages.token.encode()):
            cookie = f"{COOKIE}={self.pages.token}; HttpOnly; SameSite=Strict; Path=/"
            self._send(Reply(303, b"", headers={"Location": "/", "Set-Cookie": cookie}))
        elif not self._known():
            self._refuse(403, "This page needs the address that `aboveboard replay` prints.")
        else:
            self._send(self.pages.answer(Asked(parts.path, None, self.headers.get("Accept-Language", ""))))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not self._known():
            self._refuse(403, "This page needs the address that `aboveboard replay` prints.")
            return
        if not length.isascii() or not length.isdigit() or int(length) > BODY_BYTES_MAX:
            self._refuse(413, "Too long.")
            return
        body = self.rfile.read(int(length)).decode("utf-8", errors="replace")
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if not hmac.compare_digest(form.get("form", "").encode(), self.pages.form_token.encode()):
            self._refuse(403, "This form is not from this page: load it again.")
            return
        asked = Asked(urlsplit(self.path).path, form, self.headers.get("Accept-Language", ""))
        self._send(self.pages.answer(asked))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pages: Loopback


class Loopback:
    """Serves `answer` until close(). url: with the token in it."""

    def __init__(self, answer: Callable[[Asked], Reply], port: int = 0) -> None:
        """Raises Unavailable when the port is taken."""
        self.answer = answer
        self.token, self.form_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise Unavailable(f"port {port} is taken: choose another with --port") from error
        self._server.pages = self
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}/?token={self.token}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="replay-page", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(2.0)
        self._server.server_close()
