"""Accounts of representatives, stewards and researchers: set up, signed in, changed, disabled.

An account opens pages. It signs nothing, opens no content, and no one needs one to be recorded, to pause or to leave.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass

import pyrage
from sqlalchemy import Connection, Row, delete, select, update

from aboveboard.collector.identity import codes
from aboveboard.collector.identity.attempts import address_subject
from aboveboard.collector.identity.passwords import check_new
from aboveboard.collector.identity.role_log import change_roles, publish_now, roles_of, subject
from aboveboard.collector.identity.roles import Account
from aboveboard.collector.identity.state import Member
from aboveboard.collector.service import Service
from aboveboard.collector.storage.sql import Database, insert
from aboveboard.collector.storage.tables import accounts, recovery_codes, role_changes
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import sha256_hex

LOCAL = "local"
NAMES = "accounts"  # the subject of every transaction that gives an account its name
SET_UP_S = 72 * 3600
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+\-]{1,63}")
Found = Row[tuple[str, str, str, str, str, bytes, int, str, int, str, bool]]


def _stamp() -> str:
    return secrets.token_hex(16)


def check_name(name: str) -> str:
    """Raises BadInput."""
    if not _NAME.fullmatch(name):
        raise BadInput("2 to 64 of a-z 0-9 . _ @ + -", "account name")
    return name


def _find(tx: Connection, name: str) -> Found | None:
    return tx.execute(select(accounts).where(accounts.c.name == name, accounts.c.issuer == LOCAL)).one_or_none()


def _known(tx: Connection, name: str) -> Found:
    row = tx.execute(select(accounts).where(accounts.c.name == name)).one_or_none()
    if row is None:
        raise Refused("unknown", f"there is no account {name}")
    return row


# ------------------------------------------------------------ by whoever runs the server


def add(database: Database, name: str, roles: frozenset[str], now_us: int) -> str:
    """A new local account; the code its holder sets it up with. The roles act once the log tells of them."""
    account, (code, code_hash) = secrets.token_hex(16), codes.new_set_up_code()
    values = {
        "account": account, "name": check_name(name), "issuer": LOCAL, "subject": account, "password": "", "totp": b"",
        "totp_step": 0, "set_up_sha256": code_hash, "set_up_until_us": now_us + SET_UP_S * US_PER_S,
        "stamp": _stamp(), "disabled": False,
    }  # fmt: skip
    with database.transaction(NAMES) as tx:
        if tx.execute(select(accounts.c.account).where(accounts.c.name == name)).scalar() is not None:
            raise Refused("account", f"there is an account {name} already")
        tx.execute(insert(accounts).values(**values))
        change_roles(tx, account, roles, now_us)
    return code


def set_roles(database: Database, name: str, roles: frozenset[str], now_us: int) -> bool:
    """All roles of the account from here on; False when they were these already. Ends its sessions when a role goes."""
    with database.transaction() as tx:
        row = _known(tx, name)
        if row.issuer != LOCAL:
            raise Refused("account", f"the roles of {name} come from {row.issuer}: change them there, or disable it")
        changed = change_roles(tx, row.account, roles, now_us)
        if changed:
            _change(tx, row.account, stamp=_stamp())
    return changed


def reset(database: Database, name: str, now_us: int) -> str:
    """A new code for setting up: password, authenticator and recovery codes are gone, and all sessions with them."""
    code, code_hash = codes.new_set_up_code()
    with database.transaction() as tx:
        row = _known(tx, name)
        if row.issuer != LOCAL:
            raise Refused("account", f"{name} signs in at {row.issuer}: there is no password here")
        _change(
            tx, row.account, password="", totp=b"", totp_step=0, set_up_sha256=code_hash, stamp=_stamp(),
            set_up_until_us=now_us + SET_UP_S * US_PER_S,
        )  # fmt: skip
        tx.execute(delete(recovery_codes).where(recovery_codes.c.account == row.account))
    return code


def disable(database: Database, name: str, now_us: int) -> None:
    """Ends its sessions and takes its roles. It stays, so that the log's entries can be told whose they were."""
    with database.transaction() as tx:
        row = _known(tx, name)
        _change(tx, row.account, disabled=True, stamp=_stamp())
        change_roles(tx, row.account, frozenset(), now_us)


def _change(tx: Connection, account: str, **values: object) -> None:
    tx.execute(update(accounts).where(accounts.c.account == account).values(**values))


@dataclass(frozen=True, slots=True)
class Listed:
    """An account as whoever runs the server sees it. Nothing tells when it was used."""

    name: str
    by: str
    roles: frozenset[str]
    state: str


def listed(tx: Connection) -> list[Listed]:
    """By name."""
    found = []
    for row in tx.execute(select(accounts).order_by(accounts.c.name)):
        state = "disabled" if row.disabled else "ready" if row.password or row.issuer != LOCAL else "to be set up"
        found.append(Listed(row.name, row.issuer, roles_of(tx, row.account), state))
    return found


# ------------------------------------------------------------ by its holder


@dataclass(frozen=True, slots=True, repr=False)
class SetUp:
    """Shown once. uri: for an authenticator's camera; secret: to be typed there; recovery: for when it is lost."""

    name: str
    uri: str
    secret: str
    recovery: tuple[str, ...]


def set_up(service: Service, name: str, code: str, password: str, address: str) -> SetUp:
    """A password and an authenticator, with the code that `add` or `reset` gave. It may be repeated until the first
    time of signing in, which proves that the authenticator works. Raises BadInput, Refused, TooMany."""
    name = name.strip().lower()
    with service.identity.attempts.attempt(_subject(name), address_subject(address)) as tried:
        with service.database.reading() as tx:
            row = _find(tx, name)
        kept = row.set_up_sha256 if row is not None else ""
        fits = hmac.compare_digest(sha256_hex(code.strip().encode()), kept or "0" * 64) and bool(kept)
        if row is None or row.disabled or not fits or row.set_up_until_us < service.clock.now_us():
            raise Refused("set_up", "no account of this name waits for this code: it may be used, or older than 3 days")
        tried.went_well()
    check_new(password, name)
    hashed, secret, recovery = service.identity.passwords.hash(password), codes.new_secret(), codes.new_recovery_codes()
    sealed = pyrage.encrypt(secret, [service.keys.vault.to_public()])
    with service.database.transaction(subject(row.account)) as tx:
        waits = (accounts.c.account == row.account) & (accounts.c.set_up_sha256 == kept)
        values = {"password": hashed, "totp": sealed, "totp_step": 0, "stamp": _stamp()}
        if tx.execute(update(accounts).where(waits).values(**values)).rowcount != 1:
            raise Refused("set_up", "this code was used meanwhile")
        tx.execute(delete(recovery_codes).where(recovery_codes.c.account == row.account))
        hashes = [{"account": row.account, "code_sha256": codes.recovery_hash(each)} for each in recovery]
        tx.execute(insert(recovery_codes), hashes)
    return SetUp(name, codes.provisioning_uri(secret, name), codes.spelled(secret), tuple(recovery))


def _subject(name: str) -> str:
    return f"account:{sha256_hex(name.encode('utf-8', errors='replace'))[:32]}"


def sign_in(service: Service, name: str, password: str, code: str, address: str, instead_of: str = "") -> str:
    """The ID of a new session. Raises Refused, in the same words whatever was wrong, and TooMany.

    code: of the authenticator, or one of the recovery codes, which is used up by it.
    """
    name = name.strip().lower()
    with service.identity.attempts.attempt(_subject(name), address_subject(address)) as tried:
        with service.database.reading() as tx:
            row = _find(tx, name)
        # Hashed also when there is no such account, so that the time of the answer does not tell.
        fits = service.identity.passwords.fits(password, row.password if row is not None else "")
        if row is None or not fits or row.disabled or not _second(service, row.account, code):
            raise Refused("sign_in", "name, password and code don't fit together, or the code was used already")
        tried.went_well()
    if service.identity.passwords.outdated(row.password):
        hashed = service.identity.passwords.hash(password)
        with service.database.transaction(subject(row.account)) as tx:
            _change(tx, row.account, password=hashed)
    return open_session(service, row.account, row.stamp, instead_of)


def open_session(service: Service, account: str, stamp: str, instead_of: str) -> str:
    """stamp: the account's, read before it was known who signs in, so that a change meanwhile ends the session."""
    publish_now(service, account)
    return service.identity.members.open(Member(account, stamp), instead_of)


def _second(service: Service, account: str, code: str) -> bool:
    """Whether the code is good, once. Whoever comes first has it: the account's transactions run one after another."""
    with service.database.transaction(subject(account)) as tx:
        row = tx.execute(select(accounts.c.totp, accounts.c.totp_step).where(accounts.c.account == account)).one()
        if not row.totp:
            return False
        secret = pyrage.decrypt(row.totp, [service.keys.vault])
        step = codes.fitting_step(secret, code.replace(" ", ""), service.clock.now_us(), row.totp_step)
        if step is not None:
            _change(tx, account, totp_step=step, set_up_sha256="")
            return True
        mine = (recovery_codes.c.account == account) & (recovery_codes.c.code_sha256 == codes.recovery_hash(code))
        return tx.execute(delete(recovery_codes).where(mine)).rowcount == 1


def account_of(service: Service, session: str) -> Account | None:
    """Who is signed in; None when the session is over, or the account was changed since."""
    member = service.identity.members.holder(session)
    if member is None:
        return None
    with service.database.reading() as tx:
        row = tx.execute(select(accounts).where(accounts.c.account == member.account)).one_or_none()
        if row is None or row.disabled or row.stamp != member.stamp:
            return None
        return Account(row.account, row.name, roles_of(tx, row.account))


@dataclass(frozen=True, slots=True)
class RoleChange:
    """With its opening: whoever shows salt, name and role proves which entry of the log is theirs."""

    role: str
    given: bool
    salt: str
    index: int | None


def role_history(service: Service, account: str) -> list[RoleChange]:
    """Oldest first."""
    query = select(role_changes).where(role_changes.c.account == account).order_by(role_changes.c.number)
    with service.database.reading() as tx:
        return [RoleChange(row.role, row.given, row.salt.hex(), row.leaf_index) for row in tx.execute(query)]


def recovery_codes_left(service: Service, account: str) -> int:
    query = select(recovery_codes.c.code_sha256).where(recovery_codes.c.account == account)
    with service.database.reading() as tx:
        return len(tx.execute(query).all())
