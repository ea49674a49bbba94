"""How a page is answered: one frame, one strict content policy, errors as pages, changes from our own pages only."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from importlib.resources import files
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse, Response

from aboveboard.collector.http.requests import RecordBody
from aboveboard.collector.identity.roles import ANYONE, NotSignedIn
from aboveboard.collector.limits import TooMany
from aboveboard.core.errors import AboveboardError, BadInput, Refused, Unavailable
from aboveboard.portal.errors import told
from aboveboard.ui import CSP, stylesheet
from aboveboard.ui.language import LANGUAGES, Speech, chosen, message, speech

THEME_COOKIE = "theme"
THEME_S = 365 * 86_400
THEMES = ("light", "dark")
LANGUAGE_COOKIE = "language"
PACKAGE = "aboveboard.portal"
SCRIPTS = ("verify.js",)
FIELDS_MAX = 100
HEADERS = {
    "Content-Security-Policy": CSP, "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
    # Not "no-referrer": with that, browsers send "Origin: null" along with our own forms.
    "Referrer-Policy": "same-origin",
}  # fmt: skip
_LOCAL_PATH = re.compile(r"/(?:[a-z0-9_\-]+/?)*")


def words_of(request: Request) -> Speech:
    """The reader's language: their choice, else what the browser asks for."""
    return speech(
        PACKAGE, chosen(request.cookies.get(LANGUAGE_COOKIE, ""), request.headers.get("Accept-Language", ""))
    )  # fmt: skip


def page(request: Request, name: str, *, status: int = 200, **values: object) -> Response:
    """The template, in the frame, in the reader's language and with their choice of light or dark."""
    theme, words = request.cookies.get(THEME_COOKIE, ""), words_of(request)
    html = words.template(name).render(
        theme=theme if theme in THEMES else "", path=request.url.path, say=words.say, words=words,
        told=lambda problem: told(problem, words),
        account=getattr(request.state, "caller", ANYONE).account, **values,
    )  # fmt: skip
    headers = {**HEADERS, "Content-Language": words.language, "Vary": "Cookie, Accept-Language"}
    return Response(html, status, headers, media_type="text/html; charset=utf-8")


def require_same_origin(request: Request) -> None:
    """Raises Refused for a form that another site's page sent. Programs that say no origin carry no cookies either."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in (None, "same-origin", "none"):
        raise Refused("origin", message("this form was sent from another site's page: open it here and send it again"))
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        raise Refused("origin", message("this form was sent from another site's page: open it here and send it again"))


class PageRoute(APIRoute):
    """Errors raised on purpose become a page that says what and where to go."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                if request.method == "POST":
                    require_same_origin(request)
                return await handler(request)
            except NotSignedIn as error:
                if request.method == "GET":
                    back = f"?back={request.url.path}" if local(request.url.path) and error.where == "/sign-in" else ""
                    return RedirectResponse(error.where + back, 303, HEADERS)
                return page(request, "problem.html", status=401, problem=str(error))
            except AboveboardError as error:
                return page(request, "problem.html", status=_status(error), problem=str(error))

        return handle


def _status(error: AboveboardError) -> int:
    match error:
        case Refused(reason="unknown"):
            return 404
        case TooMany():
            return 429
        case Refused():
            return 403
        case Unavailable():
            return 503
        case _:
            return 400


def pages() -> APIRouter:
    """A router for pages."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def form(body: bytes) -> dict[str, str]:
    """The first value of each field of a form (application/x-www-form-urlencoded). Raises BadInput."""
    try:
        found = parse_qs(body.decode("ascii", errors="replace"), max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise BadInput(f"a form has {FIELDS_MAX} fields at most") from error
    return {name: values[0] for name, values in found.items()}


def local(path: str) -> bool:
    """A path of this server, as pages have them: nothing that could lead elsewhere."""
    return _LOCAL_PATH.fullmatch(path) is not None


def address(request: Request) -> str:
    """Where the request comes from; behind a reverse proxy on this machine, what that one says."""
    return request.client.host if request.client else ""


router = pages()


@router.get("/style.css")
def style() -> Response:
    return Response(stylesheet(), media_type="text/css", headers={"Cache-Control": "max-age=300"})


@router.get("/scripts/{name}")
def script(name: str) -> Response:
    """Our own, by name."""
    if name not in SCRIPTS:
        raise Refused("unknown", message("there is no such script"))
    text = (files("aboveboard.portal") / "static" / name).read_text("utf-8")
    return Response(text, media_type="text/javascript", headers={"Cache-Control": "max-age=300"})


@router.post("/language")
def choose_language(body: RecordBody) -> Response:
    """Kept in this browser only."""
    fields = form(body)
    language, back = fields.get("language", ""), fields.get("back", "/")
    answer = RedirectResponse(back if local(back) else "/", 303)
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=THEME_S, httponly=True, samesite="lax")
    return answer


@router.post("/theme")
def choose_theme(body: RecordBody) -> Response:
    """Light, dark, or as the system says; kept in this browser only."""
    fields = form(body)
    theme, back = fields.get("theme", ""), fields.get("back", "/")
    answer = RedirectResponse(back if local(back) else "/", 303)
    if theme in THEMES:
        answer.set_cookie(THEME_COOKIE, theme, max_age=THEME_S, httponly=True, samesite="lax")
    else:
        answer.delete_cookie(THEME_COOKIE)
    return answer
