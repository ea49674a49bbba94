"""How the collector answers: JSON of our own records, and one sentence for each error."""

from __future__ import annotations

import hashlib

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from aboveboard.collector.limits import TooMany
from aboveboard.collector.standing import OutOfOrder
from aboveboard.core.errors import AboveboardError, BadInput, CheckFailed, Corrupt, Refused, Unavailable
from aboveboard.wire.api import ChainReply, ErrorBody, ErrorReply

RETRY_AFTER_S = 2
ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]  # headers of every answer
_REFUSED_STATUS = {"token": 401, "revoked": 401, "sign_in": 401, "reader": 401, "unknown": 404, "no_policy_yet": 404}


def json_reply(value: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def public_reply(request: Request, value: msgspec.Struct) -> Response:
    """What many ask for again and again, and seldom changes: with an ETag, and 304 without a body for whoever has it
    (RFC 9110, 13.1.2)."""
    body = msgspec.json.encode(value)
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "Cache-Control": "no-cache"}
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def error_reply(status: int, reason: str, text: str, headers: dict[str, str] | None = None) -> Response:
    body = msgspec.json.encode(ErrorReply(ErrorBody(reason, text)))
    return Response(body, status, headers, media_type="application/json")


def reply_for(error: AboveboardError) -> Response:
    """The status and body of an error raised on purpose."""
    match error:
        case OutOfOrder():
            return json_reply(ChainReply(ErrorBody("out_of_order", str(error)), error.expected), 409)
        case Refused():
            return error_reply(_REFUSED_STATUS.get(error.reason, 403), error.reason, str(error))
        case BadInput():
            return error_reply(400, "bad_input", str(error))
        case CheckFailed():
            return error_reply(422, "check_failed", str(error))
        case Corrupt():
            return error_reply(422, "corrupt", str(error))
        case TooMany():
            return error_reply(429, "too_many", str(error), {"Retry-After": str(error.retry_after_s)})
        case Unavailable():
            return error_reply(503, "unavailable", str(error), {"Retry-After": str(RETRY_AFTER_S)})
        case _:
            return error_reply(500, "error", "the server could not do this")
