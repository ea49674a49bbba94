"""The status page: on loopback only, for whoever has the token; works without JavaScript.

Every request needs the right Host (so that no other name can be made to point here) and the token, by address once and
then by cookie; every change also needs the page's own form token.
"""

from __future__ import annotations

import contextlib
import datetime
import hmac
import http.cookies
import secrets
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import AboveboardError, BadInput, Unavailable
from aboveboard.recorder.recorder import EVER_US, Recorder
from aboveboard.recorder.settings import Change, Settings
from aboveboard.recorder.words import REASONS
from aboveboard.ui import CSP_NO_SCRIPT, stylesheet, templates

BODY_BYTES_MAX = 16 << 10
COOKIE = "aboveboard"
_templates = templates("aboveboard.recorder")


def settings_of(form: dict[str, str], known: Settings) -> Change:
    """What the form asks for. An empty box changes nothing. Raises BadInput for what is no number."""
    change: dict[str, object] = {}
    for name in ("data_mb_per_day", "battery_percent_min"):
        if text := form.get(name, "").strip():
            if not (text.isascii() and text.isdigit() and len(text) < 9):
                raise BadInput("has to be a whole number", name)
            change[name] = int(text)
    for name in ("exclude_apps", "exclude_sites", "exclude_titles"):
        if text := form.get(name, "").strip():
            change[name] = sorted({*getattr(known, name), text})
    return change


def _clock(t_s: int) -> str:
    return datetime.datetime.fromtimestamp(t_s).astimezone().strftime("%H:%M")


class _Handler(BaseHTTPRequestHandler):
    server_version = "aboveboard"
    sys_version = ""
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Keeps no log."""

    @property
    def page(self) -> StatusPage:
        return cast("_Server", self.server).page

    def _reply(self, status: int, body: str = "", headers: dict[str, str] | None = None) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(data)), "Cache-Control": "no-store",
            "Content-Security-Policy": CSP_NO_SCRIPT, "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin", **(headers or {}),
        }.items():  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _known(self) -> bool:
        """Right name, and the token by cookie."""
        cookie = http.cookies.SimpleCookie(self.headers.get("Cookie", "")[:4096])
        given = cookie[COOKIE].value if COOKIE in cookie else ""
        return self._named() and hmac.compare_digest(given.encode(), self.page.token.encode())

    def _named(self) -> bool:
        return self.headers.get("Host") == self.page.host

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        given = parse_qs(parts.query).get("token", [""])[0]
        if self._named() and given and hmac.compare_digest(given.encode(), self.page.token.encode()):
            cookie = f"{COOKIE}={self.page.token}; HttpOnly; SameSite=Strict; Path=/"
            self._reply(303, headers={"Location": "/", "Set-Cookie": cookie})
        elif not self._known():
            self._reply(403, "This page needs the address that `aboveboard status` prints.")
        elif parts.path == "/style.css":
            self._reply(200, stylesheet(), {"Content-Type": "text/css; charset=utf-8"})
        elif parts.path != "/":
            self._reply(404, "There is nothing here.")
        else:
            self._reply(200, self.page.render(""))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not self._known():
            self._reply(403, "This page needs the address that `aboveboard status` prints.")
            return
        if not length.isdigit() or int(length) > BODY_BYTES_MAX:
            self._reply(413, "Too long.")
            return
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(int(length)).decode("utf-8")).items()}
        if not hmac.compare_digest(form.get("form", "").encode(), self.page.form_token.encode()):
            self._reply(403, "This form is not from this page: load it again.")
            return
        try:
            self.page.act(urlsplit(self.path).path, form)
        except AboveboardError as error:
            self._reply(200, self.page.render(str(error)))
            return
        self._reply(303, headers={"Location": "/"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    page: StatusPage


class StatusPage:
    """Serves one recorder's page. url: with the token in it."""

    def __init__(self, recorder: Recorder, port: int = 0) -> None:
        """Raises Unavailable when the port is taken."""
        self._recorder = recorder
        self.token, self.form_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise Unavailable(f"port {port} for the status page is taken: choose another with --page-port") from error
        self._server.page = self
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}/?token={self.token}"
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="status-page", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        """One request after the other, without looking round in between: an idle laptop is not woken."""
        while not self._closing:
            self._server.handle_request()

    def render(self, problem: str) -> str:
        status = self._recorder.status()
        rows = self._recorder.review() if status["state"] in ("recording", "paused", "not_allowed") else []
        return _templates.get_template("status.html").render(
            status=status, notice=self._recorder.notice, form=self.form_token,
            problem=problem, rows=rows[-200:], reasons=REASONS, clock=_clock,
            apps=sorted({r["name"] for r in rows if r["kind"] == "app"}), settings=self._recorder.settings(),
            limits=self._recorder.limits,
        )  # fmt: skip

    def act(self, path: str, form: dict[str, str]) -> None:
        """What a button asks for. Unknown ones do nothing."""
        recorder = self._recorder
        match path:
            case "/agree":
                recorder.agree(form.get("policy", ""))
            case "/no":
                recorder.decline()
            case "/pause":
                recorder.pause(form.get("length", "until-resumed"))
            case "/resume":
                recorder.resume()
            case "/opt-out":
                reason = form.get("reason", "")
                recorder.opt_out(cast("Any", reason if reason in ("bandwidth", "sensitive_work", "power") else ""),
                                 delete=form.get("delete") == "yes")  # fmt: skip
            case "/forget":
                last_s = form.get("last_s", "")
                now_us = int(datetime.datetime.now(datetime.UTC).timestamp() * US_PER_S)
                recorder.forget(
                    now_us - int(last_s) * US_PER_S if last_s.isdigit() else 0, EVER_US, form.get("app") or None
                )
            case "/settings":
                recorder.change_settings(settings_of(form, recorder.settings()))
            case "/send":
                recorder.send_now()

    def close(self) -> None:
        self._closing = True
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._server.server_port), timeout=1.0),
        ):
            self._thread.join(1.0)
        self._server.server_close()
