"""The database: SQLite or PostgreSQL, migrated to the newest schema before anything uses it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, ClauseElement, Connection, Engine, create_engine, event, make_url, text

# ON CONFLICT is written alike on both databases, and each compiles the other's construct.
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aboveboard.core.errors import BadInput, Refused, Unavailable
from aboveboard.core.ids import ContributorId
from aboveboard.wire.durable import FolderLock

__all__ = ["Database", "Prepared", "insert", "migrate", "person", "together"]

BUSY_MS_MAX = 10_000
CACHE_KB = 512  # of pages, of each of SQLite's connections: what is missing there lies in the system's own cache
CONNECTIONS_MAX = 20  # the one used last is used next: each has caches of its own, which fill only when it is needed
POOL_WAIT_S_MAX = 5
STATEMENT_MS_MAX = 60_000
_MIGRATING = "migrations"
_WRITING = "the log's writer"
_REWRITING = "rewriting the files"
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


def person(contributor: ContributorId) -> str:
    """The subject of every transaction that decides about one person: see Database.transaction."""
    return f"person:{contributor}"


@dataclass(frozen=True, slots=True)
class _Text:
    """order: of the parameters, where they have no names; constants: those that the statement brings itself."""

    text: str
    order: list[str] | None
    constants: Mapping[str, Any]

    def given(self, parameters: Mapping[str, Any]) -> Any:
        every = {**self.constants, **parameters}
        return every if self.order is None else [every[name] for name in self.order]


class Prepared:
    """A statement that is asked for every group of uploads: compiled once for each database, and handed to its driver
    as it is, because putting it together anew costs more than carrying it out. Inside a transaction only, whose errors
    are then as those of its other statements."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] = ()) -> None:
        """columns: those that an INSERT fills."""
        self._statement, self._columns = statement, list(columns)
        self._compiled: dict[str, _Text] = {}

    def rows(self, tx: Connection, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """What it finds, as the driver gives it: on SQLite, a truth value is 0 or 1."""
        known, cursor = self._of(tx), _raw(tx).cursor()
        try:
            cursor.execute(known.text, known.given(parameters))
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found
        finally:
            cursor.close()

    def all(self, tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carries it out for each of the rows."""
        known, cursor = self._of(tx), _raw(tx).cursor()
        try:
            cursor.executemany(known.text, [known.given(row) for row in rows])
        finally:
            cursor.close()

    def _of(self, tx: Connection) -> _Text:
        known = self._compiled.get(tx.dialect.name)
        if known is None:
            compiled: Any = self._statement.compile(dialect=tx.dialect, column_keys=self._columns or None)
            known = self._compiled[tx.dialect.name] = _Text(str(compiled), compiled.positiontup, compiled.params)
        return known


_LOCK_ALL = Prepared(text("SELECT pg_advisory_xact_lock(n) FROM unnest(CAST(:numbers AS bigint[])) AS n"))


@contextmanager
def together(tx: Connection) -> Iterator[None]:
    """Several Prepared.all(), none of which needs another's outcome: sent at once, where a server is asked."""
    if tx.dialect.name == "postgresql":
        with _raw(tx).pipeline():
            yield
    else:
        yield


def _raw(tx: Connection) -> Any:
    return tx.connection.dbapi_connection


class Database:
    """Transactions over the tables of tables.py. A commit is durable when it returns, on either database."""

    def __init__(self, url: str) -> None:
        """url: sqlite:///PATH or postgresql://user:password@host:port/name. Opens it, or makes the file.

        Raises BadInput for an address that is none, Unavailable when the database can't be used. The password stands
        in no error.
        """
        self._url = parse_url(url)
        self._claim: FolderLock | None = None
        self._claim_connection: Connection | None = None
        self._writer = threading.Lock()
        self.kind = self._url.get_backend_name()
        self._engine = _sqlite(self._url) if self.kind == "sqlite" else _postgresql(self._url)
        self._readers = self._engine.execution_options(reading=True)
        self._driver: Any = self._engine.dialect.dbapi  # PEP 249's names; the other database's is never imported
        try:
            migrate(self._engine)
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise Unavailable(f"the database {self} can't be used: {_why(error)}") from error

    def __str__(self) -> str:
        return self._url.set(drivername=self.kind).render_as_string(hide_password=True)

    @contextmanager
    def transaction(self, *subjects: str) -> Iterator[Connection]:
        """Commits at the end, rolls back on an exception. Raises Unavailable when the database fails: then nobody
        knows whether it committed, and whoever asked may ask again.

        subjects: what it decides about ("person:...", "policies"). Two transactions with one in common run one after
        the other, so that both can't decide on the same state. SQLite has one writer at a time anyway.
        """
        with self._alone(), self._errors(), self._engine.begin() as tx:
            if self.kind == "postgresql" and subjects:
                # In one order everywhere, or two could wait for each other.
                _LOCK_ALL.rows(tx, {"numbers": sorted(map(_lock_number, subjects))})
            yield tx

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """SQLite's writers of this process wait here: its own waiting is sleeping ever longer, in no order."""
        if self.kind != "sqlite":
            yield
            return
        if not self._writer.acquire(timeout=BUSY_MS_MAX / 1000):
            raise Unavailable("the database is too slow now: try again later")
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, and so waits for nobody. Raises Unavailable."""
        with self._errors(), self._readers.begin() as tx:
            yield tx

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As reading(), and everything is of one moment. (On SQLite any transaction is.)"""
        level = {"isolation_level": "REPEATABLE READ"} if self.kind == "postgresql" else {}
        with self._errors(), self._readers.execution_options(**level).begin() as tx:
            yield tx

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (DataError, self._driver.DataError, OverflowError, UnicodeEncodeError) as error:
            # A NUL, half a surrogate pair, a number of 65 bits: no row can hold it, so no trying again will help.
            raise BadInput("holds a character or a number that no record has") from error
        except (DBAPIError, PoolTimeout) as error:
            raise Unavailable(f"the database can't be used now: {_why(error)}") from error
        except self._driver.Error as error:  # of a Prepared
            raise Unavailable(f"the database can't be used now: {type(error).__name__}") from error

    def claim(self) -> None:
        """From here on this process writes the one log that the rows point into. Raises Refused when another does."""
        taken = Refused("database_in_use", f"another collector writes into {self}: stop it first")
        file = self.file()
        if file is not None:
            self._claim = FolderLock(file.with_name(f".{file.name}.lock"), taken)
            return
        with self._errors():
            connection = self._engine.connect()
            number = _lock_number(_WRITING)
            if not connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}).scalar():
                connection.close()
                raise taken
            connection.commit()  # the lock is the connection's, not the transaction's
            self._claim_connection = connection

    def erase_free_space(self) -> None:
        """Overwrites what deleted rows left in the files: rewrites them as they are now, and empties the WAL. May take
        long. Raises Unavailable, also while another does the same: two rewrites of the catalogue would deadlock."""
        if self.kind == "sqlite":
            statements = ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"]
        else:
            lock = f"SELECT pg_advisory_lock({_lock_number(_REWRITING)})"
            statements = ["SET statement_timeout = 0", lock, "VACUUM FULL"]
        with self._errors(), self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if self.kind == "postgresql":
                raw.autocommit = True  # type: ignore[union-attr]
            try:
                for each in statements:
                    raw.cursor().execute(each)  # type: ignore[union-attr]
            except self._driver.Error as error:
                raise Unavailable(f"the database can't be rewritten now: {type(error).__name__}") from error
            finally:
                connection.invalidate()

    def file(self) -> Path | None:
        """SQLite's file; None on PostgreSQL."""
        return Path(self._url.database) if self.kind == "sqlite" and self._url.database else None

    def close(self) -> None:
        if self._claim is not None:
            self._claim.close()
        if self._claim_connection is not None:
            self._claim_connection.invalidate()
        self._engine.dispose()


def parse_url(url: str) -> URL:
    """Raises BadInput, without repeating what may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise BadInput("is not the address of a database: sqlite:///PATH or postgresql://HOST/NAME", "database") from (
            error
        )
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None or not parsed.database:
        raise BadInput("is sqlite:///PATH or postgresql://user@host/name, nothing else", "database")
    return parsed.set(drivername=driver)


def _why(error: SQLAlchemyError) -> str:
    """One line for a person; drivers name hosts and users there, but neither passwords nor values."""
    cause = getattr(error, "orig", None)
    if isinstance(error, DBAPIError) and cause is not None and type(cause).__name__ == "OperationalError":
        return str(cause).strip().splitlines()[0][:200] if str(cause).strip() else type(cause).__name__
    return type(cause or error).__name__


def _lock_number(subject: str) -> int:
    return int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8], "big", signed=True)


def _sqlite(url: URL) -> Engine:
    """WAL mode, every commit durable (synchronous=FULL), freed pages overwritten."""
    engine = create_engine(
        url, connect_args={"timeout": BUSY_MS_MAX / 1000}, pool_size=CONNECTIONS_MAX, max_overflow=0,
        pool_timeout=POOL_WAIT_S_MAX, pool_use_lifo=True, hide_parameters=True,
    )  # fmt: skip
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _on_begin
    kept = f"cache_size=-{CACHE_KB}"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", kept):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    # A transaction that reads and then writes must hold the write lock from its start, or two could decide alike.
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")


def _postgresql(url: URL) -> Engine:
    """synchronous_commit is said here, because a server's default may have been turned off."""
    options = f"-c synchronous_commit=on -c lock_timeout={BUSY_MS_MAX} -c statement_timeout={STATEMENT_MS_MAX}"
    return create_engine(
        url, connect_args={"connect_timeout": POOL_WAIT_S_MAX, "options": options, "application_name": "aboveboard"},
        pool_size=CONNECTIONS_MAX, max_overflow=0, pool_timeout=POOL_WAIT_S_MAX, pool_use_lifo=True, pool_pre_ping=True,
        hide_parameters=True,
    )  # fmt: skip


def migrate(engine: Engine, revision: str = "head") -> None:
    """Brings the schema to the newest version, from empty or from any earlier one."""
    from alembic import command  # slow to import, and most commands open no database
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # two servers may start at once
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _lock_number(_MIGRATING)})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
