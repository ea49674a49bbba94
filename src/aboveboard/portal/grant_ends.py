"""For stewards and representatives: the grants that readers brought, and taking one back."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from aboveboard.collector import grant_end
from aboveboard.collector.http.requests import RecordBody, Serving
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import grants
from aboveboard.core.access import Grant, SignedGrant
from aboveboard.core.grant_end import SignedGrantRevocation
from aboveboard.portal.forms import uploaded
from aboveboard.portal.render import page, pages

SHOWN_MAX = 500
router = pages()


@dataclass(frozen=True, slots=True)
class Brought:
    """ended: the entry that ends it, None while it is not taken back; over: it has run out."""

    grant: Grant
    ended: int | None
    over: bool


def brought(service: Service) -> list[Brought]:
    """Those that act first, then the newest."""
    now_us = service.clock.now_us()
    with service.database.reading() as tx:
        ended = grant_end.revoked(tx)
        rows = tx.execute(select(grants.c.signed).limit(SHOWN_MAX)).scalars()
        found = [SignedGrant.parse(each).grant for each in rows]
    lines = [Brought(grant, ended.get(grant.grant_id), grant.expires_us <= now_us) for grant in found]
    return sorted(lines, key=lambda one: (one.over or one.ended is not None, -one.grant.created_us))


@router.get("/grants")
def shown(request: Request, service: Serving) -> Response:
    return page(request, "grants.html", grants=brought(service), url=str(request.base_url).rstrip("/"))


@router.post("/grants")
def end(request: Request, service: Serving, body: RecordBody) -> Response:
    """A signed revocation: nothing more is given under that grant from here on."""
    signed = SignedGrantRevocation.parse(uploaded(request.headers.get("Content-Type", ""), body))
    grant_end.revoke(service, signed)
    return RedirectResponse("/grants", 303)
