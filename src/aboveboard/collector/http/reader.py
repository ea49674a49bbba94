"""Routes for a researcher: every request is signed by the reader that the grant names."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from aboveboard.collector import lineage
from aboveboard.collector.access import grant_of, record_grant, release
from aboveboard.collector.http.replies import json_reply
from aboveboard.collector.http.requests import RecordBody, Serving, require_reader
from aboveboard.collector.reading import granted_segment, granted_segments
from aboveboard.core.access import SignedGrant
from aboveboard.wire.api import (
    DatasetBuilt,
    DatasetSources,
    GrantedSegments,
    GrantReply,
    LeafReply,
    ModelTrained,
    parse,
)

router = APIRouter(prefix="/v1")


@router.post("/grants")
def new_grant(service: Serving, request: Request, body: RecordBody) -> Response:
    signed = SignedGrant.parse(body)
    require_reader(request, signed.grant)
    return json_reply(GrantReply(record_grant(service, signed)), 201)


@router.post("/grants/{grant_id}/release")
def new_release(service: Serving, request: Request, grant_id: str) -> Response:
    """The collector's shares, after each release stands in the log under the witness quorum."""
    signed = grant_of(service, grant_id)
    require_reader(request, signed.grant)
    return json_reply(release(service, signed))


@router.get("/grants/{grant_id}/segments")
def segments_of(service: Serving, request: Request, grant_id: str) -> Response:
    signed = grant_of(service, grant_id)
    require_reader(request, signed.grant)
    return json_reply(GrantedSegments(tuple(granted_segments(service, signed))))


@router.get("/grants/{grant_id}/segments/{segment}")
def segment_of(service: Serving, request: Request, grant_id: str, segment: str) -> Response:
    signed = grant_of(service, grant_id)
    require_reader(request, signed.grant)
    return Response(granted_segment(service, signed, segment), media_type="application/octet-stream")


@router.put("/grants/{grant_id}/datasets/{manifest}/sources")
def dataset_sources(service: Serving, request: Request, grant_id: str, manifest: str, body: RecordBody) -> Response:
    """Some of what a dataset holds; repeated until all is said, and before the dataset itself."""
    signed = grant_of(service, grant_id)
    require_reader(request, signed.grant)
    lineage.name_sources(service, signed, manifest, parse(body, "sources", DatasetSources).segments)
    return Response(status_code=204)


@router.post("/datasets")
def new_dataset(service: Serving, request: Request, body: RecordBody) -> Response:
    """A dataset was built under a grant: its sources and manifest go into the log."""
    built = parse(body, "dataset", DatasetBuilt)
    require_reader(request, grant_of(service, built.grant).grant)
    return json_reply(LeafReply(lineage.record_dataset(service, built)), 201)


@router.post("/models")
def new_model(service: Serving, request: Request, body: RecordBody) -> Response:
    """A model was trained on such a dataset."""
    trained = parse(body, "model", ModelTrained)
    require_reader(request, grant_of(service, trained.grant).grant)
    return json_reply(LeafReply(lineage.record_model(service, trained)), 201)
