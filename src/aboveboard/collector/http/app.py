"""The collector as an ASGI application."""

from __future__ import annotations

import time

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aboveboard import __version__
from aboveboard.collector.http import laptop, operate, public, reader, uploads
from aboveboard.collector.http.document import describe
from aboveboard.collector.http.operate import Figures
from aboveboard.collector.http.replies import ALWAYS, error_reply, reply_for
from aboveboard.collector.identity.guard import guard
from aboveboard.collector.service import Service
from aboveboard.core.errors import AboveboardError

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


def make_app(service: Service) -> FastAPI:
    """All routes of the collector; pages are added by serve.py, which then has the table of routes enforced."""
    app = _Collector(
        title="Aboveboard collector", version=__version__, docs_url=None, redoc_url=None, dependencies=[Depends(guard)]
    )
    app.state.service = service
    app.state.figures = Figures(service)
    app.state.segment_uploads = uploads.SegmentUploads(service)
    app.front = uploads.Front(super(_Collector, app).__call__, app.state.segment_uploads, app.state.figures)
    for part in (public, laptop, uploads, reader, operate):
        app.include_router(part.router)

    @app.exception_handler(AboveboardError)
    async def on_purpose(_request: Request, error: AboveboardError) -> Response:
        return reply_for(error)

    @app.exception_handler(404)
    async def unknown(_request: Request, _error: Exception) -> Response:
        return error_reply(404, "unknown", "there is nothing at this address")

    @app.exception_handler(RequestValidationError)
    async def no_number(_request: Request, _error: RequestValidationError) -> Response:
        return error_reply(404, "unknown", "there is nothing at this address: a number is expected in it")

    @app.exception_handler(405)
    async def other_method(request: Request, _error: Exception) -> Response:
        return error_reply(405, "method", "not with this method", {"Allow": ", ".join(methods_at(app, request.scope))})

    @app.exception_handler(ClientDisconnect)
    async def torn(_request: Request, _error: ClientDisconnect) -> Response:
        return error_reply(400, "torn", "the connection ended before the body did")  # nobody hears it

    describe(app)
    app.add_middleware(_Around, figures=app.state.figures)
    return app


class _Collector(FastAPI):
    """Segments go past all that a framework does for a request."""

    front: uploads.Front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.front(scope, receive, send)


def methods_at(app: FastAPI, scope: Scope) -> list[str]:
    """What the address can be asked with (RFC 9110, 15.5.6): the framework looks at the first of its routes only."""
    return [method for method in METHODS
            if any(route.matches({**scope, "method": method})[0] == Match.FULL for route in app.routes)]  # fmt: skip


class _Around:
    """Headers of every answer, and its place in the figures: by the route's pattern, never by its address."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app, self._figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, start = 500, time.monotonic()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(each for each in ALWAYS if each[0] not in there)]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if route != "none" else "any"
            self._figures.count(method, route, status, time.monotonic() - start)
