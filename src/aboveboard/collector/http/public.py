"""Routes without an account: the log's files, what is published beside it, the charter and the policy in force."""

from __future__ import annotations

import re

from fastapi import APIRouter
from sqlalchemy import select
from starlette.responses import Response

from aboveboard.collector.http.replies import error_reply, json_reply
from aboveboard.collector.http.requests import RecordBody, Serving
from aboveboard.collector.registries import invite, publish_policy
from aboveboard.collector.storage.tables import policies
from aboveboard.core.errors import Refused
from aboveboard.core.policy import SignedPolicy
from aboveboard.core.tiles import is_tile_path
from aboveboard.wire.api import CurrentPolicy, PolicyReply, SignedInvitation, parse, to_base64
from aboveboard.wire.durable import read_bounded

router = APIRouter()
FILE_BYTES_MAX = 32 << 20
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
FRESH = {"Cache-Control": "no-cache"}
_PUBLISHED = re.compile(r"charter\.json|counters\.json|policies/[0-9a-f]{64}\.json")


@router.get("/healthz")
def health() -> Response:
    return Response("ok\n", media_type="text/plain")


@router.get("/v1/charter")
def charter(service: Serving) -> Response:
    return Response(service.charter.to_bytes(), media_type="application/json")


@router.get("/v1/policies/current")
def current_policy(service: Serving) -> Response:
    """The newest policy that is in the log. Whether it is in force yet, each laptop decides for itself."""
    checkpoint = service.log.checkpoint
    with service.database.reading() as tx:
        query = select(policies).where(policies.c.leaf_index < (checkpoint.size if checkpoint else 0))
        row = tx.execute(query.order_by(policies.c.number.desc()).limit(1)).one_or_none()
    if row is None:
        raise Refused("no_policy_yet", "no policy is published here yet")
    return json_reply(CurrentPolicy(to_base64(row.signed), service.log.proof(row.leaf_index).encode()))


@router.post("/v1/policies")
def new_policy(service: Serving, body: RecordBody) -> Response:
    """Anyone may bring a policy: it counts only with its signatures."""
    return json_reply(PolicyReply(publish_policy(service, SignedPolicy.parse(body))), 201)


@router.post("/v1/invitations")
def new_invitation(service: Serving, body: RecordBody) -> Response:
    """Signed by a steward."""
    invite(service, parse(body, "invitation", SignedInvitation))
    return Response(status_code=201)


@router.get("/checkpoint")
def checkpoint(service: Serving) -> Response:
    note = service.log.note
    if note is None:
        return error_reply(404, "empty", "the log has no cosigned checkpoint yet")
    return Response(note, media_type="text/plain; charset=utf-8", headers=FRESH)


@router.get("/tile/{path:path}")
def tile(service: Serving, path: str) -> Response:
    """A tile or entry bundle, by its one canonical path."""
    name = f"tile/{path}"
    data = read_bounded(service.log_folder / name, FILE_BYTES_MAX) if is_tile_path(name) else None
    if data is None:
        return error_reply(404, "unknown", "the log has no such tile")
    return Response(data, media_type="application/octet-stream", headers=IMMUTABLE)


@router.get("/published/{path:path}")
def published(service: Serving, path: str) -> Response:
    known = _PUBLISHED.fullmatch(path) is not None
    data = read_bounded(service.log_folder / "published" / path, FILE_BYTES_MAX) if known else None
    if data is None:
        return error_reply(404, "unknown", "nothing of that name is published")
    return Response(data, media_type="application/json", headers=FRESH)


@router.get("/v1/leaves/{index}/proof")
def leaf_proof(service: Serving, index: int) -> Response:
    return Response(service.log.proof(index).encode(), media_type="text/plain; charset=utf-8")
