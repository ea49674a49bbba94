"""What the collector reads from a request: bounded bodies and who is asking."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated

from fastapi import Depends, Request

from aboveboard.collector.access import check_reader
from aboveboard.collector.identity.roles import Account, Caller
from aboveboard.collector.service import Service
from aboveboard.core.access import Grant
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import ContributorId
from aboveboard.core.vault import SignedDeviceCert

RECORD_BYTES_MAX = 1 << 20
TOKEN_LENGTH_MAX = 200
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/=]{44}):")


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _bounded(request: Request, size_max: int) -> bytes:
    data = bytearray()
    with service_of(request).bodies.reading() as more:
        async for piece in request.stream():
            more(len(piece))
            data += piece
            if len(data) > size_max:
                raise BadInput(f"the body is over {size_max} bytes")
    return bytes(data)


async def record_body(request: Request) -> bytes:
    """At most 1 MiB."""
    return await _bounded(request, RECORD_BYTES_MAX)


def bearer_token(authorization: str) -> str:
    """From that header (RFC 6750). Raises Refused."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > TOKEN_LENGTH_MAX:
        raise Refused("token", "this needs the device's token")
    return token


def device(request: Request) -> SignedDeviceCert:
    """The device whose bearer token came along: the guard has looked. Raises Refused."""
    found = caller(request).device
    if found is None:
        raise Refused("token", "this needs the device's token")
    return found


def caller(request: Request) -> Caller:
    """Who asks, as the guard found: see identity/guard.py."""
    found: Caller = request.state.caller
    return found


def contributor(request: Request) -> ContributorId:
    """Whose own page or data this is. Raises Refused."""
    found = caller(request).contributor
    if found is None:
        raise Refused("token", "this needs the token of your own laptop")
    return found


def member(request: Request) -> Account:
    """Who is signed in to an account. Raises Refused."""
    found = caller(request).account
    if found is None:
        raise Refused("sign_in", "sign in first")
    return found


def digest_of(content_digest: str) -> str:
    """SHA-256 as hex, from the Content-Digest header (RFC 9530). Raises BadInput."""
    found = _DIGEST.fullmatch(content_digest)
    try:
        return base64.b64decode(found[1], validate=True).hex() if found else _no_digest()
    except binascii.Error:
        return _no_digest()


def _no_digest() -> str:
    raise BadInput("the Content-Digest header has to be sha-256=:<base64>:")


def require_reader(request: Request, grant: Grant) -> None:
    """Raises Refused unless the grant's reader signed this very request."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    date, signature = request.headers.get("Date-Us", ""), request.headers.get("Aboveboard-Reader", "")
    check_reader(service_of(request), grant, request.method, path, date, signature)


Serving = Annotated[Service, Depends(service_of)]
RecordBody = Annotated[bytes, Depends(record_body)]
Asking = Annotated[Caller, Depends(caller)]
Me = Annotated[ContributorId, Depends(contributor)]
Member = Annotated[Account, Depends(member)]
Device = Annotated[SignedDeviceCert, Depends(device)]
