"""`aboveboard collector jobs`, `prove-deleted`, `backup`, `restore` and `capacity`: for whoever runs the server."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aboveboard.collector import backup, capacity, jobs
from aboveboard.collector.cli import add_stores, settings_of
from aboveboard.collector.search import Search
from aboveboard.collector.settings import open_blobs, open_database
from aboveboard.collector.storage.blobs import Blobs
from aboveboard.collector.storage.sql import Database
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import BadInput

PEOPLE = 8_000, 100_000


@contextmanager
def _stores(args: argparse.Namespace) -> Iterator[tuple[Database, Blobs]]:
    settings = settings_of(args)
    database = open_database(settings, args.home)
    try:
        yield database, open_blobs(settings, args.home)
    finally:
        database.close()


def show_jobs(args: argparse.Namespace) -> int:
    """A line for each job that failed; exit 1 while one is parked."""
    database = open_database(settings_of(args), args.home)
    try:
        if args.again is not None:
            with database.transaction() as tx:
                jobs.unpark(tx, args.again, SystemClock().now_us())
        with database.reading() as tx:
            found, number = jobs.standing(tx), jobs.counts(tx)
    finally:
        database.close()
    for (kind, parked), count in sorted(number.items()):
        print(f"{kind}: {count} {'parked' if parked else 'waiting'}")
    for each in found:
        state = "parked" if each.parked else "tried again"
        print(f"job {each.number} ({each.kind}) {state} after {each.tries} tries: {each.problem or 'no problem yet'}")
    return 1 if any(each.parked for each in found) else 0


def prove_deleted(args: argparse.Namespace) -> int:
    """Exit 1 when a canary is found; says where, and never what."""
    words = [line for path in args.file for line in path.read_text("utf-8").splitlines() if line.strip()]
    canaries = [*args.canary, *words]
    if not canaries:
        raise BadInput("name at least one canary, or --file with one a line")
    search = Search(canaries)
    with _stores(args) as (database, blobs):
        if args.vacuum:
            database.erase_free_space()
        search.tables(database)
        search.store(blobs)
    search.trees([args.home, *args.also])
    for number, where in sorted(search.found):
        print(f"canary {number} is in {where}")
    left = len({number for number, _ in search.found})
    print(f"{left} of {len(canaries)} canaries found in {search.files} files, {search.rows} rows, "
          f"{search.objects} objects")  # fmt: skip
    return 1 if left else 0


def back_up(args: argparse.Namespace) -> int:
    with _stores(args) as (database, blobs):
        number = backup.back_up(args.home, database, blobs, args.out)
    print(f"{number} segments, all rows, the log and the wrapped keys are in {args.out}; the master key is not")
    return 0


def restore(args: argparse.Namespace) -> int:
    """Nothing is served from it before this has ended well."""
    for folder in (args.deletions, args.log):
        if not folder.is_dir():
            raise BadInput("is no folder", str(folder))
    backup.unpack_home(args.source, args.home)
    if args.log.resolve() != (args.home / "log").resolve():
        shutil.rmtree(args.home / "log")
        shutil.copytree(args.log, args.home / "log")
    (args.home / "deletions").mkdir(mode=0o700, exist_ok=True)
    with _stores(args) as (database, blobs):
        backup.restore(args.source, database, blobs)
        number = backup.replay(args.home, args.deletions, database, blobs, SystemClock().now_us())
        database.erase_free_space()
    print(f"restored; {number} deletions asked after the backup were done again", file=sys.stderr)
    return 0


def show_capacity(args: argparse.Namespace) -> int:
    """A table for each number of people, from measured costs."""
    costs = capacity.measured()
    programmes = [
        capacity.Programme(each, args.segments_an_hour, args.hours_a_day, args.peak, args.days).check()
        for each in args.people or PEOPLE
    ]
    print(f"Measured: {costs.measured}\n")
    print(capacity.table(programmes, costs))
    return 0


def _add_capacity(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    line = "how much machine a programme of so many people needs, from measured costs"
    parser = verbs.add_parser("capacity", help=line, description=line[0].upper() + line[1:] + ".")
    parser.add_argument(
        "people", type=int, nargs="*", help=f"how many people (default {' and '.join(map(str, PEOPLE))})"
    )
    usual = capacity.Programme(1)
    for name, kind, what in (
        ("segments_an_hour", float, "segments of a person's hour of work"), ("hours_a_day", float, "of work"),
        ("peak", float, "the busiest minute, in means of a working hour"), ("days", int, "of keeping"),
    ):  # fmt: skip
        value = getattr(usual, name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=value, help=f"{what} (default {value:g})")
    parser.set_defaults(run=show_capacity)


def add_operations(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the verbs."""
    _add_capacity(verbs)
    made = {}
    for name, run, line in (
        ("jobs", show_jobs, "show jobs that failed or are parked"),
        ("prove-deleted", prove_deleted, "search every file, row and object for words that must be gone"),
        ("backup", back_up, "write everything but the master key into one file, while the server runs"),
        ("restore", restore, "fill a new home and empty stores from a backup, and do later deletions again"),
    ):
        parser = made[name] = verbs.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        parser.add_argument("--home", type=Path, required=True, help="the collector's folder")
        add_stores(parser)
        parser.set_defaults(run=run)
    made["jobs"].add_argument("--again", type=int, metavar="JOB", help="try a parked job anew")
    proof = made["prove-deleted"]
    proof.add_argument("canary", nargs="*", help="a word to look for, of 6 characters at least")
    proof.add_argument("--file", type=Path, action="append", default=[], help="more of them, one a line")
    proof.add_argument("--also", type=Path, action="append", default=[], help="another file or folder: backups, logs")
    proof.add_argument("--vacuum", action="store_true", help="first have the database rewrite its files")
    made["backup"].add_argument("--out", type=Path, required=True, help="the new file")
    again = made["restore"]
    again.add_argument("--from", dest="source", type=Path, required=True, help="the backup")
    again.add_argument("--deletions", type=Path, required=True, help="the newest copy of deletions/ of the old home")
    again.add_argument("--log", type=Path, required=True, help="the newest copy of log/ of the old home, or a mirror")
