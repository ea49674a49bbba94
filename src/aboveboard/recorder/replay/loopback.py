"""A small server for one person on their own laptop: 127.0.0.1 only, for whoever has the address that was printed.

Every request needs the right Host (so that no other name can be made to point here) and the token, by address once and
then by cookie; every change also needs the page's own form token, which no other site can know.
"""

from __future__ import annotations

import contextlib
import hmac
import http.cookies
import os
import re
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.ui import CSP_LAPTOP
from aboveboard.wire.patient import PatientServer

BODY_BYTES_MAX = 16 << 10
_PLACE = re.compile(r"/[a-z0-9/]{0,64}")  # where an address with a token may lead: a page of ours
_CONNECTIONS = Path("/proc/net/tcp")


@dataclass(frozen=True, slots=True)
class Asked:
    """form: of a POST, else None. language: what the browser prefers. query: of the address."""

    path: str
    form: dict[str, str] | None
    language: str
    query: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def moment_of(form: dict[str, str]) -> int:
    """What a form names by the moment at which it began, µs since 1970. Raises BadInput."""
    text = form.get("task", "")
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 19 and int(text)):
        raise BadInput("is the moment at which it began", "task")
    return int(text)


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
            "Content-Security-Policy": CSP_LAPTOP, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
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
        given = cookie[self.pages.name].value if self.pages.name in cookie else ""
        return self._named() and hmac.compare_digest(given.encode(), self.pages.token.encode())

    def _named(self) -> bool:
        """Asked by this machine's own name, and by the person whose page it is."""
        return self.headers.get("Host") == self.pages.host and own_connection(self.client_address[1], self.pages.port)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        given, to = query.get("token", ""), query.get("to", "/")
        if self._named() and given and hmac.compare_digest(given.encode(), self.pages.token.encode()):
            cookie = f"{self.pages.name}={self.pages.token}; HttpOnly; SameSite=Strict; Path=/"
            to = to if _PLACE.fullmatch(to) else "/"
            self._send(Reply(303, b"", headers={"Location": to, "Set-Cookie": cookie}))
        elif not self._known():
            self._refuse(403, self.pages.unknown)
        else:
            self._send(self.pages.answer(Asked(parts.path, None, self.headers.get("Accept-Language", ""), query)))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not self._known():
            self._refuse(403, self.pages.unknown)
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


def own_connection(client_port: int, server_port: int, connections: Path = _CONNECTIONS) -> bool:
    """Whether the other end of a connection on 127.0.0.1 is a program of the same user, by proc(5)'s /proc/net/tcp.

    The address with its token stands in a browser's command line, where everybody on the machine may read it. Where the
    system has no such table, the token is all there is.
    """
    try:
        lines = connections.read_text("ascii").splitlines()[1:]
    except OSError:
        return True
    wanted = [f"0100007F:{client_port:04X}", f"0100007F:{server_port:04X}"]
    return any(fields[1:3] == wanted and int(fields[7]) == os.getuid() for fields in map(str.split, lines))


class _Server(PatientServer):
    daemon_threads = True
    pages: Loopback


class Loopback:
    """Serves `answer` until close(). url: with the token in it; unknown: what whoever has no token is told."""

    def __init__(self, answer: Callable[[Asked], Reply], port: int, verb: str, option: str = "--port") -> None:
        """verb: the command that prints the address; also the cookie's name, as cookies don't tell ports apart. Raises
        Unavailable when the port is taken."""
        self.answer, self.name = answer, verb
        self.unknown = f"This page needs the address that `aboveboard {verb}` prints."
        self.token, self.form_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise Unavailable(f"port {port} is taken: choose another with {option}") from error
        self._server.pages = self
        self.port = int(self._server.server_address[1])
        self.host = f"127.0.0.1:{self.port}"
        self._closing = False
        self.url = f"http://{self.host}/?token={self.token}"
        self._thread = threading.Thread(target=self._serve, name=f"{verb}-page", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        """One request after the other, without looking round in between: an idle laptop is not woken."""
        while not self._closing:
            self._server.handle_request()

    def close(self) -> None:
        self._closing = True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1.0):
            self._thread.join(2.0)
        self._server.server_close()
