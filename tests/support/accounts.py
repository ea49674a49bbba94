"""Accounts for tests: made, set up and signed in as their holders would, through the pages."""

from __future__ import annotations

import base64
import html
import itertools
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

import httpx

from aboveboard.collector.identity import accounts
from aboveboard.collector.identity.codes import STEP_S, _totp
from tests.support.servers import Servers, now_us

PASSWORD = "four words of my own"
_number = itertools.count(1)


def code_for(secret: bytes, at_us: int) -> str:
    """What an authenticator shows."""
    return _totp(secret).generate(at_us // 1_000_000).decode()


@dataclass
class Member:
    """Somebody with an account. secret: in their authenticator; recovery: on their paper; session: in their browser."""

    servers: Servers
    name: str
    roles: frozenset[str]
    secret: bytes = b""
    recovery: list[str] = field(default_factory=list)
    session: str = ""

    def set_up(self, code: str, password: str = PASSWORD) -> httpx.Response:
        form = {"name": self.name, "code": code, "password": password, "again": password}
        answer = post(self.servers, "/set-up", form)
        if answer.status_code == 200:
            [spelled, *codes] = re.findall(r"<code>([A-Za-z2-7 ]+)</code>", html.unescape(answer.text))
            self.secret, self.recovery = base64.b32decode(spelled.replace(" ", "")), codes
        return answer

    def sign_in(self, *, password: str = PASSWORD, code: str = "", later_steps: int = 0, **more: str) -> httpx.Response:
        """code: of the authenticator, unless said; later_steps: a telephone that runs ahead."""
        code = code or code_for(self.secret, now_us() + later_steps * STEP_S * 1_000_000)
        answer = post(self.servers, "/sign-in", {"name": self.name, "password": password, "code": code, **more})
        if answer.status_code == 303:
            self.session = session_in(answer)
        return answer

    @property
    def headers(self) -> dict[str, str]:
        """As the browser sends them from our own page."""
        return {"Cookie": f"session={self.session}", "Origin": str(self.servers.http.base_url).rstrip("/")}

    def get(self, path: str) -> httpx.Response:
        return self.servers.http.get(path, headers=self.headers)


def post(servers: Servers, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
    """Without any cookie but those in headers; none is kept."""
    answer = servers.http.post(path, data=form, headers=headers)
    servers.http.cookies.clear()
    return answer


def session_in(answer: httpx.Response) -> str:
    return SimpleCookie(answer.headers["Set-Cookie"])["session"].value


def member(servers: Servers, *roles: str) -> Member:
    """With these roles, signed in."""
    one = Member(servers, f"member-{next(_number)}", frozenset(roles))
    code = accounts.add(servers.service.database, one.name, one.roles, now_us())
    answer = one.set_up(code)
    assert answer.status_code == 200, answer.text
    answer = one.sign_in()
    assert answer.status_code == 303, answer.text
    return one
