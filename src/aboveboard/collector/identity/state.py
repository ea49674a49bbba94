"""What identity keeps in memory while the server runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from aboveboard.collector.identity.attempts import Attempts
from aboveboard.collector.identity.oidc import Asked, Provider
from aboveboard.collector.identity.passwords import Passwords
from aboveboard.collector.identity.sessions import Sessions
from aboveboard.core.ids import ContributorId, DeviceId

HOUR_S = 3600
PERSON_S = HOUR_S
ASKED_S = 600
MEMBER_IDLE_S, MEMBER_S = HOUR_S / 2, 12 * HOUR_S


@dataclass(frozen=True, slots=True)
class Person:
    """A contributor, by the laptop whose token opened the session."""

    contributor: ContributorId
    device: DeviceId


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with an account. stamp: the account's when they signed in; another one ends the session."""

    account: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Sessions, the bounds on trying, the hasher of passwords; the organisation's provider, and who is on the way there
    and back."""

    persons: Sessions[Person] = field(default_factory=lambda: Sessions(PERSON_S, PERSON_S))
    members: Sessions[Member] = field(default_factory=lambda: Sessions(MEMBER_IDLE_S, MEMBER_S))
    attempts: Attempts = field(default_factory=Attempts)
    passwords: Passwords = field(default_factory=Passwords)
    provider: Provider | None = None
    asked: Sessions[Asked] = field(default_factory=lambda: Sessions(ASKED_S, ASKED_S))
