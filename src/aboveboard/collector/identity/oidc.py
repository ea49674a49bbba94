"""Signing in by way of the organisation's identity provider: OpenID Connect Core 1.0, authorization code flow with PKCE
(RFC 7636), state, nonce, and the issuer in the answer (RFC 9207). One provider, named in the settings.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import msgspec

from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.errors import BadInput, Refused, Unavailable
from aboveboard.wire.client import Answer, Client

if TYPE_CHECKING:  # its libraries are slow to import, and most servers have no provider
    from aboveboard.collector.identity.idtoken import Claims, Keys

RETURN = "/sign-in/provider/return"
SCOPE = "openid profile"
ANSWER_BYTES_MAX = 1 << 20
EXCHANGE_S_MAX = 10.0
METADATA_S_MAX = 3600.0
KEYS_AGAIN_S = 60.0  # a token with a key nobody knows has the keys fetched anew, at most so often
LENGTH_MAX = 4096
T = TypeVar("T")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A sign-in on its way, bound to one browser by a cookie. Used once."""

    state: str
    nonce: str
    verifier: str
    redirect: str


@dataclass(frozen=True, slots=True, repr=False)
class ProviderSettings:
    """secret: empty for a public client. public_url: the address that browsers know this server by."""

    issuer: str
    client_id: str
    secret: str
    public_url: str
    roles_claim: str
    roles: Mapping[str, str]

    def check(self, where: str) -> None:
        """Raises BadInput."""
        for name, url in (("oidc_issuer", self.issuer), ("public_url", self.public_url)):
            _check_url(name, url, where)
        if not self.client_id:
            raise BadInput("oidc_client_id: has to be said with oidc_issuer", where)
        if not self.roles:
            raise BadInput("oidc_roles: says which groups have which role; without it nobody may do anything", where)


def _check_url(name: str, url: str, where: str) -> None:
    parts = urlsplit(url)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not secure or not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
        raise BadInput(f"{name}: is an https:// address (http:// on this machine only)", where)


class _Metadata(msgspec.Struct, frozen=True):
    """Of OpenID Connect Discovery 1.0, 3, what is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(default_factory=lambda: ["client_secret_basic"])
    authorization_response_iss_parameter_supported: bool = False


class _TokenAnswer(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


@dataclass(slots=True)
class Provider:
    """Safe for several threads. Raises Unavailable when the provider can't be reached or speaks nonsense."""

    settings: ProviderSettings
    clock: Clock
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _metadata: _Metadata | None = None
    _metadata_at_s: float = 0.0
    _keys: Keys | None = None
    _keys_at_s: float = 0.0

    def ask(self) -> tuple[str, Asked]:
        """(where to send the browser, what to remember)."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        known = self._known()
        redirect = self.settings.public_url.rstrip("/") + RETURN
        asked = Asked(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), redirect)
        url: str = prepare_grant_uri(
            known.authorization_endpoint, self.settings.client_id, "code", redirect, SCOPE, asked.state,
            nonce=asked.nonce, code_challenge=create_s256_code_challenge(asked.verifier), code_challenge_method="S256",
        )  # fmt: skip
        return url, asked

    def answered(self, asked: Asked, query: Mapping[str, str]) -> Claims:
        """Who signed in, from what the browser brought back. Raises Refused for anything that does not fit."""
        known = self._known()
        state, issuer, code = query.get("state", ""), query.get("iss"), query.get("code", "")
        if not hmac.compare_digest(state.encode(), asked.state.encode()):
            raise Refused("provider", "this answer belongs to another sign-in: begin again")
        if issuer is None and known.authorization_response_iss_parameter_supported:
            raise Refused("provider", "the answer does not say which provider it is from")
        if issuer is not None and issuer != known.issuer:
            raise Refused("provider", "the answer is from another provider")
        if query.get("error") or not 0 < len(code) <= LENGTH_MAX:
            raise Refused("provider", "the identity provider did not sign you in")
        token = self._exchanged(known, asked, code)
        return self._checked(known, asked, token)

    def roles(self, claims: Claims) -> frozenset[str]:
        """As the settings map the claim's values."""
        value = claims.all.get(self.settings.roles_claim, [])
        values = value if isinstance(value, list) else [value]
        return frozenset(self.settings.roles[each] for each in values if isinstance(each, str)
                         and each in self.settings.roles)  # fmt: skip

    def _checked(self, known: _Metadata, asked: Asked, token: _TokenAnswer) -> Claims:
        from aboveboard.collector.identity.idtoken import checked

        now_s = self.clock.now_us() // US_PER_S
        expected = {"issuer": known.issuer, "client_id": self.settings.client_id, "nonce": asked.nonce}
        keys = self._known_keys(known, fresh=False)
        if not keys.know(token.id_token):
            keys = self._known_keys(known, fresh=True)
        return checked(token.id_token, keys, now_s=now_s, access_token=token.access_token, **expected)

    def _exchanged(self, known: _Metadata, asked: Asked, code: str) -> _TokenAnswer:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": asked.redirect,
            "code_verifier": asked.verifier,
        }  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        client, secret = self.settings.client_id, self.settings.secret
        if secret and "client_secret_basic" in known.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(client)}:{quote_plus(secret)}"  # RFC 6749, 2.3.1
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client} | ({"client_secret": secret} if secret else {})
        answer = _ask("POST", known.token_endpoint, urlencode(form).encode(), headers)
        if answer.status == 400 or answer.status == 401:
            raise Refused("provider", "the identity provider does not accept this answer: it may be used, or too old")
        return _parsed(answer, "token", _TokenAnswer)

    def _known(self) -> _Metadata:
        with self._lock:
            if self._metadata is not None and time.monotonic() - self._metadata_at_s < METADATA_S_MAX:
                return self._metadata
        url = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = _parsed(_ask("GET", url), "configuration", _Metadata)
        if found.issuer != self.settings.issuer:
            raise Unavailable("the identity provider names itself otherwise than the settings do (issuer)")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            try:
                _check_url(name, getattr(found, name).partition("?")[0], "identity provider")
            except BadInput as error:
                raise Unavailable(str(error)) from error
        with self._lock:
            self._metadata, self._metadata_at_s = found, time.monotonic()
        return found

    def _known_keys(self, known: _Metadata, *, fresh: bool) -> Keys:
        from aboveboard.collector.identity.idtoken import Keys

        with self._lock:
            age_s = time.monotonic() - self._keys_at_s
            if self._keys is not None and age_s < (KEYS_AGAIN_S if fresh else METADATA_S_MAX):
                return self._keys
        answer = _ask("GET", known.jwks_uri)
        found = Keys.parse(_parsed(answer, "keys", dict[str, Any]))
        with self._lock:
            self._keys, self._keys_at_s = found, time.monotonic()
        return found


def _ask(method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    parts = urlsplit(url)
    client = Client(f"{parts.scheme}://{parts.netloc}", EXCHANGE_S_MAX)
    path = quote(parts.path, safe="/%:@!$&'()*+,;=-._~") + (f"?{parts.query}" if parts.query else "")
    try:
        return client.request(method, path, size_max=ANSWER_BYTES_MAX, body=body, headers=headers)
    finally:
        client.close()


def _parsed(answer: Answer, what: str, kind: type[T]) -> T:
    if answer.status != 200:
        raise Unavailable(f"the identity provider does not give its {what} ({answer.status})")
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"the identity provider's {what} can't be read") from error
