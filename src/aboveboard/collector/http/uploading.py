"""The collector as a further process that takes segments and does nothing else: `collector serve --uploads-only`.

It shares database and store with the one that writes the log, gives no page and no proof, runs no job, and holds the
log's key for promises only. What it has taken waits in the database for the log's writer, as what that one took does.
"""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from aboveboard.collector.http.replies import error_reply
from aboveboard.collector.http.uploads import Front, SegmentUploads
from aboveboard.collector.jobs import counts
from aboveboard.collector.service import Receiver
from aboveboard.core.errors import Unavailable


class UploadServer:
    """ASGI: segments, /healthz and /readyz."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._uploads = SegmentUploads(receiver)
        self._front = Front(self._others, self._uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._front(scope, receive, send)

    async def _others(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = error_reply(404, "unknown", "this server takes segments, and nothing else")
        if scope["method"] in ("GET", "HEAD") and scope["path"] == "/healthz":
            reply = Response("ok\n", media_type="text/plain")
        elif scope["method"] in ("GET", "HEAD") and scope["path"] == "/readyz":
            reply = await asyncio.to_thread(self._ready)
        await reply(scope, receive, send)

    def _ready(self) -> Response:
        try:
            with self._receiver.database.reading() as tx:
                counts(tx)
        except Unavailable as error:
            return error_reply(503, "not_ready", str(error))
        return Response("ready\n", media_type="text/plain")

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        self._receiver.intake.close()
        self._receiver.database.close()
        await send({"type": "lifespan.shutdown.complete"})
