"""For researchers: asking for a grant, how it stands, commands to copy, and the cards of what was built."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from aboveboard.collector.http.requests import RecordBody, Serving
from aboveboard.core.leaves import parse_leaf
from aboveboard.portal import lineage
from aboveboard.portal.built import Shown
from aboveboard.portal.cards import name_of
from aboveboard.portal.forms import ManifestBody, fields, uploaded
from aboveboard.portal.grants import GrantsOnTheirWay, write_grant
from aboveboard.portal.programme import published_policies
from aboveboard.portal.render import HEADERS, page, pages

router = pages()


def grants_of(request: Request) -> GrantsOnTheirWay:
    found: GrantsOnTheirWay = request.app.state.grants_on_their_way
    return found


Waiting = Annotated[GrantsOnTheirWay, Depends(grants_of)]


@router.get("/researchers")
def researchers(request: Request, service: Serving, waiting: Waiting, cards: Shown) -> Response:
    policies = published_policies(service)
    purposes = dict.fromkeys(purpose for one in policies for purpose in one.policy.purposes)
    return page(
        request, "researchers.html", charter=service.charter, policies=policies, purposes=list(purposes),
        waiting=waiting.all(), cards=cards.all(), built=lineage.newest_datasets(service),
        trained=lineage.newest_models(service), url=str(request.base_url).rstrip("/"),
    )  # fmt: skip


@router.post("/researchers/ask")
def ask(service: Serving, body: RecordBody) -> Response:
    """grant.json, unsigned, as a file; nothing is kept here."""
    signed = write_grant(fields(body), published_policies(service), service.clock.now_us())
    return _grant(signed.to_bytes())


@router.post("/researchers")
def bring(request: Request, waiting: Waiting, body: RecordBody) -> Response:
    """A grant with a steward's approval: added to those that are here."""
    waiting.bring(uploaded(request.headers.get("Content-Type", ""), body))
    return RedirectResponse("/researchers", 303)


@router.get("/researchers/{grant_id}/file")
def file(waiting: Waiting, grant_id: str) -> Response:
    """With the approvals so far."""
    return _grant(waiting.get(grant_id).signed.to_bytes())


def _grant(data: bytes) -> Response:
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="grant.json"'}
    return Response(data, media_type="application/json", headers=headers)


@router.post("/researchers/cards")
def show_card(request: Request, service: Serving, cards: Shown, body: ManifestBody) -> Response:
    """Anyone may bring a manifest: the log says whether it is one."""
    data = uploaded(request.headers.get("Content-Type", ""), body)
    found, _ = lineage.dataset_of(service, name_of(data))
    [entry] = service.log.entries(found.index, found.index + 1)
    cards.show(data, parse_leaf(entry))
    return RedirectResponse(f"/datasets/{found.manifest}", 303)
