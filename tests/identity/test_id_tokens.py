"""ID tokens with one thing wrong, each signed with real keys: nobody is believed."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from aboveboard.collector.identity.idtoken import Claims, Keys, checked
from aboveboard.core.errors import Refused, Unavailable

NOW_S = 1_800_000_000
ISSUER, CLIENT, NONCE = "https://id.example.org", "aboveboard", "n" * 43
RSA = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "two"})
KEYS = Keys.parse({"keys": [RSA.as_dict(private=False), EC.as_dict(private=False)]})


def _claims(**changes: Any) -> dict[str, Any]:
    base = {"iss": ISSUER, "aud": CLIENT, "sub": "rosa", "exp": NOW_S + 300, "iat": NOW_S, "nonce": NONCE,
            "preferred_username": "Rosa"}  # fmt: skip
    return {name: value for name, value in (base | changes).items() if value is not None}


def _signed(claims: dict[str, Any], key: Any = RSA, alg: str = "RS256", kid: str | None = "one") -> str:
    header = {"alg": alg} | ({"kid": kid} if kid else {})
    return jwt.encode(header, claims, key, algorithms=[alg])


def _check(token: str) -> Claims:
    return checked(token, KEYS, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, access_token="", now_s=NOW_S)


def test_a_true_one_is_believed() -> None:
    for token in (_signed(_claims()), _signed(_claims(), EC, "ES256", "two"), _signed(_claims(aud=[CLIENT])),
                  _signed(_claims(aud=[CLIENT, "other"], azp=CLIENT))):  # fmt: skip
        assert KEYS.know(token)
        found = _check(token)
        assert (found.issuer, found.subject, found.name) == (ISSUER, "rosa", "Rosa")


@pytest.mark.parametrize("changes", [
    {"iss": "https://evil.example"}, {"iss": None}, {"iss": ISSUER + "/"}, {"aud": "other"}, {"aud": None},
    {"aud": ["other"]}, {"aud": [CLIENT, "other"]}, {"azp": "other"}, {"exp": NOW_S - 61}, {"exp": None},
    {"exp": "soon"}, {"iat": NOW_S - 700}, {"iat": NOW_S + 3600}, {"iat": None}, {"nbf": NOW_S + 3600},
    {"nonce": "x" * 43}, {"nonce": None}, {"nonce": ""}, {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 300},
], ids=str)  # fmt: skip
def test_a_claim_that_is_wrong_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="the identity provider's word"):
        _check(_signed(_claims(**changes)))


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_no_signature_is_no_signature(alg: str) -> None:
    for kid in ({}, {"kid": "one"}):
        for tail in ("", _part({"x": 1})):
            with pytest.raises(Refused):
                _check(f"{_part({'alg': alg, **kid})}.{_part(_claims())}.{tail}")


def test_the_public_key_is_no_secret() -> None:
    """RS256 turned into HS256, with the provider's public key as the secret."""
    for secret in (RSA.as_pem(private=False), json.dumps(RSA.as_dict(private=False)).encode()):
        head = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(_claims())}"
        mac = base64.urlsafe_b64encode(hmac.digest(secret, head.encode(), "sha256")).rstrip(b"=").decode()
        with pytest.raises(Refused):
            _check(f"{head}.{mac}")


def test_another_key_of_the_same_name_signs_nothing_here() -> None:
    with pytest.raises(Refused):
        _check(_signed(_claims(), OTHER))
    with pytest.raises(Refused):
        _check(_signed(_claims(), OTHER, kid=None))
    assert not KEYS.know(_signed(_claims(), OTHER, kid="three"))


def test_a_key_in_the_token_is_not_believed() -> None:
    for name, value in (("jwk", OTHER.as_dict(private=False)), ("jku", "https://evil.example/keys")):
        header = {"alg": "RS256", "kid": "one", name: value}
        head, body = _part(header), _part(_claims())
        signed = jws.serialize_compact({"alg": "RS256"}, b"x", OTHER).rpartition(".")[2]
        with pytest.raises(Refused):
            _check(f"{head}.{body}.{signed}")


def test_every_changed_letter_is_found() -> None:
    token = _signed(_claims())
    for at in range(0, len(token) - 3, 7):  # the last letter has bits that say nothing
        other = "A" if token[at] != "A" else "B"
        with pytest.raises(Refused):
            _check(token[:at] + other + token[at + 1 :])


@pytest.mark.parametrize(
    "token", ["", "x", "a.b", "a.b.c", "....", "é.é.é", "x" * 70_000, _part({"alg": "RS256"}) + ".e30."]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Refused):
        _check(token)


def test_keys_that_are_secrets_or_for_encryption_are_left_out() -> None:
    found = Keys.parse({"keys": [OctKey.generate_key(256).as_dict(), {**RSA.as_dict(private=False), "use": "enc"},
                                 RSA.as_dict(private=False), "x", {"kty": "new"}]})  # fmt: skip
    assert len(found.keys.keys) == 1
    for broken in ({}, {"keys": "x"}, {"keys": [{"kty": "RSA", "n": "?"}]}):
        try:
            assert not Keys.parse(broken).keys.keys
        except Unavailable:
            continue
