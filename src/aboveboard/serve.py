"""`aboveboard collector serve`: collector and the portal's pages in one server; the only place where they meet."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.types import ASGIApp

from aboveboard.collector import deletion, marks, retention, telling
from aboveboard.collector.charters import open_charters
from aboveboard.collector.cli import settings_of
from aboveboard.collector.home import read_home, read_log_key
from aboveboard.collector.http.app import make_app
from aboveboard.collector.http.uploading import UploadServer
from aboveboard.collector.identity import role_log
from aboveboard.collector.identity.guard import enforce
from aboveboard.collector.identity.oidc import Provider
from aboveboard.collector.identity.state import Identity
from aboveboard.collector.ingest import Intake
from aboveboard.collector.jobs import Workers
from aboveboard.collector.limits import Uploads
from aboveboard.collector.logs import configure_logs
from aboveboard.collector.promises import Promises
from aboveboard.collector.publisher import Publisher
from aboveboard.collector.retention import schedule_tidy
from aboveboard.collector.sequencer import Sequencer
from aboveboard.collector.service import Receiver, Service
from aboveboard.collector.settings import Settings, open_blobs, open_database
from aboveboard.collector.tls import Certificate, Strict
from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.clock import Clock, SystemClock
from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.portal.pages import add_pages
from aboveboard.wire.arenas import few_arenas, give_back
from aboveboard.wire.durable import make_folders, read_bounded

KEEP_ALIVE_S = 5  # laptops come in an hour again
ARENAS = 2  # one for each thread would keep what the busiest minute needed, for good
GIVE_BACK_S = 10.0
# That answer what is no upload. More would only wait for each other and for the database's connections; and the C
# library keeps up to a quarter of a megabyte of freed pieces for each, which fills over thousands of requests.
THREADS = 12
_log = structlog.get_logger()


def open_service(
    home: Path, charter: Charter, witnesses: list[str], clock: Clock, settings: Settings | None = None
) -> Service:
    """Opens everything that the settings name. Raises BadInput, Refused, Corrupt or Unavailable."""
    settings = settings or Settings()
    keys = read_home(home, settings.master_key)
    if str(keys.vault.to_public()) != charter.collector.recipient:
        raise BadInput("its vault is not the collector's of the charter", str(home))
    try:
        make_folders(home / "log")
    except OSError as error:
        raise Unavailable(f"can't write in {home}: {error.strerror}") from error
    database = open_database(settings, home)
    try:
        database.claim()
        blobs = open_blobs(settings, home)
        charters = open_charters(database, charter)
        log = Sequencer(home / "log", keys.log, charters.current, witnesses, charters.earlier)
    except BaseException:
        database.close()
        raise
    uploads = Uploads(settings.uploads_at_once, settings.device_mb_per_hour)
    identity = Identity(provider=Provider(settings.provider, clock) if settings.oidc_issuer else None)
    intake, promises = Intake(database, blobs, clock), Promises(keys.log, clock)
    return Service(
        charters, keys, database, blobs, intake, promises, log, home / "log", clock, uploads, identity=identity
    )  # fmt: skip


def open_receiver(home: Path, clock: Clock, settings: Settings) -> Receiver:
    """For a further process that takes segments. Raises BadInput or Unavailable."""
    if not settings.database.startswith("postgresql"):
        raise BadInput("a further process for uploads needs PostgreSQL: SQLite has one writer", "database")
    key, database = read_log_key(home), open_database(settings, home)
    try:
        blobs = open_blobs(settings, home)
    except BaseException:
        database.close()
        raise
    uploads = Uploads(settings.uploads_at_once, settings.device_mb_per_hour)
    return Receiver(database, Intake(database, blobs, clock, tidied_by_another=True), Promises(key, clock), uploads)


def make_server(service: Service) -> FastAPI:
    """Collector, pages, and the background that fills the log, started and stopped with the server."""
    publisher = Publisher(service, service.log_folder)
    workers = Workers(service, HANDLERS)
    app = make_app(service)
    add_pages(app)
    enforce(app)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        schedule_tidy(service)
        marks.schedule(service)
        publisher.start()
        workers.start()
        yield
        workers.stop()
        publisher.stop()
        service.intake.close()
        service.log.close()
        service.database.close()

    app.router.lifespan_context = lifespan
    return app


HANDLERS = {
    deletion.KIND: deletion.run,
    retention.KIND: retention.run,
    retention.TIDY: retention.tidy,
    marks.KIND: marks.run,
    telling.KIND: telling.run,
    telling.REVOCATIONS: telling.run_revocation,
    role_log.KIND: role_log.run,
}


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
    certificate: Certificate | None = None

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._load_anew)
        if self.started:
            print(json.dumps({"ready": True, "url": self.url}), flush=True)

    def _load_anew(self) -> None:
        """A renewed certificate, for connections from now on; the old one stays when the new one is no good."""
        if self.certificate is not None and self.config.ssl is not None:
            try:
                self.certificate.load(self.config.ssl)
            except BadInput as error:
                _log.error("the certificate was not loaded", why=str(error))


def serve(args: argparse.Namespace) -> int:
    """Runs until it is told to stop."""
    configure_logs(args.log_level)
    few_arenas(ARENAS)
    give_back(GIVE_BACK_S)
    data = read_bounded(args.charter, CHARTER_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(args.charter))
    if bool(args.tls_certificate) != bool(args.tls_key):
        raise BadInput("--tls-certificate and --tls-key go together", "command line")
    certificate = Certificate(args.tls_certificate, args.tls_key) if args.tls_key else None
    if certificate is not None:
        certificate.context()  # said now, before anything is opened
    bound = listen(args.host, args.port)
    settings = settings_of(args)
    app: ASGIApp
    if args.uploads_only:
        app = UploadServer(open_receiver(args.home, SystemClock(), settings))
    else:
        service = open_service(args.home, Charter.parse(data, str(args.charter)), args.witness, SystemClock(), settings)
        app = make_server(service)
        if args.metrics_port:
            app.state.figures.serve(args.metrics_port)
    # No access log: who asked for what and when is nobody's business here.
    config = uvicorn.Config(
        Strict(app) if certificate else app, log_level=args.log_level, log_config=None, access_log=False,
        timeout_graceful_shutdown=20,
        limit_concurrency=settings.connections_at_once, timeout_keep_alive=KEEP_ALIVE_S, server_header=False,
    )  # fmt: skip
    server = _Server(config)
    if certificate is not None:
        config.load()
        config.ssl, server.certificate = certificate.context(), certificate
    host = f"[{args.host}]" if ":" in args.host else args.host
    server.url = f"{'https' if certificate else 'http'}://{host}:{bound.getsockname()[1]}"
    server.run(sockets=[bound])
    return 0
