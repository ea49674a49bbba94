"""Accounts of those who sign in at the organisation's provider: made, and given their roles, when they come."""

from __future__ import annotations

import secrets
import unicodedata
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from aboveboard.collector.identity.accounts import NAMES, open_session
from aboveboard.collector.identity.oidc import Provider
from aboveboard.collector.identity.role_log import change_roles
from aboveboard.collector.identity.roles import check_roles
from aboveboard.collector.service import Service
from aboveboard.collector.storage.sql import insert
from aboveboard.collector.storage.tables import accounts
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import sha256_hex

if TYPE_CHECKING:
    from aboveboard.collector.identity.idtoken import Claims

NAME_LENGTH_MAX = 48


def arrived(service: Service, provider: Provider, claims: Claims, instead_of: str) -> str:
    """The ID of a new session. What the provider says of somebody's groups is what they are from now on; each change
    stands in the log. Raises Refused for somebody with no role: of them nothing is kept."""
    try:
        wanted = check_roles(provider.roles(claims), "roles")
    except BadInput as error:
        raise Refused("role", f"your groups at the identity provider don't go together: {error}") from error
    with service.database.transaction(NAMES) as tx:
        mine = (accounts.c.issuer == claims.issuer) & (accounts.c.subject == claims.subject)
        row = tx.execute(select(accounts).where(mine)).one_or_none()
        if row is None and not wanted:
            raise Refused("role", "your groups at the identity provider have no role here")
        if row is not None and row.disabled:
            raise Refused("role", "this account was disabled here")
        account, stamp = (row.account, row.stamp) if row is not None else _new(tx, claims)
        if change_roles(tx, account, frozenset(wanted), service.clock.now_us()) and row is not None:
            stamp = secrets.token_hex(16)  # sessions with the earlier roles end
            tx.execute(update(accounts).where(mine).values(stamp=stamp))
    session = open_session(service, account, stamp, instead_of)
    if not wanted:
        service.identity.members.close(session)
        raise Refused("role", "your groups at the identity provider have no role here any more")
    return session


def _new(tx: Connection, claims: Claims) -> tuple[str, str]:
    account, stamp = secrets.token_hex(16), secrets.token_hex(16)
    values = {
        "account": account, "name": _name(tx, claims), "issuer": claims.issuer, "subject": claims.subject,
        "password": "", "totp": b"", "totp_step": 0, "set_up_sha256": "", "set_up_until_us": 0, "stamp": stamp,
        "disabled": False,
    }  # fmt: skip
    tx.execute(insert(accounts).values(**values))
    return account, stamp


def _name(tx: Connection, claims: Claims) -> str:
    """What is shown: the provider's word in the letters that names have here; with a mark when it is taken."""
    plain = unicodedata.normalize("NFKD", claims.name).encode("ascii", "ignore").decode().lower()
    word = "".join(c if c.isalnum() or c in "._@+-" else "-" for c in plain).strip("._@+-")[:NAME_LENGTH_MAX]
    taken = not word or tx.execute(select(accounts.c.account).where(accounts.c.name == word)).scalar() is not None
    return f"{word or 'member'}-{sha256_hex(f'{claims.issuer} {claims.subject}'.encode())[:12]}" if taken else word
