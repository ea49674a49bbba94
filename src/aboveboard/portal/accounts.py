"""Signing in to an account, setting one up, and what it may. Contributors need none: theirs is /me."""

from __future__ import annotations

import segno
from fastapi import Request
from starlette.responses import RedirectResponse, Response

from aboveboard.collector.http.replies import reply_for
from aboveboard.collector.http.requests import Member, RecordBody, Serving
from aboveboard.collector.identity import cookies
from aboveboard.collector.identity.accounts import recovery_codes_left, role_history, set_up, sign_in
from aboveboard.collector.identity.arrivals import arrived
from aboveboard.collector.identity.oidc import Provider
from aboveboard.collector.identity.state import ASKED_S, MEMBER_S
from aboveboard.collector.limits import TooMany
from aboveboard.collector.service import Service
from aboveboard.core.errors import BadInput, Refused
from aboveboard.portal.render import HEADERS, address, form, local, page, pages, words_of
from aboveboard.ui.language import message

router = pages()
HOME = "/account"
ROLES = {
    "representative": message("representative"), "steward": message("steward"), "researcher": message("researcher"),
}  # fmt: skip


@router.get("/sign-in")
def sign_in_form(request: Request) -> Response:
    back = request.query_params.get("back", "")
    return _sign_in_page(request, back)


def _sign_in_page(request: Request, back: str, *, status: int = 200, problem: str = "", name: str = "") -> Response:
    return page(
        request, "account_sign_in.html", status=status, problem=problem, back=back if local(back) else HOME,
        typed=name[:64], provider=request.app.state.service.identity.provider is not None,
    )  # fmt: skip


@router.post("/sign-in")
def signing_in(request: Request, service: Serving, body: RecordBody) -> Response:
    """Name, password and a code, in one step: nobody is half signed in."""
    given = form(body)
    name, back = given.get("name", ""), given.get("back", "")
    try:
        session = sign_in(
            service, name, given.get("password", ""), given.get("code", ""), address(request),
            cookies.read(request, cookies.MEMBER),
        )  # fmt: skip
    except (Refused, TooMany) as error:
        answer = _sign_in_page(request, back, status=reply_for(error).status_code, problem=str(error), name=name)
        if isinstance(error, TooMany):
            answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    answer = RedirectResponse(back if local(back) else HOME, 303)
    cookies.give(request, answer, cookies.MEMBER, session, int(MEMBER_S))
    return answer


@router.get("/sign-in/provider")
def to_provider(request: Request, service: Serving) -> Response:
    """Sends the browser to the organisation's identity provider. What it brings back counts in this browser only."""
    url, asked = _provider(service).ask()
    answer = RedirectResponse(url, 303, HEADERS)
    cookies.give(request, answer, cookies.ASKED, service.identity.asked.open(asked), ASKED_S)
    return answer


@router.get("/sign-in/provider/return")
def from_provider(request: Request, service: Serving) -> Response:
    """Once: neither the answer nor the cookie is good again."""
    provider, asked = _provider(service), service.identity.asked.take(cookies.read(request, cookies.ASKED))
    if asked is None:
        raise Refused("provider", message("this sign-in was not begun in this browser, or too long ago: begin again"))
    claims = provider.answered(asked, request.query_params)
    session = arrived(service, provider, claims, cookies.read(request, cookies.MEMBER))
    answer = RedirectResponse(HOME, 303, HEADERS)
    cookies.give(request, answer, cookies.MEMBER, session, int(MEMBER_S))
    cookies.take(request, answer, cookies.ASKED)
    return answer


def _provider(service: Service) -> Provider:
    if service.identity.provider is None:
        raise Refused("unknown", message("no identity provider is set up here: sign in with name, password and code"))
    return service.identity.provider


@router.get("/set-up")
def set_up_form(request: Request) -> Response:
    return page(request, "set_up.html", problem="", typed="")


@router.post("/set-up")
def setting_up(request: Request, service: Serving, body: RecordBody) -> Response:
    """With the code that whoever runs the server handed out: a password of one's own, and an authenticator."""
    given = form(body)
    name, password = given.get("name", ""), given.get("password", "")
    try:
        if password != given.get("again", ""):
            raise BadInput(message("the two are not the same"), "password")
        made = set_up(service, name, given.get("code", ""), password, address(request))
    except (BadInput, Refused, TooMany) as error:
        said = error.what if isinstance(error, BadInput) else str(error)
        return page(request, "set_up.html", status=reply_for(error).status_code, problem=said, typed=name[:64])
    picture = segno.make(made.uri, micro=False, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000")
    return page(request, "authenticator.html", made=made, picture=picture)


@router.get("/account")
def account(request: Request, service: Serving, member: Member) -> Response:
    """What it may, and where the log says so."""
    words = words_of(request)
    return page(
        request, "account.html", history=role_history(service, member.account),
        codes_left=recovery_codes_left(service, member.account),
        roles=[words.say(ROLES[role]) for role in sorted(member.roles)], role_words=ROLES,
    )  # fmt: skip


@router.post("/account/sign-out")
def sign_out(request: Request, service: Serving) -> Response:
    """Ends the session here too, so that a copy of the cookie opens nothing."""
    service.identity.members.close(cookies.read(request, cookies.MEMBER))
    answer = RedirectResponse("/", 303)
    cookies.take(request, answer, cookies.MEMBER)
    return answer
