"""A real OpenID provider (npm: oidc-provider) on loopback, and a browser's way through it."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from tests.support.stores import free_port

PACKAGE = "oidc-provider@8.8.1"
NPM_S_MAX = 240
SCRIPT = Path(__file__).parent / "provider.mjs"


def installed(cache: Path) -> Path | None:
    """The folder with the package; fetched once with npm. None when there is no npm, or it can't fetch."""
    folder = cache / PACKAGE
    if (folder / "node_modules" / "oidc-provider").is_dir():
        return folder
    if shutil.which("npm") is None or shutil.which("node") is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
    done = subprocess.run(words, capture_output=True, timeout=NPM_S_MAX, check=False)
    return folder if done.returncode == 0 else None


@dataclass
class IdProvider:
    """groups: of each name that may sign in there."""

    port: int
    client_id: str
    secret: str
    groups: dict[str, list[str]]

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def id_provider(package: Path, return_url: str, groups: dict[str, list[str]]) -> Iterator[IdProvider]:
    found = IdProvider(free_port(), "aboveboard", secrets.token_urlsafe(16), groups)
    client = {
        "client_id": found.client_id, "client_secret": found.secret, "redirect_uris": [return_url],
        "grant_types": ["authorization_code"], "response_types": ["code"],
    }  # fmt: skip
    words = ["node", str(SCRIPT), str(found.port), json.dumps({"client": client, "groups": groups})]
    with subprocess.Popen(words, cwd=package, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            assert any(line.strip() == "ready" for line in lines), "the provider did not start"
            yield found
        finally:
            process.kill()


@dataclass
class Browser:
    """Follows redirects by hand, keeps cookies of each host, fills in the provider's forms."""

    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20))
    visited: list[str] = field(default_factory=list)

    def sign_in(self, collector: str, name: str) -> httpx.Response:
        """From the collector's link to the last answer of the collector."""
        return self.go(self.until_return(collector, name))

    def until_return(self, collector: str, name: str) -> str:
        """The address that the provider sends the browser back to; not yet opened."""
        url = f"{collector}/sign-in/provider"
        for _ in range(20):
            answer = self.go(url)
            if answer.is_redirect:
                url = urljoin(url, answer.headers["Location"])
                if urlsplit(url).path == "/sign-in/provider/return":
                    return url
                continue
            action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert action, answer.text[:500]
            prompt = "login" if 'value="login"' in answer.text else "consent"
            form = {"prompt": prompt} | ({"login": name, "password": "any"} if prompt == "login" else {})
            answer = self.http.post(urljoin(url, action[1]), data=form)
            assert answer.is_redirect, answer.text[:500]
            url = urljoin(url, answer.headers["Location"])
        raise AssertionError("the provider leads nowhere")

    def go(self, url: str) -> httpx.Response:
        self.visited.append(url)
        return self.http.get(url)
