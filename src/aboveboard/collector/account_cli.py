"""`aboveboard collector account` and `device`: for whoever runs the server; the server may be running meanwhile."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aboveboard.collector.cli import add_stores, settings_of
from aboveboard.collector.identity import accounts
from aboveboard.collector.identity.devices import laptops, owner, sign_off
from aboveboard.collector.identity.roles import ROLES, check_roles
from aboveboard.collector.settings import open_database
from aboveboard.collector.storage.sql import Database
from aboveboard.core.clock import SystemClock
from aboveboard.core.ids import ContributorId


@contextmanager
def _database(args: argparse.Namespace) -> Iterator[Database]:
    database = open_database(settings_of(args), args.home)
    try:
        yield database
    finally:
        database.close()


def _roles(args: argparse.Namespace) -> frozenset[str]:
    return frozenset(check_roles(frozenset(args.role), "--role"))


def add(args: argparse.Namespace) -> int:
    """Prints the code that its holder sets it up with; the server keeps only its hash."""
    with _database(args) as database:
        print(accounts.add(database, args.name, _roles(args), SystemClock().now_us()))
    return 0


def roles(args: argparse.Namespace) -> int:
    """They act once the log tells of them: in a moment, when the server runs."""
    with _database(args) as database:
        changed = accounts.set_roles(database, args.name, _roles(args), SystemClock().now_us())
    print("changed: the log will tell of it, its sessions have ended" if changed else "these were its roles already")
    return 0


def reset(args: argparse.Namespace) -> int:
    with _database(args) as database:
        print(accounts.reset(database, args.name, SystemClock().now_us()))
    return 0


def disable(args: argparse.Namespace) -> int:
    with _database(args) as database:
        accounts.disable(database, args.name, SystemClock().now_us())
    print("disabled: its sessions have ended, and the log will tell that its roles are gone")
    return 0


def show(args: argparse.Namespace) -> int:
    """A line each. Nothing here or in the database tells when an account was used."""
    with _database(args) as database, database.reading() as tx:
        for each in accounts.listed(tx):
            print(f"{each.name}  {' '.join(sorted(each.roles)) or 'no role'}  {each.by}  {each.state}")
    return 0


def show_devices(args: argparse.Namespace) -> int:
    """Of one person, who says their own contributor ID: there is no list of people."""
    with _database(args) as database, database.reading() as tx:
        for each in laptops(tx, ContributorId(args.contributor)):
            print(f"{each.device}  {'signed off' if each.revoked else 'enrolled'}")
    return 0


def revoke_device(args: argparse.Namespace) -> int:
    with _database(args) as database:
        with database.reading() as tx:
            person = owner(tx, args.device)
        sign_off(database, person, args.device)
    print("signed off: nothing more is taken from it; what it sent stays until its person deletes it")
    return 0


def add_accounts(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the verbs."""
    group = verbs.add_parser("account", help="accounts of representatives, stewards and researchers")
    kinds = group.add_subparsers(dest="account_what", metavar="WHAT", required=True)
    for name, run, line in (
        ("add", add, "make one, and print the code that its holder sets it up with"),
        ("roles", roles, "say all its roles from here on"),
        ("reset", reset, "print a new code for setting up; its password and authenticator are gone"),
        ("disable", disable, "end its sessions and take its roles, for good"),
        ("list", show, "show all of them"),
    ):
        parser = _parser(kinds, name, run, line)
        if name != "list":
            parser.add_argument("name", help="the account's name")
        if name in ("add", "roles"):
            parser.add_argument("--role", action="append", default=[], choices=sorted(ROLES), help="repeat for each")
    device = verbs.add_parser("device", help="a person's laptops")
    kinds = device.add_subparsers(dest="device_what", metavar="WHAT", required=True)
    _parser(kinds, "list", show_devices, "show one person's").add_argument("contributor", help="the contributor's ID")
    _parser(kinds, "revoke", revoke_device, "sign one off, for good").add_argument("device", help="the laptop's ID")


def _parser(
    kinds: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: object, line: str
) -> argparse.ArgumentParser:
    parser = kinds.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
    parser.add_argument("--home", type=Path, required=True, help="the collector's folder")
    add_stores(parser)
    parser.set_defaults(run=run)
    return parser
