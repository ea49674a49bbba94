"""The table of routes is what the server does: each row is walked with real requests, as everybody there is."""

from __future__ import annotations

import re
from typing import get_args

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.responses import Response

from aboveboard.collector.http.app import make_app
from aboveboard.collector.identity.guard import enforce
from aboveboard.collector.identity.table import AT_MOST, BY_ROUTE, TABLE, Row, Who
from aboveboard.portal.pages import add_pages
from tests.identity.conftest import House

ASKING = ("anyone", "laptop", "contributor", "reader", "representative", "steward", "researcher", "none")
VALUES = {"path": "x", "index": "0", "seq": "0", "name": "x"}


def _path(row: Row, house: House) -> str:
    """Somebody's own IDs, so that what is refused is refused for who asks."""
    assert house.person.consent is not None
    own = {
        "device_id": house.person.device, "device": house.person.device, "epoch": house.person.epoch,
        "consent": house.person.consent.record.consent_id, "policy_id": house.servers.policy.policy_id,
        "grant_id": "a" * 64, "segment": "b" * 64, "manifest": "c" * 64, "model": "d" * 64, **VALUES,
    }  # fmt: skip
    return re.sub(r"{(\w+)(:path)?}", lambda found: own[found[1]], row.path)


def _ask(house: House, row: Row, who: str) -> httpx.Response:
    """As that one would send it. Bodies are nonsense, so that nothing is changed: the guard comes before them."""
    headers = {"Origin": house.url, "Content-Digest": "sha-256=:" + "A" * 43 + "=:"}
    if who == "laptop":
        headers |= house.other.headers
    elif who == "contributor":
        headers["Cookie"] = f"device={house.other.session}"
    elif who in house.members:
        headers["Cookie"] = f"session={house.members[who].session}"
    body = b"x" if row.method in ("POST", "PUT") else b""
    answer = house.servers.http.request(row.method, _path(row, house), content=body, headers=headers)
    house.servers.http.cookies.clear()
    return answer


def _let_in(answer: httpx.Response) -> bool:
    """Whether the guard let it pass; what the handler then says of a nonsense body or an ID of another is no matter."""
    if answer.status_code == 303:
        return not answer.headers["Location"].startswith(("/sign-in", "/me/sign-in"))
    if answer.status_code == 401:
        return "the token is another device's" in answer.text  # it was looked at, and is not this laptop's
    return not (answer.status_code == 403 and "this page is for" in answer.text.lower())


# What ends a session, or is meant to be refused by its own check in the handler, is walked by tests of its own.
APART = {("POST", "/me/leave"), ("POST", "/account/sign-out"), ("POST", "/me"), ("POST", "/sign-in")}


@pytest.mark.parametrize("who", ASKING)
def test_each_row_lets_in_whom_it_names_and_nobody_else(house: House, who: str) -> None:
    wrong = []
    for row in TABLE:
        if (row.method, row.path) in APART:
            continue
        mine = {who} if who in get_args(Who) else set()
        if who in house.members:
            mine |= {"member"}
        # Readers are known by their signature, which the handler checks: nobody here has one.
        wanted = "anyone" in row.who or (bool(row.who & mine) and row.about != "granted")
        answer = _ask(house, row, who)
        if row.about == "granted":
            assert answer.status_code in (400, 401, 403, 404), (row, answer.text)
            continue
        assert answer.status_code < 500 or answer.status_code == 503, (row, answer.text)
        if _let_in(answer) != wanted:
            wrong.append((row.method, row.path, answer.status_code, answer.headers.get("Location"), answer.text[-200:]))
    assert not wrong


def test_a_member_can_sign_out_and_only_a_member(house: House) -> None:
    for who in ASKING:
        if who not in house.members:
            assert _ask(house, BY_ROUTE["POST", "/account/sign-out"], who).status_code == 401


@pytest.mark.parametrize("who", ["representative", "steward", "researcher", "none"])
def test_no_account_opens_content_or_data_of_a_person(house: House, who: str) -> None:
    for row in TABLE:
        if row.about in ("own", "granted"):
            answer = _ask(house, row, who)
            assert answer.status_code in (303, 400, 401, 403, 404), (row, answer.status_code)
            assert house.person.contributor not in answer.text
            if answer.status_code == 303:
                assert answer.headers["Location"] == "/me/sign-in"


@pytest.mark.parametrize("who", ["representative", "steward", "researcher", "none"])
def test_the_menu_has_a_link_to_each_list_that_one_may_see_and_to_no_other(house: House, who: str) -> None:
    """Of those that the table gives to some accounts and not to all: grants, proposals, how the programme stands."""
    html = house.servers.http.get("/account", headers={"Cookie": f"session={house.members[who].session}"}).text
    menu = set(re.findall(r'<a href="(/[a-z]+)"', html.partition("<nav ")[2].partition("</nav>")[0]))
    lists = [
        row for row in TABLE if row.about == "programme" and row.method == "GET" and re.fullmatch(r"/[a-z]+", row.path)
    ]
    assert {"/grants", "/representatives", "/stewards", "/researchers"} <= {row.path for row in lists}
    assert menu & {row.path for row in lists} == {row.path for row in lists if {who, "anyone"} & row.who}


def test_no_row_gives_anybody_more_than_its_kind_of_data_may() -> None:
    for row in TABLE:
        assert row.who, row
        assert row.who <= AT_MOST[row.about], row
        assert row.who <= set(get_args(Who)), row
        assert row.why, row
    for account in ("representative", "steward", "researcher", "member"):
        assert account not in AT_MOST["own"] | AT_MOST["granted"]


def test_the_table_and_the_server_name_the_same_routes(house: House) -> None:
    app = _app(house)
    enforce(app)
    there = {(m, r.path) for r in iter_route_contexts(app.routes) for m in (r.methods or set()) - {"HEAD"}}
    assert there == set(BY_ROUTE)


def _app(house: House) -> FastAPI:
    app = make_app(house.servers.service)
    add_pages(app)
    return app


def test_a_route_that_is_not_in_the_table_stops_the_server(house: House) -> None:
    app, router = _app(house), APIRouter()
    router.add_api_route("/v1/hours", lambda: 1)
    app.include_router(router)
    with pytest.raises(RuntimeError, match="GET /v1/hours is not in the table"):
        enforce(app)


def test_a_route_that_goes_round_the_guard_stops_the_server(house: House) -> None:
    app = _app(house)
    app.add_route("/v1/me/accesses", lambda _request: Response("x"), methods=["GET"])
    with pytest.raises(RuntimeError, match="goes round the guard"):
        enforce(app)


def test_a_row_without_a_route_stops_the_server(house: House) -> None:
    with pytest.raises(RuntimeError, match="names what is not there"):
        enforce(make_app(house.servers.service))


@pytest.mark.parametrize("path", ["/v1/people", "/v1/contributors", "/admin", "/docs", "/redoc", "/v1/me"])
def test_what_is_in_no_row_is_not_there(house: House, path: str) -> None:
    for who in ASKING:
        cookie = f"session={house.members[who].session}" if who in house.members else ""
        assert house.servers.get(path, Cookie=cookie).status_code == 404
