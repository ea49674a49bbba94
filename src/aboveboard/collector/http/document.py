"""The OpenAPI document, served at /openapi.json: what each route takes, gives back, and may refuse with.

The forms of bodies come from the same types that read and write them, so they can't differ from what is done. Requests
by the thousand are made from this document and their answers held to it: tests/contract/test_openapi.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from aboveboard.core.access import SignedDeletion, SignedGrant
from aboveboard.core.charter_chain import SignedCharter
from aboveboard.core.consent import SignedConsent
from aboveboard.core.exemption import SignedExemption
from aboveboard.core.grant_end import SignedGrantRevocation
from aboveboard.core.policy import SignedPolicy
from aboveboard.core.proof import BatchProof
from aboveboard.core.vault import SignedDeposit
from aboveboard.wire import api
from aboveboard.wire.segment import SEQ_MAX

JSON, TEXT, BYTES = "application/json", "text/plain", "application/octet-stream"
_SAYS = {
    200: "As asked.", 201: "Taken.", 202: "Taken; it is done by a job.", 204: "Done.",
    304: "As it was when it was asked for last (If-None-Match).",
    400: "It can't be read.", 401: "Who asks is not known.", 403: "Refused, with the reason.",
    404: "There is no such thing, or not for who asks.", 405: "Not with this method.", 408: "The body came too slowly.",
    409: "Out of order: another number is expected.", 411: "A length is needed.", 413: "Too long.",
    422: "A signature, a proof or stored bytes do not hold.", 429: "Too much for now.",
    503: "Not now: again later.",
}  # fmt: skip
_HEX32 = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_HEX64 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": SEQ_MAX}
_NAMES: dict[str, dict[str, Any]] = {
    "device": _HEX32, "device_id": _HEX32, "epoch": _HEX32, "consent": _HEX64, "grant_id": _HEX64, "segment": _HEX64,
    "manifest": _HEX64, "model": _HEX64, "name": _HEX64, "seq": _NUMBER,
    "index": _NUMBER, "path": {"type": "string", "minLength": 1},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operation:
    """who: whose word the request needs. takes, gives: a type of ours (as JSON), or a media type. also: further
    statuses that mean something here."""

    who: Literal["anyone", "laptop", "reader"]
    status: int
    gives: type[msgspec.Struct] | str | None
    takes: type[msgspec.Struct] | str | None = None
    also: tuple[int, ...] = ()

    @property
    def refusals(self) -> list[int]:
        """Every status of an error that the route may answer with."""
        found = {405, *self.also}
        if self.takes is not None:
            found |= {400, 403, 422}
        if self.who != "anyone":
            found |= {401}
        if self.who == "reader":
            found |= {403, 404, 422}
        return sorted(status for status in found if status >= 400)


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("get", "/healthz"): Operation("anyone", 200, TEXT),
    ("get", "/readyz"): Operation("anyone", 200, TEXT, also=(503,)),
    ("get", "/checkpoint"): Operation("anyone", 200, TEXT, also=(404,)),
    ("get", "/tile/{path}"): Operation("anyone", 200, BYTES, also=(404,)),
    ("get", "/published/{path}"): Operation("anyone", 200, "*/*", also=(404,)),
    ("get", "/v1/leaves/{index}/proof"): Operation("anyone", 200, TEXT, also=(400, 404, 503)),
    ("get", "/v1/charter"): Operation("anyone", 200, JSON),
    ("get", "/v1/charters"): Operation("anyone", 200, api.CharterChain, also=(304, 503)),
    ("post", "/v1/charters"): Operation("anyone", 201, api.CharterReply, SignedCharter, (503,)),
    ("get", "/v1/policies"): Operation("anyone", 200, api.Policies, also=(304, 503)),
    ("get", "/v1/policies/current"): Operation("anyone", 200, api.CurrentPolicy, also=(404, 503)),
    ("post", "/v1/policies"): Operation("anyone", 201, api.PolicyReply, SignedPolicy, (503,)),
    ("get", "/v1/exemptions"): Operation("anyone", 200, api.Exemptions, also=(304, 503)),
    ("get", "/v1/figures"): Operation("anyone", 200, api.FiguresReply, also=(503,)),
    ("post", "/v1/exemptions"): Operation("anyone", 201, api.ExemptionReply, SignedExemption, (503,)),
    ("post", "/v1/invitations"): Operation("anyone", 201, None, api.SignedInvitation, (503,)),
    ("post", "/v1/invitations/revocations"): Operation("anyone", 201, None, api.SignedRevocation, (404, 503)),
    ("post", "/v1/enrol"): Operation("anyone", 201, api.EnrolReply, api.EnrolRequest, (404, 503)),
    ("post", "/v1/consents"): Operation("laptop", 201, api.ConsentReply, SignedConsent, (404, 503)),
    ("get", "/v1/consents/{consent}/proof"): Operation("laptop", 200, BatchProof, also=(404, 503)),
    ("put", "/v1/epochs/{epoch}"): Operation("laptop", 201, None, SignedDeposit, (200, 404, 503)),
    ("put", "/v1/segments/{device_id}/{seq}"): Operation(
        "laptop", 201, api.SegmentReply, BYTES, (200, 404, 408, 409, 411, 413, 429, 503)
    ),
    ("get", "/v1/segments/{device}/{seq}/proof"): Operation("laptop", 200, BatchProof, also=(404, 503)),
    ("get", "/v1/me/segments"): Operation("laptop", 200, api.MySegments, also=(503,)),
    ("get", "/v1/me/segments/{seq}"): Operation("laptop", 200, BYTES, also=(404, 503)),
    ("get", "/v1/me/accesses"): Operation("laptop", 200, api.MyAccesses, also=(503,)),
    ("get", "/v1/me/devices"): Operation("laptop", 200, api.MyDevices, also=(503,)),
    ("post", "/v1/me/devices/{device_id}/revocation"): Operation("laptop", 204, None, also=(404, 503)),
    ("post", "/v1/deletions"): Operation("laptop", 202, api.DeletionReply, SignedDeletion, (404, 503)),
    ("get", "/v1/deletions/{name}"): Operation("laptop", 200, api.DeletionState, also=(404, 503)),
    ("post", "/v1/grants"): Operation("reader", 201, api.GrantReply, SignedGrant, (503,)),
    ("post", "/v1/grants/{grant_id}/release"): Operation("reader", 200, api.ReleaseReply, also=(503,)),
    ("post", "/v1/grants/revocations"): Operation("anyone", 201, api.LeafReply, SignedGrantRevocation, (503,)),
    ("get", "/v1/grants/{grant_id}/segments"): Operation("reader", 200, api.GrantedSegments, also=(503,)),
    ("get", "/v1/grants/{grant_id}/segments/{segment}"): Operation("reader", 200, BYTES, also=(503,)),
    ("get", "/v1/datasets/{manifest}"): Operation("anyone", 200, api.DatasetState, also=(404, 503)),
    ("get", "/v1/models/{model}"): Operation("anyone", 200, api.ModelState, also=(404, 503)),
    ("get", "/v1/me/datasets"): Operation("laptop", 200, api.MyDatasets, also=(503,)),
    ("put", "/v1/grants/{grant_id}/datasets/{manifest}/sources"): Operation(
        "reader", 204, None, api.DatasetSources, (503,)
    ),
    ("post", "/v1/datasets"): Operation("reader", 201, api.LeafReply, api.DatasetBuilt, (503,)),
    ("post", "/v1/models"): Operation("reader", 201, api.LeafReply, api.ModelTrained, (503,)),
}
_SCHEMES = {
    "laptop": {"laptop": {"type": "http", "scheme": "bearer", "description": "The token of an enrolled device."}},
    "reader": {
        "reader": {"type": "apiKey", "in": "header", "name": "Aboveboard-Reader",
                   "description": "A signature over method, path and date: docs/spec/http.md."},
        "date": {"type": "apiKey", "in": "header", "name": "Date-Us"},
    },
}  # fmt: skip
_DIGEST = {
    "name": "Content-Digest", "in": "header", "required": True,
    "schema": {"type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$"},
}  # fmt: skip


def describe(app: FastAPI) -> None:
    """Has the application serve the document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it


def document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1. Raises RuntimeError for a route that nobody has described: it must not be served as if it were."""
    found = get_openapi(title=app.title, version=app.version, routes=app.routes)
    types = {each for operation in OPERATIONS.values() for each in (operation.takes, operation.gives)
             if isinstance(each, type)} | {api.ErrorReply, api.ChainReply}  # fmt: skip
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    for path, methods in found["paths"].items():
        for method, entry in methods.items():
            operation = OPERATIONS.get((method, path))
            if operation is None:
                raise RuntimeError(f"{method} {path} is not described in {__name__}")
            _fill(entry, operation)
    schemes = {name: scheme for each in _SCHEMES.values() for name, scheme in each.items()}
    found["components"] = {"schemas": schemas, "securitySchemes": schemes}
    return found


def _fill(entry: dict[str, Any], operation: Operation) -> None:
    parameters = [{**each, "schema": _NAMES[each["name"]]} for each in entry.get("parameters", ())]
    if operation.takes == BYTES:
        parameters.append(_DIGEST)
    if parameters:
        entry["parameters"] = parameters
    if operation.who != "anyone":
        entry["security"] = [{name: [] for name in _SCHEMES[operation.who]}]
    if operation.takes is not None:
        entry["requestBody"] = {"required": True, "content": _content(operation.takes)}
    good = {operation.status, *(status for status in operation.also if status < 400)}
    entry["responses"] = {str(status): _response(status, operation.gives) for status in sorted(good)}
    for status in operation.refusals:
        kind = api.ChainReply if status == 409 else api.ErrorReply
        entry["responses"][str(status)] = _response(status, kind)


def _response(status: int, gives: type[msgspec.Struct] | str | None) -> dict[str, Any]:
    said: dict[str, Any] = {"description": _SAYS[status]}
    if gives is not None and status != 304:
        said["content"] = _content(gives)
    if status in (429, 503):
        said["headers"] = {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}}}
    return said


def _content(kind: type[msgspec.Struct] | str) -> dict[str, Any]:
    if isinstance(kind, str):
        schema: dict[str, Any] = {TEXT: {"type": "string"}, BYTES: {"type": "string", "format": "binary"}}.get(kind, {})
        return {kind: {"schema": schema}}
    return {JSON: {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}
