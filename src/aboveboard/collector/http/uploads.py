"""The route that takes segments: everything about it is bounded, in time, in bytes, and in how many at once."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from aboveboard.collector.http.replies import error_reply, json_reply
from aboveboard.collector.http.requests import Digest, Serving, device
from aboveboard.collector.ingest import ingest
from aboveboard.core.errors import Refused
from aboveboard.core.vault import SignedDeviceCert
from aboveboard.wire.api import SegmentReply
from aboveboard.wire.segment import FILE_BYTES_MAX

router = APIRouter(prefix="/v1")
BODY_S_MAX = 120  # 5 MiB at 350 kbit/s


@router.put("/segments/{device_id}/{seq}")
async def new_segment(request: Request, service: Serving, digest: Digest, device_id: str, seq: int) -> Response:
    """Who asks is known, and there is room, before a byte of the body is read."""
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        return error_reply(411, "length", "this needs a Content-Length")
    if int(length) > FILE_BYTES_MAX:
        return error_reply(413, "too_long", f"a segment file is at most {FILE_BYTES_MAX} bytes")
    cert = device(request)
    if device_id != cert.cert.device:
        raise Refused("token", "the token is another device's")
    with service.uploads.slot(device_id, int(length)):
        try:
            async with asyncio.timeout(BODY_S_MAX):
                # The server itself holds the sender to its Content-Length.
                data = b"".join([piece async for piece in request.stream()])
        except TimeoutError:
            return error_reply(408, "slow", "the body did not come in time", {"Connection": "close"})
        return await run_in_threadpool(_take, service, cert, seq, data, digest)


def _take(service: Serving, cert: SignedDeviceCert, seq: int, data: bytes, digest: str) -> Response:
    accepted = ingest(service, cert, seq, data, digest)
    reply = SegmentReply(accepted.segment, service.promise("segment", accepted.segment), accepted.kept)
    return json_reply(reply, 201 if accepted.new else 200)
