"""The portal: server-rendered pages for everybody, for the person recorded, for representatives and for stewards."""

from __future__ import annotations

from fastapi import FastAPI

from aboveboard.collector.service import Service
from aboveboard.portal import accounts, me, public, render, representatives, stewards
from aboveboard.portal.proposals import Proposals
from aboveboard.portal.scan import LogScan


def add_pages(app: FastAPI) -> None:
    """Adds the portal to the collector's application."""
    service: Service = app.state.service
    app.state.log_scan = LogScan(service.log)
    app.state.proposals = Proposals(service)
    for part in (render, public, me, accounts, representatives, stewards):
        app.include_router(part.router)
