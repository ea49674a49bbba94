"""Serves the demo's own pages (a form, a mailbox, a notepad) over loopback, so that they have an origin."""

from __future__ import annotations

import http.server
import threading
from functools import partial
from importlib.resources import as_file, files
from types import TracebackType
from typing import Any


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Keeps no log: an address may hold what somebody typed."""


class PageServer:
    """`with PageServer() as pages: pages.url("signup.html")`"""

    def __enter__(self) -> PageServer:
        self._folder = as_file(files("aboveboard.demo") / "pages")
        root = self._folder.__enter__()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
        threading.Thread(target=self._server.serve_forever, name="demo-pages", daemon=True).start()
        return self

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def url(self, page: str) -> str:
        return f"{self.origin}/{page}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._folder.__exit__(None, None, None)
