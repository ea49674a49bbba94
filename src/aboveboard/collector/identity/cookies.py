"""The cookies: an account's session, a contributor's, and a sign-in on its way to the provider and back. Never one for
both of the first, so that no name meets a recording."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

MEMBER, PERSON, ASKED = "session", "device", "asked"
_PATHS = {MEMBER: "/", PERSON: "/me", ASKED: "/sign-in/provider"}
# The way back from the provider, and a link in a mail, begin elsewhere; a strict cookie would not come along.
_SAME_SITE: dict[str, Literal["lax", "strict"]] = {MEMBER: "lax", PERSON: "strict", ASKED: "lax"}
# With these prefixes a browser takes the cookie from this host over TLS only, so no neighbour can plant one
# (draft-ietf-httpbis-rfc6265bis, 4.1.3).
_SECURE_NAMES = {MEMBER: "__Host-session", PERSON: "__Secure-device", ASKED: "__Secure-asked"}


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


def read(request: Request, which: str) -> str:
    """The session's ID; empty when there is none."""
    return request.cookies.get(_SECURE_NAMES[which] if _secure(request) else which, "")


def give(request: Request, answer: Response, which: str, value: str, max_age_s: int) -> None:
    """No script reads it; it comes along from our own pages, and when somebody follows a link here, but never with
    another site's form. A contributor's not even with a link."""
    secure = _secure(request)
    answer.set_cookie(
        _SECURE_NAMES[which] if secure else which, value, max_age=max_age_s, httponly=True, secure=secure,
        samesite=_SAME_SITE[which], path=_PATHS[which],
    )  # fmt: skip


def take(request: Request, answer: Response, which: str) -> None:
    """Has the browser forget it."""
    secure = _secure(request)
    answer.delete_cookie(
        _SECURE_NAMES[which] if secure else which, path=_PATHS[which], secure=secure, httponly=True,
        samesite=_SAME_SITE[which],
    )  # fmt: skip
