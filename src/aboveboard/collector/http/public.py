"""Routes without an account: the log's files, what is published beside it, the charter and the policy in force."""

from __future__ import annotations

import gzip
import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from aboveboard.collector import grant_end, lineage
from aboveboard.collector.charters import bundles
from aboveboard.collector.enrolment import invite, revoke
from aboveboard.collector.figures import TAKING_PART, taking_part
from aboveboard.collector.http.replies import error_reply, json_reply, public_reply
from aboveboard.collector.http.requests import RecordBody, Serving
from aboveboard.collector.logstore import read_tile
from aboveboard.collector.terms import (
    NEWEST_MAX,
    exemptions_published,
    policies_published,
    publish_charter,
    publish_exemption,
    publish_policy,
)
from aboveboard.core.charter_chain import SignedCharter
from aboveboard.core.errors import Refused
from aboveboard.core.exemption import SignedExemption
from aboveboard.core.grant_end import SignedGrantRevocation
from aboveboard.core.policy import SignedPolicy
from aboveboard.wire.api import (
    CharterChain,
    CharterReply,
    ExemptionReply,
    Exemptions,
    FigureShown,
    FiguresReply,
    LeafReply,
    Policies,
    PolicyReply,
    SignedInvitation,
    SignedRevocation,
    parse,
)
from aboveboard.wire.durable import read_bounded

router = APIRouter()
FILE_BYTES_MAX = 32 << 20
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
NOT_YET = {"Cache-Control": "no-store"}  # else a cache in front of us might keep saying that a tile isn't there
GZIP_LEVEL = 6
FRESH = {"Cache-Control": "no-cache"}
_PUBLISHED = re.compile(r"tlog-policy|charter\.json|counters\.json|(charters|exemptions|policies)/[0-9a-f]{64}\.json")


@router.get("/healthz")
def health() -> Response:
    return Response("ok\n", media_type="text/plain")


@router.get("/v1/charter")
def charter(service: Serving) -> Response:
    return Response(service.charter.to_bytes(), media_type="application/json")


@router.get("/v1/charters")
def charters(service: Serving, request: Request) -> Response:
    """From the first to the one in force, each with what proves it: whoever pinned one follows by themselves."""
    with service.database.reading() as tx:
        return public_reply(request, CharterChain(tuple(bundles(tx))))


@router.post("/v1/charters")
def new_charter(service: Serving, body: RecordBody) -> Response:
    """Anyone may bring a new charter: it counts only with the signatures that the old one asks for."""
    return json_reply(CharterReply(publish_charter(service, SignedCharter.parse(body))), 201)


@router.get("/v1/policies")
def policies(service: Serving, request: Request) -> Response:
    """The newest that are in the log. Which is in force, each laptop decides for itself."""
    with service.database.reading() as tx:
        return public_reply(request, Policies(tuple(policies_published(tx, NEWEST_MAX))))


@router.get("/v1/policies/current")
def current_policy(service: Serving) -> Response:
    """The newest that is in the log, in force yet or not."""
    with service.database.reading() as tx:
        newest = policies_published(tx, 1)
    if not newest:
        raise Refused("no_policy_yet", "no policy is published here yet")
    return json_reply(newest[0])


@router.post("/v1/policies")
def new_policy(service: Serving, body: RecordBody) -> Response:
    """Anyone may bring a policy: it counts only with its signatures."""
    return json_reply(PolicyReply(publish_policy(service, SignedPolicy.parse(body))), 201)


@router.get("/v1/exemptions")
def exemptions(service: Serving, request: Request) -> Response:
    """Those in the log. Whether one concerns it, each laptop decides for itself."""
    with service.database.reading() as tx:
        return public_reply(request, Exemptions(tuple(exemptions_published(tx))))


@router.get("/v1/figures")
def figures(service: Serving) -> Response:
    """Made anew once a week at most, over ten or more people, rounded: all the figures there are, for everybody."""
    return json_reply(FiguresReply(tuple(
        FigureShown(TAKING_PART, each.cell, each.value, each.day) for each in taking_part(service)
    )))  # fmt: skip


@router.post("/v1/exemptions")
def new_exemption(service: Serving, body: RecordBody) -> Response:
    """Anyone may bring one: it counts only with a steward's and a representative's signature."""
    return json_reply(ExemptionReply(publish_exemption(service, SignedExemption.parse(body))), 201)


@router.post("/v1/invitations")
def new_invitation(service: Serving, body: RecordBody) -> Response:
    """Signed by a steward."""
    invite(service, parse(body, "invitation", SignedInvitation))
    return Response(status_code=201)


@router.post("/v1/invitations/revocations")
def new_revocation(service: Serving, body: RecordBody) -> Response:
    """Signed by a steward."""
    revoke(service, parse(body, "revocation", SignedRevocation))
    return Response(status_code=201)


@router.post("/v1/grants/revocations")
def end_of_grant(service: Serving, body: RecordBody) -> Response:
    """Signed by a steward or a representative; for good."""
    return json_reply(LeafReply(grant_end.revoke(service, SignedGrantRevocation.parse(body))), 201)


@router.get("/v1/datasets/{manifest}")
def dataset(service: Serving, manifest: str) -> Response:
    """Whether a dataset is marked: whoever has it asks before using it."""
    return json_reply(lineage.dataset_state(service, manifest))


@router.get("/v1/models/{model}")
def model(service: Serving, model: str) -> Response:
    """Whether a model is marked."""
    return json_reply(lineage.model_state(service, model))


@router.get("/checkpoint")
def checkpoint(service: Serving) -> Response:
    note = service.log.note
    if note is None:
        return error_reply(404, "empty", "the log has no cosigned checkpoint yet", NOT_YET)
    return Response(note, media_type="text/plain; charset=utf-8", headers=FRESH)


@router.get("/tile/{path:path}")
def tile(service: Serving, path: str, request: Request) -> Response:
    """A tile or entry bundle, by its one canonical path. Bundles are compressed for whoever takes that."""
    name = f"tile/{path}"
    data = read_tile(service.log_folder, name)
    if data is None:
        return error_reply(404, "unknown", "the log has no such tile", NOT_YET)
    headers = dict(IMMUTABLE)
    if path.startswith("entries/"):
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(request.headers.get("accept-encoding", "")):
            headers["Content-Encoding"] = "gzip"
            data = gzip.compress(data, compresslevel=GZIP_LEVEL, mtime=0)
    return Response(data, media_type="application/octet-stream", headers=headers)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding (RFC 9110, 12.5.3) names gzip, or *, with a weight above 0."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameter = part.partition(";")
        word, _, weight = parameter.strip().partition("=")
        try:
            weights[name.strip()] = float(weight) if word.strip() == "q" else 1.0
        except ValueError:
            return False
    return weights.get("gzip", weights.get("*", 0.0)) > 0


@router.get("/published/{path:path}")
def published(service: Serving, path: str) -> Response:
    known = _PUBLISHED.fullmatch(path) is not None
    data = read_bounded(service.log_folder / "published" / path, FILE_BYTES_MAX) if known else None
    if data is None:
        return error_reply(404, "unknown", "nothing of that name is published")
    kind = "application/json" if path.endswith(".json") else "text/plain; charset=utf-8"
    return Response(data, media_type=kind, headers=FRESH)


@router.get("/v1/leaves/{index}/proof")
def leaf_proof(service: Serving, index: int) -> Response:
    return Response(service.log.proof(index).encode(), media_type="text/plain; charset=utf-8")
