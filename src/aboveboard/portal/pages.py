"""The portal: server-rendered pages for everybody, for the person recorded, representatives, stewards, researchers."""

from __future__ import annotations

from fastapi import FastAPI

from aboveboard.collector.service import Service
from aboveboard.portal import (
    accounts,
    built,
    grant_ends,
    me,
    public,
    render,
    representatives,
    researchers,
    stewards,
    terms,
)
from aboveboard.portal.cards import Cards
from aboveboard.portal.comments import Comments
from aboveboard.portal.grants import GrantsOnTheirWay
from aboveboard.portal.proposals import Proposals
from aboveboard.portal.scan import LogScan


def add_pages(app: FastAPI) -> None:
    """Adds the portal to the collector's application."""
    service: Service = app.state.service
    folder = service.log_folder.parent
    app.state.log_scan = LogScan(service.log)
    app.state.proposals = Proposals(service)
    app.state.comments = Comments(folder / "comments")
    app.state.grants_on_their_way = GrantsOnTheirWay(service, folder / "grants")
    app.state.cards = Cards(folder / "cards")
    for part in (render, public, terms, built, me, accounts, representatives, researchers, stewards, grant_ends):
        app.include_router(part.router)
