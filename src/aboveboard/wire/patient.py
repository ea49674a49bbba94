"""A small HTTP server for browsers on the same machine."""

from __future__ import annotations

import sys
from http.server import ThreadingHTTPServer
from typing import Any


class PatientServer(ThreadingHTTPServer):
    """A browser that leaves a page has no use for the rest of it: nothing to tell."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
