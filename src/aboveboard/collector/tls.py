"""TLS by the server itself, for whoever has no web server in front of it: TLS 1.3 (RFC 8446) and nothing older.

There is no second port that redirects: what was once sent in the clear, a token too, is not taken back by a redirect.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aboveboard.core.errors import BadInput

STRICT = "max-age=63072000"  # RFC 6797, two years; other names of the domain are not ours to speak for


@dataclass(frozen=True, slots=True)
class Certificate:
    """chain: PEM, the server's certificate first; key: PEM, only for the user that runs the server."""

    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Raises BadInput naming the file."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.load(context)
        return context

    def load(self, context: ssl.SSLContext) -> None:
        """For connections from now on, so that a renewed certificate needs no restart. Raises BadInput and changes
        nothing when the files don't go together."""
        for path in (self.chain, self.key):
            if not path.is_file():
                raise BadInput("is missing", str(path))
        if self.key.stat().st_mode & 0o077:
            raise BadInput("may be read by others: chmod 600", str(self.key))
        try:
            for each in (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), context):  # the first to try it
                each.load_cert_chain(self.chain, self.key, password=_no_password)
        except (ssl.SSLError, OSError, ValueError) as error:
            raise BadInput(f"certificate and key {self.key} do not go together, or are no PEM", str(self.chain)) from (
                error
            )


def _no_password() -> bytes:
    """Instead of asking on the terminal of a server that has none."""
    raise ValueError("the key has a password")


class Strict:
    """ASGI: has browsers keep to TLS from the first answer on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Strict-Transport-Security", STRICT)
            await send(message)

        await self._app(scope, receive, sending)
