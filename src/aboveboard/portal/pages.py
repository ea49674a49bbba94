"""The portal's pages: server-rendered, no script, nothing from elsewhere, nothing about any one person but oneself."""

from __future__ import annotations

import datetime
from importlib.resources import files
from urllib.parse import parse_qs

import jinja2
from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from aboveboard.collector.access import accesses
from aboveboard.collector.http.requests import RecordBody, Serving
from aboveboard.collector.registries import consent_records, device_of
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import policies, segments
from aboveboard.core.canonical import parse_object
from aboveboard.core.checkpoint import cosignatures
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import Refused
from aboveboard.core.policy import Policy, SignedPolicy
from aboveboard.core.policy_words import explain
from aboveboard.core.vault import SignedDeviceCert
from aboveboard.ui import stylesheet
from aboveboard.wire.durable import read_bounded

router = APIRouter()
COOKIE = "device"
SESSION_S = 3600
CSP = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
COUNTERS_BYTES_MAX = 4096
_templates = jinja2.Environment(
    loader=jinja2.FunctionLoader(lambda name: (files("aboveboard.portal") / "templates" / name).read_text("utf-8")),
    autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


def _page(name: str, status: int = 200, **values: object) -> Response:
    html = _templates.get_template(name).render(**values)
    headers = {"Content-Security-Policy": CSP, "Cache-Control": "no-store"}
    return Response(html, status, headers, media_type="text/html; charset=utf-8")


@router.get("/style.css")
def style() -> Response:
    return Response(stylesheet(), media_type="text/css")


def _newest_policy(service: Service) -> Policy | None:
    with service.database.reading() as tx:
        signed = tx.execute(select(policies.c.signed).order_by(policies.c.number.desc()).limit(1)).scalar()
    return None if signed is None else Policy.parse(SignedPolicy.parse(signed).policy_bytes)


@router.get("/")
def home(request: Request, service: Serving) -> Response:
    """The programme at a glance: policy, log, counters, and how to check all of it."""
    counters = read_bounded(service.log_folder / "published" / "counters.json", COUNTERS_BYTES_MAX)
    return _page(
        "home.html", charter=service.charter, policy=_newest_policy(service), checkpoint=service.log.checkpoint,
        counters={} if counters is None else parse_object(counters, "counters"), url=str(request.base_url).rstrip("/"),
    )  # fmt: skip


@router.get("/policy")
def policy(service: Serving) -> Response:
    newest = _newest_policy(service)
    return _page("policy.html", words=None if newest is None else explain(newest, service.charter))


@router.get("/log")
def log(service: Serving) -> Response:
    note = service.log.note
    times = {} if note is None else cosignatures(note, service.charter.witness_keys)
    run_by = {
        key.name: entry.run_by
        for key, entry in zip(service.charter.witness_keys, service.charter.witnesses.keys, strict=True)
    }
    return _page("log.html", note=note, checkpoint=service.log.checkpoint, times=times, run_by=run_by)


@router.post("/me")
def sign_in(service: Serving, body: RecordBody) -> Response:
    """The device's token opens one's own page, for an hour, in this browser only."""
    token = parse_qs(body.decode("ascii", errors="replace")).get("token", [""])[0].strip()
    try:
        device_of(service, token)
    except Refused as error:
        return _page("sign_in.html", 401, problem=str(error))
    answer = RedirectResponse("/me", 303)
    answer.set_cookie(COOKIE, token, max_age=SESSION_S, httponly=True, samesite="strict", path="/me")
    return answer


@router.get("/me")
def me(request: Request, service: Serving) -> Response:
    """What is held about oneself, who has been given the keys, and how to stop."""
    token = request.cookies.get(COOKIE)
    if not token:
        return _page("sign_in.html", problem="")
    try:
        cert: SignedDeviceCert = device_of(service, token)
    except Refused as error:
        return _page("sign_in.html", 401, problem=str(error))
    person = cert.cert.contributor
    with service.database.reading() as tx:
        rows = tx.execute(select(segments.c.deleted).where(segments.c.contributor == person)).scalars().all()
        records = consent_records(tx, person)
    return _page(
        "me.html", contributor=person, held=rows.count(False), deleted=rows.count(True), records=records,
        accesses=accesses(service, person), day=_day,
    )  # fmt: skip


def _day(t_us: int) -> str:
    return datetime.datetime.fromtimestamp(t_us / US_PER_S, datetime.UTC).strftime("%Y-%m-%d")


@router.post("/me/leave")
def sign_out() -> Response:
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(COOKIE, path="/me")
    return answer


def add_pages(app: FastAPI) -> None:
    """Adds the portal to the collector's application."""
    app.include_router(router, include_in_schema=False)
