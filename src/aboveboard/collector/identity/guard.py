"""Enforces the table: before a handler runs, who asks is known and allowed, or the answer is no."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool

from aboveboard.collector.http.requests import bearer_token
from aboveboard.collector.identity import cookies
from aboveboard.collector.identity.accounts import account_of
from aboveboard.collector.identity.people import person_of
from aboveboard.collector.identity.roles import ANYONE, Account, Caller, NotSignedIn
from aboveboard.collector.identity.table import BY_ROUTE, MEMBERS, Row
from aboveboard.collector.registries import device_of
from aboveboard.collector.service import Service
from aboveboard.core.errors import Refused

SAFE = frozenset({"GET", "HEAD"})


async def guard(request: Request) -> None:
    """Runs before everything else of every route. Leaves request.state.caller. Raises Refused."""
    row = BY_ROUTE.get((request.method, request.scope["route"].path))
    if row is None:
        raise Refused("unknown", "there is nothing at this address")
    service: Service = request.app.state.service
    request.state.caller = await _caller(request, service, row)


async def _caller(request: Request, service: Service, row: Row) -> Caller:
    """Whoever the row lets in. "reader" rows: the handler checks the signature against the grant it names."""
    if "laptop" in row.who:
        return await run_in_threadpool(_laptop, request, service)
    if "contributor" in row.who:
        return await run_in_threadpool(_contributor, request, service, row)
    member = None
    if name := cookies.read(request, cookies.MEMBER):
        member = await run_in_threadpool(account_of, service, name)
    if not row.who & MEMBERS:
        return Caller(member) if member else ANYONE
    if member is None:
        raise NotSignedIn(row.sign_in, "sign in first")
    if "member" not in row.who and not row.who & member.roles:
        raise Refused("role", _not_yours(row, member))
    require_own_page(request)
    return Caller(member)


def _not_yours(row: Row, member: Account) -> str:
    have = " and ".join(sorted(member.roles)) or "nothing yet"
    return f"this page is for {' or '.join(sorted(f'{role}s' for role in row.who))}, and your account is for {have}"


def _laptop(request: Request, service: Service) -> Caller:
    cert = device_of(service, bearer_token(request.headers.get("Authorization", "")))
    return Caller(contributor=cert.cert.contributor, device=cert)


def _contributor(request: Request, service: Service, row: Row) -> Caller:
    person = person_of(service, cookies.read(request, cookies.PERSON))
    if person is None:
        raise NotSignedIn(row.sign_in, "this needs the token of your own laptop: open your page first")
    require_own_page(request)
    return Caller(contributor=person.contributor)


def require_own_page(request: Request) -> None:
    """Whatever a cookie lets somebody change has to come from our own page, and its browser has to say so: by
    Sec-Fetch-Site, or by Origin where that is too old. Raises Refused."""
    if request.method in SAFE:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        if site == "same-origin":
            return
    elif origin is not None and urlsplit(origin).netloc == request.headers.get("Host"):
        return
    raise Refused("origin", "this form was not sent from a page of ours: open it here and send it again")


def enforce(app: FastAPI) -> None:
    """Raises RuntimeError when a route is not in the table, a row has no route, or a route goes round the guard: then
    no server starts."""
    seen: set[tuple[str, str]] = set()
    for route in iter_route_contexts(app.routes):
        if route.path is None or not route.methods:
            raise RuntimeError(f"{route.original_route} is no single route: the table of routes can't hold it")
        for method in route.methods - {"HEAD"}:
            row = BY_ROUTE.get((method, route.path))
            if row is None:
                raise RuntimeError(f"{method} {route.path} is not in the table of routes: say who may use it, and why")
            dependant = getattr(route, "dependant", None)
            guarded = dependant is not None and any(each.call is guard for each in dependant.dependencies)
            if not guarded and row.who != {"anyone"}:
                raise RuntimeError(f"{method} {route.path} goes round the guard")
            seen.add((method, route.path))
    if gone := set(BY_ROUTE) - seen:
        raise RuntimeError(f"the table of routes names what is not there: {sorted(gone)}")
