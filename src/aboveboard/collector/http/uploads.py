"""The route that takes segments: everything about it is bounded, in time, in bytes, and in how many at once.

It is plain ASGI in front of the other routes, because what a framework does for each request would cost more than
taking a small segment does. The route below it has the same address, stands in the OpenAPI document, and takes what is
addressed unusually; both answer alike.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Iterable

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from aboveboard.collector.http.operate import Figures
from aboveboard.collector.http.replies import ALWAYS, error_reply, json_reply, reply_for
from aboveboard.collector.http.requests import bearer_token, digest_of
from aboveboard.collector.ingest import Accepted
from aboveboard.collector.registries import device_of, token_hash
from aboveboard.collector.senders import Senders
from aboveboard.collector.service import Receiving
from aboveboard.core.errors import AboveboardError, Refused, Unavailable
from aboveboard.core.vault import SignedDeviceCert
from aboveboard.wire.api import SegmentReply
from aboveboard.wire.segment import FILE_BYTES_MAX, SEQ_MAX

PATH = "/v1/segments/{device_id}/{seq}"
BODY_S_MAX = 120  # 5 MiB at 350 kbit/s
ANSWER_S_MAX = 60
_ADDRESS = re.compile(r"/v1/segments/([0-9a-f]{32})/([0-9]{1,16})")

router = APIRouter()


@router.put(PATH)
async def new_segment(request: Request, device_id: str, seq: int) -> Response:
    """Who asks is known, and there is room, before a byte of the body is read."""
    uploads: SegmentUploads = request.app.state.segment_uploads
    return await uploads.answer(request.scope, request.receive, device_id, seq)


class SegmentUploads:
    """Takes one upload after the other."""

    def __init__(self, service: Receiving) -> None:
        self._service = service
        self._senders = Senders()
        self._results: deque[tuple[asyncio.Future[Accepted], Accepted | Exception]] = deque()
        self._told = False

    async def answer(self, scope: Scope, receive: Receive, device: str, seq: int) -> Response:
        """The reply; errors become one too."""
        try:
            return await self._answer(_headers(scope), receive, device, seq)
        except AboveboardError as error:
            return reply_for(error)

    async def _answer(self, headers: dict[bytes, str], receive: Receive, device: str, seq: int) -> Response:
        digest = digest_of(headers.get(b"content-digest", ""))
        length = headers.get(b"content-length", "")
        if not (length.isascii() and length.isdigit()):
            return error_reply(411, "length", "this needs a Content-Length")
        if int(length) > FILE_BYTES_MAX:
            return error_reply(413, "too_long", f"a segment file is at most {FILE_BYTES_MAX} bytes")
        if not 0 <= seq <= SEQ_MAX:
            raise Refused("unknown", "no segment has such a number")
        token = bearer_token(headers.get(b"authorization", ""))
        token_sha256 = token_hash(token)
        cert = self._senders.get(token_sha256) or await self._ask_who(token, token_sha256)
        if device != cert.cert.device:
            raise Refused("token", "the token is another device's")
        with self._service.uploads.slot(device, int(length)):
            try:
                async with asyncio.timeout(BODY_S_MAX):
                    # The server itself holds the sender to its Content-Length.
                    pieces = await _body(receive)
            except TimeoutError:
                return error_reply(408, "slow", "the body did not come in time", {"Connection": "close"})
            if pieces is None:
                return error_reply(400, "torn", "the connection ended before the body did")  # nobody hears it
            return self._reply(await self._taken(cert, token_sha256, seq, pieces, digest))

    async def _ask_who(self, token: str, token_sha256: str) -> SignedDeviceCert:
        cert = await asyncio.to_thread(device_of, self._service, token)
        self._senders.remember(token_sha256, cert)
        return cert

    async def _taken(
        self, cert: SignedDeviceCert, token_sha256: str, seq: int, pieces: list[bytes], digest: str
    ) -> Accepted:
        """One change of threads on the way in, and one on the way out, which others that are done take along."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Accepted] = loop.create_future()

        def then(result: Accepted | Exception) -> None:
            self._results.append((done, result))
            if not self._told:
                self._told = True
                loop.call_soon_threadsafe(self._resolve)

        self._service.intake.begin(cert, token_sha256, seq, pieces, digest, then)
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                return await done
        except TimeoutError as error:
            raise Unavailable("the server is too slow now: try again later") from error
        except Refused as error:
            if error.reason in ("token", "revoked"):
                self._senders.forget(token_sha256)
            raise

    def _reply(self, accepted: Accepted) -> Response:
        promise = self._service.promise("segment", accepted.segment)
        return json_reply(SegmentReply(accepted.segment, promise, accepted.kept), 201 if accepted.new else 200)

    def _resolve(self) -> None:
        """In the loop's thread. What is added from here on asks for this again."""
        self._told = False
        while self._results:
            done, result = self._results.popleft()
            if done.done():  # who waited has gone
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)


async def _body(receive: Receive) -> list[bytes] | None:
    """In pieces, as they came; None when the connection ended before it did."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if piece := message.get("body", b""):
            pieces.append(piece)
        if not message.get("more_body", False):
            return pieces or [b""]


def _headers(scope: Scope) -> dict[bytes, str]:
    """The first of each name counts."""
    found: dict[bytes, str] = {}
    pairs: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for name, value in pairs:
        found.setdefault(name, value.decode("latin-1"))
    return found


class Front:
    """ASGI: segments to their route, everything else further on. figures: where there are any."""

    def __init__(self, app: ASGIApp, uploads: SegmentUploads, figures: Figures | None = None) -> None:
        self._app, self._uploads, self._figures = app, uploads, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or not (found := _ADDRESS.fullmatch(scope["path"])):
            await self._app(scope, receive, send)
            return
        start, status = time.monotonic(), 500
        try:
            reply = await self._uploads.answer(scope, receive, found[1], int(found[2]))
            status = reply.status_code
        finally:
            if self._figures is not None:
                self._figures.count("PUT", PATH, status, time.monotonic() - start)
        reply.raw_headers += ALWAYS
        await reply(scope, receive, send)
