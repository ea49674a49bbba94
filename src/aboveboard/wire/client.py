"""HTTP requests to a server that need not be trusted: bounded bytes, one deadline for the whole exchange, no
redirects, no compression (so nothing unpacks to more than was read)."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from aboveboard.core.errors import BadInput, Unavailable

CONNECT_S_MAX = 5.0
EXCHANGE_S_MAX = 30.0
PIECE_BYTES = 1 << 16


class Answer(msgspec.Struct, frozen=True):
    """status and body as they came; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


def _close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class Client:
    """Talks to one server. Not for several threads at once."""

    def __init__(self, url: str, exchange_s_max: float = EXCHANGE_S_MAX) -> None:
        """Raises BadInput unless `url` is http(s)://host[:port][/path]."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise BadInput(f"{url!r} is not the address of a server: http://host:port or https://host")
        self.url = url.rstrip("/")
        self._s_max = exchange_s_max
        self._sockets: list[socket.socket] = []
        sockets = self._sockets

        class Watched(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        class WatchedTls(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        secure = parts.scheme == "https"
        options: dict[str, Any] = {"maxsize": 1, "retries": False}
        options["timeout"] = urllib3.Timeout(connect=min(CONNECT_S_MAX, exchange_s_max), read=exchange_s_max)
        pool_class = urllib3.HTTPSConnectionPool if secure else urllib3.HTTPConnectionPool
        self._pool = pool_class(parts.hostname, parts.port, **options)
        self._pool.ConnectionCls = WatchedTls if secure else Watched
        self._base = parts.path.rstrip("/")

    def request(
        self, method: str, path: str, *, size_max: int, body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """Any status is an answer. Raises Unavailable when there is none in time, or it has over `size_max` bytes."""
        self._sockets[:] = [each for each in self._sockets if each.fileno() >= 0]
        # The timeouts of the socket count anew with every byte, so a server could drip for days.
        watch = threading.Timer(self._s_max, _close, [self._sockets])
        watch.daemon = True
        watch.start()
        deadline = time.monotonic() + self._s_max
        try:
            response = self._pool.urlopen(
                method, self._base + path, body=body, redirect=False, preload_content=False, assert_same_host=False,
                headers={"Accept-Encoding": "identity", "User-Agent": "aboveboard", **(headers or {})},
            )  # fmt: skip
            data = bytearray()
            while piece := response.read1(PIECE_BYTES, decode_content=False):
                data += piece
                if len(data) > size_max or time.monotonic() > deadline:
                    response.close()
                    raise Unavailable(f"{self.url}{path}: the answer is over {size_max} bytes or too slow")
            if len(data) < int(response.headers.get("Content-Length", len(data))):
                response.close()
                raise Unavailable(f"{self.url}{path}: the answer was cut off")
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Unavailable(f"{self.url} can't be reached ({type(error).__name__})") from error
        finally:
            watch.cancel()
        return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, bytes(data))

    def close(self) -> None:
        self._pool.close()
