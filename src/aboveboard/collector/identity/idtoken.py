"""ID tokens (OpenID Connect Core 1.0, 2 and 3.1.3.7): what they have to say before anybody is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from aboveboard.core.errors import Refused, Unavailable

# Signatures that only the provider can make. No "none", and no HMAC: with that, a public key would pass as a secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519"]
LEEWAY_S = 60
AGE_S_MAX = 600  # it was asked for a moment ago
TOKEN_LENGTH_MAX = 1 << 16
SUBJECT_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True, repr=False)
class Claims:
    """issuer and subject: who, for good; name: what to show; all: the rest."""

    issuer: str
    subject: str
    name: str
    all: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Keys:
    """The provider's public keys."""

    keys: KeySet

    @classmethod
    def parse(cls, found: dict[str, Any]) -> Keys:
        """Those that sign, and are public ones. Raises Unavailable."""
        listed = found.get("keys")
        public = [each for each in listed if isinstance(each, dict) and each.get("kty") in ("RSA", "EC", "OKP")
                  and each.get("use", "sig") == "sig"] if isinstance(listed, list) else []  # fmt: skip
        try:
            return cls(KeySet.import_key_set({"keys": public}))
        except (JoseError, ValueError, TypeError) as error:
            raise Unavailable("the identity provider's keys can't be read") from error

    def know(self, token: str) -> bool:
        """Whether the key that the token names is one of them."""
        try:
            kid = jws.extract_compact(token.encode("ascii")).headers().get("kid")
        except (JoseError, ValueError) as error:
            raise _no("can't be read") from error
        return kid is None or any(each.kid == kid for each in self.keys.keys)


def checked(
    token: str, keys: Keys, *, issuer: str, client_id: str, nonce: str, access_token: str, now_s: int
) -> Claims:
    """Raises Refused unless it is signed by the provider, for us, for this very sign-in, and now."""
    if len(token) > TOKEN_LENGTH_MAX:
        raise _no("is too long")
    try:
        found = jwt.decode(token, keys.keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            found.claims, found.header,
            {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id},
             "nonce": {"essential": True, "value": nonce}},
            {"client_id": client_id, "nonce": nonce, "access_token": access_token},
        )  # fmt: skip
        claims.validate(now_s, LEEWAY_S)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _no("does not hold") from error
    issued_s, subject = claims.get("iat"), claims.get("sub")
    if not isinstance(issued_s, int | float) or issued_s < now_s - AGE_S_MAX:
        raise _no("is too old")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH_MAX:
        raise _no("names nobody")
    names = (claims.get(each) for each in ("preferred_username", "email", "name"))
    name = next((each for each in names if isinstance(each, str) and each.strip()), subject)
    return Claims(issuer, subject, name, dict(claims))


def _no(why: str) -> Refused:
    return Refused("provider", f"the identity provider's word {why}: begin again")
