"""For researchers: asking for a grant, how it stands, commands to copy, and the cards of what was built."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from aboveboard.collector.figures import PEOPLE_MIN
from aboveboard.collector.http.requests import RecordBody, Serving
from aboveboard.core.errors import Refused
from aboveboard.core.leaves import ModelTrainedLeaf
from aboveboard.portal.cards import Cards
from aboveboard.portal.forms import ManifestBody, fields, uploaded
from aboveboard.portal.grants import GrantsOnTheirWay, write_grant
from aboveboard.portal.programme import published_policies
from aboveboard.portal.public import Scan
from aboveboard.portal.render import HEADERS, page, pages
from aboveboard.portal.scan import Entry
from aboveboard.ui.language import message

router = pages()


def grants_of(request: Request) -> GrantsOnTheirWay:
    found: GrantsOnTheirWay = request.app.state.grants_on_their_way
    return found


def cards_of(request: Request) -> Cards:
    found: Cards = request.app.state.cards
    return found


Waiting = Annotated[GrantsOnTheirWay, Depends(grants_of)]
Shown = Annotated[Cards, Depends(cards_of)]


@router.get("/researchers")
def researchers(request: Request, service: Serving, waiting: Waiting, cards: Shown) -> Response:
    policies = published_policies(service)
    purposes = dict.fromkeys(purpose for one in policies for purpose in one.policy.purposes)
    return page(
        request, "researchers.html", charter=service.charter, policies=policies, purposes=list(purposes),
        waiting=waiting.all(), cards=cards.all(), url=str(request.base_url).rstrip("/"),
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
def show_card(request: Request, cards: Shown, scan: Scan, body: ManifestBody) -> Response:
    """Anyone may bring a manifest: the log says whether it is one."""
    name = cards.show(uploaded(request.headers.get("Content-Type", ""), body), scan.seen())
    return RedirectResponse(f"/datasets/{name}", 303)


@router.get("/datasets/{manifest}")
def dataset(request: Request, service: Serving, cards: Shown, scan: Scan, manifest: str) -> Response:
    card, seen = cards.all().get(manifest), scan.seen()
    index = next((each.index for each in seen.datasets if getattr(each.leaf, "manifest", "") == manifest), None)
    if card is None or index is None:
        raise Refused("unknown", message("no dataset of that name has been shown here"))
    return page(
        request, "dataset.html", card=card, manifest=manifest, index=index, people_min=PEOPLE_MIN,
        policies={each.policy.policy_id: each.policy for each in published_policies(service)},
        models=[each for each in seen.models if _from(each, manifest)],
    )  # fmt: skip


def _from(entry: Entry, manifest: str) -> bool:
    return isinstance(entry.leaf, ModelTrainedLeaf) and entry.leaf.dataset == manifest
