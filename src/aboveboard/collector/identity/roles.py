"""The roles, and who a request comes from. Pure.

A contributor has no account: their laptop's token, or a session opened with it, says who they are. Accounts are for
representatives, stewards and researchers; they open pages and sign nothing: what counts is signed with keys, offline.
An auditor needs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import ContributorId
from aboveboard.core.leaves import Role
from aboveboard.core.vault import SignedDeviceCert

ROLES: frozenset[str] = frozenset(get_args(Role))
# Whoever speaks for the workers must not also speak for the employer.
APART: frozenset[str] = frozenset({"representative", "steward"})


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody signed in. account: its ID; name: as shown; roles: those that the log tells of."""

    account: str
    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from. All None: anyone. device: the laptop whose token came along."""

    account: Account | None = None
    contributor: ContributorId | None = None
    device: SignedDeviceCert | None = None


ANYONE = Caller()


class NotSignedIn(Refused):
    """Nobody is signed in, or no longer. where: the page that signs in."""

    def __init__(self, where: str, text: str) -> None:
        super().__init__("sign_in", text)
        self.where = where


def check_roles(roles: frozenset[str], where: str) -> frozenset[Role]:
    """Raises BadInput for a word that is no role, or for two that nobody may have at once."""
    unknown = roles - ROLES
    if unknown:
        raise BadInput(f"{', '.join(sorted(unknown))}: is no role; there are {', '.join(sorted(ROLES))}", where)
    if roles >= APART:
        raise BadInput("nobody is a representative and a steward: take two people", where)
    return frozenset(role for role in get_args(Role) if role in roles)
