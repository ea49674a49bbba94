"""A simulated laptop's line to the servers: asks, waits when told to, tries again, and counts all of it."""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from aboveboard.core.errors import Unavailable
from aboveboard.simulate.counts import Counts
from aboveboard.wire.client import Answer, Client

REPLY_BYTES_MAX = 8 << 20
TRIES_MAX = 40
WAIT_S_MAX = 8.0
LATER = frozenset({429, 502, 503})


class Line:
    """One device's connection. Not for several threads at once."""

    def __init__(self, url: str, counts: Counts, token: str = "") -> None:
        self._url, self._counts, self._token = url, counts, token
        self._client = Client(url, exchange_s_max=60.0)

    def close(self) -> None:
        self._client.close()

    def ask(
        self, what: str, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The first answer that is not "later". Raises Unavailable when there is none in all its tries."""
        sent = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        wait_s = 0.25
        for _ in range(TRIES_MAX):
            begun = time.monotonic()
            try:
                answer = self._client.request(
                    method, path, size_max=REPLY_BYTES_MAX, body=body, headers=sent | dict(headers or {})
                )
            except Unavailable:
                self._counts.did("connection lost")
            else:
                # "Later" is a quick answer: among the others it would make them look quicker than they are.
                asked = f"{what}, told later" if answer.status in LATER else what
                self._counts.answered(asked, answer.status, time.monotonic() - begun)
                if answer.status not in LATER:
                    return answer
                self._counts.did("told to come later")
                wait_s = max(wait_s, float(answer.headers.get("retry-after", "0")))
            time.sleep(wait_s * (0.5 + random.random()))  # noqa: S311  # spreads them, no secret
            wait_s = min(wait_s * 2, WAIT_S_MAX)
        raise Unavailable(f"{what}: no answer in {TRIES_MAX} tries")

    def tear(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Sends half of an upload, and is gone."""
        parts = urlsplit(self._url)
        if parts.scheme != "http" or not parts.hostname:
            return
        head = [f"PUT {parts.path.rstrip('/')}{path} HTTP/1.1", f"Host: {parts.netloc}"]
        head += [f"Authorization: Bearer {self._token}", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        with (
            contextlib.suppress(OSError),
            socket.create_connection((parts.hostname, parts.port or 80), timeout=10) as line,
        ):
            line.sendall("\r\n".join([*head, "", ""]).encode("ascii") + body[: len(body) // 2])
