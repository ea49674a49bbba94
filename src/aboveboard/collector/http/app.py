"""The collector as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from starlette.responses import Response

from aboveboard import __version__
from aboveboard.collector.http import laptop, public, reader
from aboveboard.collector.http.replies import error_reply, reply_for
from aboveboard.collector.service import Service
from aboveboard.core.errors import AboveboardError


def make_app(service: Service) -> FastAPI:
    """All routes of the collector; pages are added by serve.py."""
    app = FastAPI(title="Aboveboard collector", version=__version__, docs_url=None, redoc_url=None)
    app.state.service = service
    for part in (public, laptop, reader):
        app.include_router(part.router)

    @app.exception_handler(AboveboardError)
    async def on_purpose(_request: Request, error: AboveboardError) -> Response:
        return reply_for(error)

    @app.exception_handler(404)
    async def unknown(_request: Request, _error: Exception) -> Response:
        return error_reply(404, "unknown", "there is nothing at this address")

    @app.middleware("http")
    async def headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response

    return app
