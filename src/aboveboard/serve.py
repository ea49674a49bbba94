"""`aboveboard collector`: puts the collector and the portal's pages into one server; the only place where they meet."""

from __future__ import annotations

import argparse
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from aboveboard.collector.charters import open_charters
from aboveboard.collector.cli import add_init
from aboveboard.collector.home import read_home
from aboveboard.collector.http.app import make_app
from aboveboard.collector.invite_cli import add_invite
from aboveboard.collector.publisher import Publisher
from aboveboard.collector.sequencer import Sequencer
from aboveboard.collector.service import Service
from aboveboard.collector.storage.blobs import Blobs
from aboveboard.collector.storage.sql import Database
from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.clock import Clock, SystemClock
from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.portal.pages import add_pages
from aboveboard.wire.durable import make_folders, read_bounded


def open_service(home: Path, charter: Charter, witnesses: list[str], clock: Clock) -> Service:
    """Opens everything in the collector's folder. Raises BadInput, Refused, Corrupt or Unavailable."""
    keys = read_home(home)
    try:
        make_folders(home / "log")
    except OSError as error:
        raise Unavailable(f"can't write in {home}: {error.strerror}") from error
    database = Database(home / "collector.sqlite")
    charters = open_charters(database, charter)
    log = Sequencer(home / "log", keys.log, charters.current, witnesses, charters.earlier)
    return Service(charters, keys, database, Blobs(home / "segments"), log, home / "log", clock)


def make_server(service: Service) -> FastAPI:
    """Collector, pages, and the background that fills the log, started and stopped with the server."""
    publisher = Publisher(service, service.log_folder)
    app = make_app(service)
    add_pages(app)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        publisher.start()
        yield
        publisher.stop()
        service.log.close()
        service.database.close()

    app.router.lifespan_context = lifespan
    return app


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises Unavailable with what to do."""
    # TCP by name: asyncio turns Nagle's algorithm off only for sockets that say so, else each answer waits some 40 ms
    # for the acknowledgement of its own headers.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise Unavailable(f"can't listen on {host}:{port} ({error.strerror}): choose another --port") from error
    return bound


class _Server(uvicorn.Server):
    """Says that it is ready, in one line of JSON, once it answers."""

    url = ""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            print(json.dumps({"ready": True, "url": self.url}), flush=True)


def serve(args: argparse.Namespace) -> int:
    """Runs until it is told to stop."""
    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="iso"), structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    data = read_bounded(args.charter, CHARTER_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(args.charter))
    bound = listen(args.host, args.port)
    service = open_service(args.home, Charter.parse(data, str(args.charter)), args.witness, SystemClock())
    # No access log: who asked for what and when is nobody's business here.
    config = uvicorn.Config(
        make_server(service), log_level="warning", access_log=False, timeout_graceful_shutdown=5,
        limit_concurrency=200, timeout_keep_alive=15, server_header=False,
    )  # fmt: skip
    server = _Server(config)
    host = f"[{args.host}]" if ":" in args.host else args.host
    server.url = f"http://{host}:{bound.getsockname()[1]}"
    server.run(sockets=[bound])
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds `init`, `serve`, `invite` and `revoke`."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    add_init(verbs)
    add_invite(verbs)
    server = verbs.add_parser("serve", help="run the server: SQLite and a folder, nothing else to set up")
    server.add_argument("--home", type=Path, required=True, help="the folder made by `aboveboard collector init`")
    server.add_argument("--charter", type=Path, required=True, help="the charter it runs under")
    server.add_argument(
        "--witness", action="append", default=[], metavar="URL", help="a witness to ask; repeat for each"
    )
    server.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    server.add_argument("--port", type=int, default=8460, help="port, 0 for a free one (default 8460)")
    server.set_defaults(run=serve)
