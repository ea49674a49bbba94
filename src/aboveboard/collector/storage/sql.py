"""The database: one engine, migrated to the newest schema before anything uses it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from aboveboard.core.errors import Unavailable

BUSY_MS_MAX = 10_000


class Database:
    """Transactions over the tables of tables.py. SQLite in WAL mode, every commit durable (synchronous=FULL)."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the database file. Raises Unavailable when it can't be used."""
        self._engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_MS_MAX / 1000})
        event.listen(self._engine, "connect", _on_connect)
        event.listen(self._engine, "begin", _on_begin)
        try:
            migrate(self._engine)
        except SQLAlchemyError as error:
            raise Unavailable(f"the database {path} can't be used: {type(error).__name__}") from error

    def transaction(self) -> AbstractContextManager[Connection]:
        """Commits at the end, rolls back on an exception."""
        return self._engine.begin()

    def close(self) -> None:
        self._engine.dispose()


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _on_begin
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    # A transaction that reads and then writes must hold the write lock from its start, or two could decide alike.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate(engine: Engine) -> None:
    """Brings the schema to the newest version, from empty or from any earlier one."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
